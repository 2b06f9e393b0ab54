from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.frame import Arrival, Frame, Phase, Share
from desktop.style.colours import ColourMaps
from desktop.style.theme import DARK, LIGHT
from desktop.views.inspector import Inspector
from desktop.views.proof import proof_words
from desktop.views.share_list import ShareList
from desktop.views.unit_bars import columns
from tests.desktop.fake_frames import fake_frame

# Off the screen Qt cannot do some things that only matter on it.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def shown(qtbot: QtBot, frame: Frame, width: int = 320) -> Inspector:
    inspector = Inspector(ColourMaps(LIGHT))
    qtbot.addWidget(inspector)
    inspector.resize(width, 720)
    inspector.show()
    inspector.show_frame(frame)
    qtbot.wait(1)
    return inspector


def texts(inspector: Inspector) -> list[str]:
    return [label.text() for label in inspector.findChildren(QLabel) if label.isVisible()]


def with_inspection(frame: Frame, **changes: object) -> Frame:
    return replace(frame, inspection=replace(frame.inspection, **changes))


def proof(verdict: str = "agrees", **more: object) -> SimpleNamespace:
    record = {"analytic": 0.199, "numeric": 0.199, "method": "finite difference", "relative_error": 3e-9}
    return SimpleNamespace(**record, verdict=verdict, **more)


def test_it_says_where_and_what(qtbot: QtBot) -> None:
    frame = fake_frame()
    inspector = shown(qtbot, frame)
    assert inspector.heading.text() == 'c at t = 6, "chased"'
    said = texts(inspector)
    assert "value, unit 4" in said
    assert "∂L/∂c" in said
    assert "this step's loss" in said
    assert "from the future" in said
    assert "unit 4" in inspector.value_bars.accessibleName()


def test_what_is_not_there_yet_is_said(qtbot: QtBot) -> None:
    inspector = shown(qtbot, fake_frame(phase=Phase.FORWARD, equation="f"))
    assert "not arrived yet" in texts(inspector)
    assert not inspector.adjoint_bars.isVisible()
    assert not inspector.check_button.isEnabled()
    inspector.show_frame(with_inspection(fake_frame(), values=None, adjoints=None))
    assert "not computed yet" in texts(inspector)
    inspector.grab()


def test_padding_is_called_so(qtbot: QtBot) -> None:
    ended = with_inspection(fake_frame(), values=None, adjoints=None, arrived=Arrival.NONE, padding=True)
    said = texts(shown(qtbot, ended))
    assert {"padding", "none"} <= set(said)
    assert any("has ended" in text for text in said)
    assert not {"not computed yet", "not arrived yet"} & set(said)


def test_nothing_selected(qtbot: QtBot) -> None:
    inspector = shown(qtbot, fake_frame(phase=Phase.UPDATE))
    assert inspector.heading.text() == "Inspector"
    assert any("Select a variable" in text for text in texts(inspector))
    assert not inspector.value_bars.isVisible()
    inspector.show_frame(fake_frame())
    assert inspector.value_bars.isVisible()


def test_bars_choose_and_edit_units(qtbot: QtBot) -> None:
    inspector = shown(qtbot, fake_frame(H=12))
    bars = inspector.value_bars
    chosen: list[object] = []
    edited: list[object] = []
    inspector.unit_chosen.connect(chosen.append)
    inspector.edit_requested.connect(edited.append)
    place = QPoint(round(bars.width() * 6.5 / 12), 40)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(bars, Qt.MouseButton.LeftButton, pos=place)
    qtbot.keyClick(bars, Qt.Key.Key_Right)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert chosen == [6, 4]
    assert edited == [("l0/c", 5, 6), ("l0/c", 5, 3)]


def test_a_proof_stands_beside_its_number_and_goes_with_it(qtbot: QtBot) -> None:
    frame = fake_frame()
    inspector = shown(qtbot, frame)
    with qtbot.waitSignal(inspector.check_requested) as asked:
        qtbot.mouseClick(inspector.check_button, Qt.MouseButton.LeftButton)
    assert asked.args == [("l0/c", 5, 3)]
    inspector.show_proof(proof())
    assert "+0.199" in texts(inspector)
    assert any(text.startswith("agrees to 3e−9") and text.endswith("✓") for text in texts(inspector))
    inspector.show_frame(with_inspection(frame, unit=4))
    assert not any("agrees" in text for text in texts(inspector))
    inspector.show_frame(frame)
    assert any("agrees" in text for text in texts(inspector))


def test_a_proof_that_comes_too_late_is_dropped(qtbot: QtBot) -> None:
    inspector = shown(qtbot, fake_frame())
    inspector.show_proof(proof(path="l0/c", t=4, index=(0, 3)))
    assert "not checked" in texts(inspector)
    inspector.show_proof(proof(path="l0/c", t=5, index=(0, 3), note="the full gradient"))
    assert any(text.endswith("the full gradient") for text in texts(inspector))


@pytest.mark.parametrize(
    ("verdict", "good"), [("agrees", True), ("differs", False), ("cannot be resolved", None), ("kink", None)]
)
def test_only_agreement_looks_like_agreement(verdict: str, good: bool | None) -> None:
    words = proof_words(proof(verdict))
    assert words.good is good
    assert ("✓" in words.verdict) == (verdict == "agrees")
    assert words.colour(LIGHT) == {True: LIGHT.good, False: LIGHT.warning, None: LIGHT.secondary}[good]


def test_the_scale_of_a_state_holds_still_over_time(qtbot: QtBot) -> None:
    inspector = shown(qtbot, fake_frame(t=2))
    scales = set()
    for t in (2, 5, 7, 3):
        inspector.show_frame(fake_frame(t=t))
        scales.add((inspector.value_bars._bars.low, inspector.value_bars._bars.high))
    assert len(scales) == 1


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("units", [1, 12, 100, 700])
@pytest.mark.parametrize("width", [260, 420])
def test_any_size_and_odd_numbers_are_drawn(qtbot: QtBot, units: int, width: int, theme) -> None:
    frame = fake_frame(H=units)
    values = frame.inspection.values.copy()
    values[::3], values[1::3] = np.nan, np.inf
    frame = with_inspection(frame, values=values, adjoints=1e-300 * values, overwritten=True)
    inspector = shown(qtbot, frame, width)
    inspector.set_maps(ColourMaps(theme))
    inspector.grab()
    assert inspector._body.width() <= width
    assert any("Overwritten" in text for text in texts(inspector))


def test_many_values_keep_their_largest() -> None:
    values = np.zeros(1000)
    values[517], values[3] = -9.0, np.nan
    few = columns(values, 100)
    assert len(few) == 100
    assert few.min() == -9.0 or np.nanmin(few) == -9.0
    assert np.isnan(few).sum() == 1


def test_shares_may_be_negative_or_not_finite(qtbot: QtBot) -> None:
    shares = ShareList(ColourMaps(LIGHT))
    qtbot.addWidget(shares)
    shares.show_shares((Share("a", 1.3), Share("b", -0.3), Share("c", float("nan"))))
    shares.resize(240, shares.heightForWidth(240))
    assert shares._range() == (-0.3, 1.3)
    assert "b: −30 %" in shares.accessibleName()
    shares.grab()
