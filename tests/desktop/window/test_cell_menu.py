from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from core.breakpoints import AtTime
from tests.desktop.windows import open_window


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_menu_of_a_cell_jumps_and_stops_there(qapp, tmp_path) -> None:
    with open_window(tmp_path) as window:
        drawing, t = window.unrolled, 3
        scene = drawing.scene
        point = QPoint(round(scene.axis.middle_of(t)), round(scene.rows.lanes[0].layers[0].top + 60))
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, point, drawing.mapToGlobal(point))
        QApplication.sendEvent(drawing, event)
        menu = drawing.findChild(QMenu, "cell_menu")
        texts = [action.text() for action in menu.actions() if action.text()]
        assert texts[:2] == ["Jump to t = 4", "Stop at t = 4"]
        assert any(text.startswith("Overwrite") for text in texts)
        menu.actions()[0].trigger()
        menu.actions()[1].trigger()
        assert window.bridge.frame.position.t == t
        assert AtTime(t) in window.bridge.session.breakpoints
        menu.close()
