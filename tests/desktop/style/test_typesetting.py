from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.style.theme import DARK, LIGHT
from desktop.style.typesetting import Typesetter, plain_text

# The typesetter's font loader uses a function of the standard library that 3.11 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")

LATEX = r"\href{l0/c}{c_{t}} = \href{l0/f}{f_{t}} \odot \href{l0/c}{c_{t-1}}"


@pytest.fixture
def typesetter(qtbot: QtBot) -> Iterator[Typesetter]:
    made = Typesetter()
    yield made
    made.close()


def wait_for(qtbot: QtBot, typesetter: Typesetter, latex: str) -> None:
    with qtbot.waitSignal(typesetter.ready, timeout=20_000) as caught:
        assert typesetter.formula(latex, LIGHT.text, 20.0) is None
    assert caught.args == [latex]


def test_a_formula_comes_later_with_its_regions(qtbot: QtBot, typesetter: Typesetter) -> None:
    wait_for(qtbot, typesetter, LATEX)
    formula = typesetter.formula(LATEX, LIGHT.text, 20.0, 2.0)
    assert formula is not None
    assert [path for path, _area in formula.regions] == ["l0/c", "l0/f", "l0/c"]
    lefts = [area.left() for _path, area in formula.regions]
    assert lefts == sorted(lefts)
    assert 0.0 < formula.baseline < formula.height
    assert formula.pixmap.width() == round(2 * formula.width)
    assert formula.path_at(*formula.regions[1][1].center().toTuple()) == "l0/f"
    assert formula.path_at(-50.0, 0.0) == ""


def test_sizes_and_colours_need_no_new_typesetting(qtbot: QtBot, typesetter: Typesetter) -> None:
    wait_for(qtbot, typesetter, LATEX)
    small = typesetter.formula(LATEX, LIGHT.text, 10.0)
    large = typesetter.formula(LATEX, DARK.text, 40.0)
    assert large.width == pytest.approx(4 * small.width, abs=4)
    assert typesetter.picture(LATEX, DARK.text, 40.0) is large.pixmap
    lit = typesetter.formula(LATEX, LIGHT.text, 40.0, highlight={"l0/f": LIGHT.accent}).pixmap.toImage()
    seen = {lit.pixelColor(x, y).name() for x in range(lit.width()) for y in range(lit.height())}
    assert {LIGHT.text.name(), LIGHT.accent.name()} <= seen
    assert "#000001" not in seen


def test_what_cannot_be_typeset_stays_plain(qtbot: QtBot, typesetter: Typesetter) -> None:
    bad, good = r"\href{a}{b", "x"
    assert typesetter.picture(bad, LIGHT.text, 20.0) is None
    wait_for(qtbot, typesetter, good)
    qtbot.wait(50)
    assert typesetter.picture(bad, LIGHT.text, 20.0) is None
    assert plain_text(bad) == "b"


def test_formulas_are_kept_on_disk_but_numbers_are_not(qtbot: QtBot, tmp_path: Path) -> None:
    first = Typesetter(cache_folder=tmp_path / "formulas")
    wait_for(qtbot, first, "y_{t}")
    wait_for(qtbot, first, "0.214")
    first.close()
    files = list((tmp_path / "formulas").iterdir())
    assert [file.suffix for file in files] == [".svg"]
    second = Typesetter(cache_folder=tmp_path / "formulas")
    assert second.picture("y_{t}", LIGHT.text, 20.0) is not None
    files[0].write_text("damaged")
    third = Typesetter(cache_folder=tmp_path / "formulas")
    wait_for(qtbot, third, "y_{t}")
    third.close()


def test_closing_ends_the_worker(qtbot: QtBot) -> None:
    made = Typesetter()
    made.prepare(*(f"x_{{{number}}}" for number in range(30)))
    made.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "typesetter"]
    assert made.picture("late", LIGHT.text, 20.0) is None
