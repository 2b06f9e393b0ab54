"""What tests of pictures do: ask a question of a problem without the window, draw the answer, look at it."""

from __future__ import annotations

from typing import Any

from desktop.laboratory.picture import Picture
from desktop.laboratory.questions import Finished, Place, Subject


def drawn(picture: Picture, subject: Subject, place: Place) -> tuple[Any, str]:
    """The answer that was drawn, and the sentence that was said over it."""
    question = picture.question(subject, place)
    assert not isinstance(question, str), question
    said: list[str] = []
    picture.said.connect(said.append)
    answer = question.answer(Finished(subject), lambda *_: None, lambda: False)
    picture.show_answer(answer, place)
    picture.show_place(place)
    assert not picture.grab().isNull()
    return answer, said[-1]


def curves(chart: Any) -> list[tuple[Any, Any]]:
    """The data of all lines in a chart."""
    return [item.getData() for item in chart.getPlotItem().items if hasattr(item, "opts") and hasattr(item, "getPath")]


def marks(chart: Any) -> list[tuple[Any, Any]]:
    """The data of all marks in a chart."""
    return [item.getData() for item in chart.getPlotItem().items if hasattr(item, "setSymbol")]
