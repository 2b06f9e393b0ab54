"""Controls go on in a next row where there is no more room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from desktop.widgets.flow_row import FlowRow

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


class Box(QWidget):
    """A control of a fixed size."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._size = QSize(width, height)

    def sizeHint(self) -> QSize:
        return self._size

    def minimumSizeHint(self) -> QSize:
        return self._size


@pytest.fixture
def row(qapp):
    panel = QWidget()
    layout = FlowRow(panel)
    layout.setSpacing(10)
    boxes = [Box(100, 20), Box(100, 40), Box(60, 20)]
    for box in boxes:
        layout.addWidget(box)
    panel.resize(400, 100)
    panel.show()
    yield layout, boxes
    panel.close()


def places(boxes: list[Box]) -> list[tuple[int, int]]:
    return [(box.x(), box.y()) for box in boxes]


def test_they_stand_side_by_side_in_the_middle_of_their_row(row):
    layout, boxes = row
    assert places(boxes) == [(0, 10), (110, 0), (220, 10)]
    assert layout.sizeHint() == QSize(280, 40)
    assert layout.heightForWidth(400) == 40


def test_what_has_no_room_goes_on_below(row):
    layout, boxes = row
    layout.parentWidget().resize(220, 100)
    layout.activate()
    assert places(boxes) == [(0, 10), (110, 0), (0, 50)]
    assert layout.heightForWidth(220) == 70
    assert layout.heightForWidth(100) == 100


def test_it_needs_no_more_width_than_its_widest_control(row):
    layout, _ = row
    assert layout.minimumSize() == QSize(100, 40)


def test_hidden_controls_take_no_room(row):
    layout, boxes = row
    boxes[1].hide()
    layout.activate()
    assert boxes[2].x() == 110
    assert layout.heightForWidth(400) == 20
