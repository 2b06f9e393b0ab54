"""Wheel, drag and clicks of the unrolled view, turned into movements and intents."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture

from desktop.views.unrolled.navigation import NOTCH
from desktop.views.unrolled.paint_rows import row_at
from desktop.views.unrolled.pointing import Spot

if TYPE_CHECKING:
    from desktop.views.unrolled.view import UnrolledView

DRAG_FROM_PX = 4.0
WHEEL_NOTCH = 120.0
NOTCH_PX = 90.0  # what one notch of a wheel pans


class Hand:
    """What the pointer is doing."""

    def __init__(self, view: UnrolledView) -> None:
        self._view = view
        self._pressed: QPointF | None = None
        self._dragging = self._scrubbing = False

    def attach(self) -> None:
        """Lets the view hear of everything that the hand does."""
        self._view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._view.setMouseTracking(True)
        self._view.grabGesture(Qt.GestureType.PinchGesture)

    def wheel(self, event: QWheelEvent) -> None:
        """Zooms at the pointer; sideways, or with Shift, it pans."""
        delta, pixels = event.angleDelta(), event.pixelDelta()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if abs(delta.x()) > abs(delta.y()) or shift:
            turn = delta.x() if abs(delta.x()) > abs(delta.y()) else delta.y()
            exact = not pixels.isNull() and not shift
            self._view.pan_by(float(pixels.x()) if exact else turn / WHEEL_NOTCH * NOTCH_PX, 0.0)
        elif delta.y():
            self._view.zoom_by(NOTCH ** (delta.y() / WHEEL_NOTCH), event.position().x())
        event.accept()

    def gesture(self, event: QEvent) -> bool:
        """Zooms with two fingers; whether it was that."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
                return False
            self._view.zoom_by(1.0 + event.value(), event.position().x())
            return True
        pinch = event.gesture(Qt.GestureType.PinchGesture) if isinstance(event, QGestureEvent) else None
        if not isinstance(pinch, QPinchGesture):
            return False
        self._view.zoom_by(pinch.scaleFactor(), self._view.mapFromGlobal(pinch.hotSpot()).x())
        return True

    def press(self, event: QMouseEvent) -> None:
        """Begins a click or a drag; on the line of the steps a drag scrubs."""
        self._pressed, self._dragging = event.position(), False
        self._scrubbing = self._on_time_line(event.position())

    def move(self, event: QMouseEvent) -> None:
        """Drags the picture, or scrubs."""
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        moved = event.position() - self._pressed
        if not self._dragging and math.hypot(moved.x(), moved.y()) < DRAG_FROM_PX:
            return
        self._dragging = True
        if self._scrubbing:
            self._scrub(event.position().x())
            return
        self._view.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._pressed = event.position()
        self._view.pan_by(moved.x(), moved.y())

    def release(self, event: QMouseEvent) -> None:
        """Ends a drag, or selects what was clicked."""
        pressed, self._pressed = self._pressed, None
        self._view.unsetCursor()
        if pressed is None or self._dragging:
            return
        if self._view.scene is not None and (row := row_at(self._view.scene, event.position())):
            self._view.collapse_requested.emit(row)
            return
        spot = self._view.spot_under(event.position())
        if spot is not None:
            named = spot.kind in ("value", "edge", "initial")
            self._view.selected.emit((spot.path if named else "", spot.t))

    def double_click(self, event: QMouseEvent) -> None:
        """Jumps to a step, or asks to edit a token, a target, an initial value or, with Ctrl, a value."""
        spot, kinds = self._view.spot_under(event.position()), {"token": "input", "target": "target"}
        if spot is None:
            return
        if spot.kind in kinds:
            self._view.edit_requested.emit((kinds[spot.kind], spot.path, spot.t))
        elif spot.kind == "initial":
            self._view.edit_requested.emit(("initial", spot.path, spot.t))
        elif spot.kind == "value" and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._view.edit_requested.emit(("value", spot.path, spot.t))
        else:
            self._view.jump_requested.emit(spot.t)

    def key(self, event: QKeyEvent) -> bool:
        """Pans with Ctrl and an arrow; whether it was that."""
        ways = {Qt.Key.Key_Left: (1, 0), Qt.Key.Key_Right: (-1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or event.key() not in ways:
            return False
        across, down = ways[Qt.Key(event.key())]
        self._view.pan_by(across * self._view.width() / 4, down * self._view.height() / 4)
        return True

    def menu(self, event: QContextMenuEvent) -> None:
        """Asks for a menu: of what lies under the pointer, or, from the keyboard, of where the walk is."""
        scene, point = self._view.scene, event.pos()
        if scene is None:
            return
        spot = self._view.spot_under(QPointF(point))
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            spot = Spot("value", 0, scene.frame.position.path, scene.lit.t) if scene.lit else None
        if spot is not None:
            path = spot.path if spot.lane == 0 else ""
            self._view.menu_requested.emit((path, spot.t, event.globalPos()))

    def _scrub(self, x: float) -> None:
        scene = self._view.scene
        if scene is not None:
            t = math.floor(scene.axis.column_at(x))
            self._view.scrubbed.emit(min(max(0, t), scene.length - 1))

    def _on_time_line(self, point: QPointF) -> bool:
        scene = self._view.scene
        return scene is not None and any(rows.t.top <= point.y() < rows.t.bottom for rows in scene.rows.lanes)
