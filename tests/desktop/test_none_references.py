"""A guard against PySide6 releases in which every QPainter call loses a reference to ``None``, until Python aborts."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtGui import QImage, QPainter

CALLS = 2_000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_painting_keeps_the_references_to_none(qapp) -> None:
    image = QImage(20, 20, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    before = sys.getrefcount(None)
    for _ in range(CALLS):
        painter.save()
        painter.drawLine(0, 0, 10, 10)
        painter.fillRect(2, 2, 3, 3, 0)
        painter.restore()
    lost = before - sys.getrefcount(None)
    painter.end()
    assert abs(lost) < CALLS / 10, f"{lost} references to None were lost in {4 * CALLS} calls"
