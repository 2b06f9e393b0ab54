from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from core.frame import EquationLine, Frame, Phase
from desktop.style.theme import LIGHT
from desktop.style.typesetting import Typesetter
from desktop.views.equation_row import EquationRow
from desktop.views.equations import EquationsPanel
from desktop.views.formula_layout import FormulaSetter, Ink, split_deep, split_equation, split_sum
from desktop.views.unit_stepper import UnitStepper
from tests.desktop.fake_frames import fake_frame

# Off the screen Qt cannot do some things that only matter on it.
pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support"),
    pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning"),  # the typesetter's own
]

AFFINE = r"\sigma\left(W_f \, x_{t} + U_f \, h_{t-1} + b_f\right)"


def marked(latex: str) -> str:
    return re.sub(r"(?<![A-Za-z\\])([fighoc])_\{([^}]*)\}", r"\\href{l0/\1}{\1_{\2}}", latex)


def marked_frame(**how) -> Frame:
    frame = fake_frame(**how)
    lines = tuple(replace(line, latex=marked(line.latex)) for line in frame.equations)
    walked = frame.walked and replace(frame.walked, symbols=marked(frame.walked.symbols))
    return replace(frame, equations=lines, walked=walked)


@pytest.fixture
def typesetter(qtbot: QtBot) -> Iterator[Typesetter]:
    made = Typesetter()
    yield made
    made.close()


def shown(qtbot: QtBot, typesetter: Typesetter, frame: Frame, width: int = 320) -> EquationsPanel:
    panel = EquationsPanel(LIGHT, typesetter)
    qtbot.addWidget(panel)
    panel.resize(width, 360)
    panel.show()
    panel.show_frame(frame)
    return panel


def typeset(qtbot: QtBot, typesetter: Typesetter) -> None:
    qtbot.waitUntil(lambda: not typesetter._asked, timeout=10_000)
    qtbot.wait(30)


def rows(panel: EquationsPanel) -> list[EquationRow]:
    return sorted(panel.findChildren(EquationRow), key=lambda row: row.y())


def test_names_and_sums_are_split_outside_brackets_only() -> None:
    assert split_equation(r"c_{t} = f_{t} + g_{t}") == ("c_{t}", "= f_{t} + g_{t}")
    assert split_equation(r"\href{l0/c}{c_{t=1}} += a") == (r"\href{l0/c}{c_{t=1}}", "+= a")
    assert split_equation("a + b") == ("", "a + b")
    assert split_sum("= " + AFFINE) == ["= " + AFFINE]
    assert split_sum(r"= -a - b + c_{t+1}") == ["= -a", "{} - b", "{} + c_{t+1}"]
    assert split_deep("= " + AFFINE) == [r"= \sigma(W_f \, x_{t}", r"{} + U_f \, h_{t-1}", r"{} + b_f)"]


@pytest.mark.parametrize("width", [260, 320, 420])
@pytest.mark.parametrize("latex", [AFFINE, " + ".join([r"U^{\top} \left(\delta f \odot f \odot (1 - f)\right)"] * 4)])
def test_a_long_formula_stays_inside_its_width(qtbot: QtBot, typesetter: Typesetter, latex: str, width: int) -> None:
    setter, ink = FormulaSetter(typesetter), Ink(LIGHT.text, 15, 1.0)
    for _ in range(2):  # as plain text, then typeset
        layout = setter.lay_out(f"= {latex}", ink, width)
        assert layout.width <= width + 1
        typeset(qtbot, typesetter)


def test_numbers_wrap_at_any_space(qtbot: QtBot, typesetter: Typesetter) -> None:
    text = "= tanh(0.214 · 0.93 − 1.2 × 10⁻⁸ · 0.731) + 0.0714 · (1 − 0.93²)"
    layout = FormulaSetter(typesetter).text(text, Ink(LIGHT.text, 15, 1.0, True), 150)
    assert layout.width <= 150
    assert "".join(part.text for part in layout.parts).replace(" ", "") == text.replace(" ", "")


def test_the_current_equation_is_a_card_and_the_heading_says_where(qtbot: QtBot, typesetter: Typesetter) -> None:
    panel = shown(qtbot, typesetter, fake_frame())
    assert panel.heading.text() == "Equations · LSTM · backward"
    cards = [row for row in rows(panel) if row.is_card]
    assert len(cards) == 1
    assert cards[0].height() > 2 * rows(panel)[0].height()
    assert "cell state" in cards[0].accessibleName()
    assert "0.199" in cards[0].accessibleName()
    panel.show_frame(fake_frame(phase=Phase.UPDATE))
    assert not any(row.is_card for row in rows(panel))
    assert not panel.findChild(UnitStepper).isVisible()


def test_a_click_on_a_term_tells_its_path_and_elsewhere_the_equation(qtbot: QtBot, typesetter: Typesetter) -> None:
    panel = shown(qtbot, typesetter, marked_frame())
    typeset(qtbot, typesetter)
    row = next(row for row in rows(panel) if row.is_card)
    spots = {
        row.reference_at(QPointF(x, y)): QPointF(x, y)
        for y in range(0, row.height(), 2)
        for x in range(0, row.width(), 2)
    }
    assert {"l0/f", "l0/c", "l0/i", "l0/g"} <= set(spots)
    for path in ("l0/f", ""):
        with qtbot.waitSignal(panel.term_clicked) as heard:
            qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=spots[path].toPoint())
        assert heard.args == [path or "l0/c"]


def test_the_arrows_walk_over_the_equations(qtbot: QtBot, typesetter: Typesetter) -> None:
    panel = shown(qtbot, typesetter, fake_frame(equation="o"))
    heard: list[object] = []
    panel.term_clicked.connect(heard.append)
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(panel._list, key)
    assert heard == ["l0/g", "l0/o", "l0/c", "l0/h", "l0/h"]


def test_the_unit_is_chosen_within_its_bounds(qtbot: QtBot, typesetter: Typesetter) -> None:
    panel = shown(qtbot, typesetter, fake_frame(H=5))
    stepper = panel.findChild(UnitStepper)
    heard: list[object] = []
    panel.unit_chosen.connect(heard.append)
    qtbot.keyClick(stepper, Qt.Key.Key_Right)
    qtbot.keyClick(stepper, Qt.Key.Key_Left)
    stepper.show_unit(4, 5)
    qtbot.keyClick(stepper, Qt.Key.Key_Right)
    assert heard == [4, 2]
    assert stepper.accessibleName() == "unit 5"


def test_no_equation_is_said_in_words(qtbot: QtBot, typesetter: Typesetter) -> None:
    panel = shown(qtbot, typesetter, replace(fake_frame(), equations=(), walked=None))
    assert rows(panel) == []
    panel.grab()


def test_the_same_frame_again_lays_out_nothing(qtbot: QtBot, typesetter: Typesetter, monkeypatch) -> None:
    panel = shown(qtbot, typesetter, fake_frame())
    typeset(qtbot, typesetter)
    monkeypatch.setattr(EquationRow, "fit", lambda *_: pytest.fail("laid out again"))
    panel.show_frame(fake_frame())


def test_a_formula_that_cannot_be_typeset_stays_plain(qtbot: QtBot, typesetter: Typesetter) -> None:
    line = EquationLine("l0/c", "c", "", r"c = \begin{nonsense} a", "", (), False)
    panel = shown(qtbot, typesetter, replace(fake_frame(), equations=(line,), walked=None))
    typeset(qtbot, typesetter)
    panel.grab()
