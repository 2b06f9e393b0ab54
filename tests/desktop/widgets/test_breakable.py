"""Long names neither overflow a column nor make a sentence unreadable."""

from __future__ import annotations

import pytest

from desktop.views.side.parts import WrapLabel
from desktop.widgets.breakable import LONGEST_NAME, MAY_BREAK, breakable, short_name, unbroken

LONG = "checkpoint_of_the_model.epoch-00042/valloss=0.3141592653589793.pt"


def test_long_words_may_be_broken_behind_their_punctuation() -> None:
    pieces = breakable(LONG).split(MAY_BREAK)
    assert pieces[:3] == ["checkpoint_", "of_", "the_"]
    assert max(map(len, pieces)) <= 14
    assert unbroken(breakable(LONG)) == LONG


@pytest.mark.parametrize("text", ["", "the cats were here", "lstm.pt", "a / b", "gates in the order i, f, g, o"])
def test_words_of_usual_length_stay_whole(text) -> None:
    assert breakable(text) == text


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    assert short_name("model.pt") == "model.pt"
    short = short_name(LONG)
    assert len(short) == LONGEST_NAME
    assert short.startswith("checkpoint_of_the_model")
    assert short.endswith("793.pt")


def test_a_label_wraps_a_name_without_spaces_and_gives_it_back(qapp) -> None:
    label = WrapLabel(LONG)
    assert label.text() == LONG
    assert label.heightForWidth(120) > 3 * label.heightForWidth(2000)
