"""The unrolled view: draws frames, answers wheel, drag, clicks and keys, and reports what was asked for."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.frame import Detail, Frame
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT, Theme, font_scale
from desktop.views.unrolled.axis import VisibleColumns
from desktop.views.unrolled.camera import Camera
from desktop.views.unrolled.chrome import Chrome
from desktop.views.unrolled.hand import Hand
from desktop.views.unrolled.layer import InsideLike, PaintedLayer, lead_cell_rect
from desktop.views.unrolled.motion import Motion, motion_between, paint_motion
from desktop.views.unrolled.navigation import NOTCH
from desktop.views.unrolled.paint_overlay import paint_focus, paint_notice, paint_scroll_mark
from desktop.views.unrolled.paint_rows import current_row
from desktop.views.unrolled.picture import paint_whole
from desktop.views.unrolled.pointing import Spot, spot_at, tip_at
from desktop.views.unrolled.scene import Scene, scene_of
from desktop.walking.animation import DEFAULT_DURATION_MS, Tween


class UnrolledView(QWidget):
    """Lanes of cells over time. Steps are counted from 0 in all signals."""

    selected = Signal(object)  # (path, t); path is "" for a step as a whole
    jump_requested = Signal(object)  # t
    edit_requested = Signal(object)  # (kind, path, t): kind is "input", "target", "initial" or "value"
    view_changed = Signal(object)  # VisibleColumns
    scrubbed = Signal(object)  # t
    collapse_requested = Signal(object)  # name of a block that is to be drawn as one strip, or whole again
    menu_requested = Signal(object)  # (path, t, where on the screen)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._colours = LIGHT, ColourMaps(LIGHT)
        self._chrome: Chrome | None = None
        self._camera = Camera()
        self._layer = PaintedLayer()
        self._frame: Frame | None = None
        self._scene: Scene | None = None
        self._motion: Motion | None = None
        self._inside: InsideLike | None = None
        self._kind = "values"
        self._reported: VisibleColumns | None = None
        self._hand = Hand(self)
        self._step = Tween(duration_ms=DEFAULT_DURATION_MS, parent=self)
        self._step.progressed.connect(self._tick)
        self._glide = Tween(duration_ms=DEFAULT_DURATION_MS, easing=QEasingCurve.Type.InOutCubic, parent=self)
        self._glide.progressed.connect(self._move_camera)
        self._hand.attach()
        self.setObjectName("unrolled_view")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setAccessibleName(self.tr("Unrolled network"))
        self.setAccessibleDescription(self.tr("Cells over time. Nothing is shown yet."))

    def sizeHint(self) -> QSize:
        """A size at which a sentence of nine words reads well."""
        return QSize(1080, 560)

    def show_frame(self, frame: Frame) -> None:
        """Draws this frame; what differs from the last one glides there."""
        self._frame = frame
        self.setAccessibleDescription(str(frame.sentence))
        if self._camera.show(frame, self.size(), font_scale()):
            self._start_glide()
        self._rebuild(animated=not self._glide.running)
        self._report()

    def set_theme(self, theme: Theme) -> None:
        """Draws in these colours."""
        self._theme, self._colours, self._chrome = theme, ColourMaps(theme), None
        self._refresh()

    def set_shown(self, kind: str) -> None:
        """What the strips show: "values" or "gradients"."""
        if kind not in ("values", "gradients"):
            raise ValueError(f"shown is {kind!r}; expected 'values' or 'gradients'")
        self._kind = kind
        self._refresh()

    def set_animation_ms(self, duration_ms: int) -> None:
        """How long things glide; 0 lets them jump."""
        self._step.set_duration(duration_ms)
        self._glide.set_duration(duration_ms)

    def set_inside_painter(self, painter: InsideLike) -> None:
        """Who paints the inside of the open cell: ``paint(QPainter, QRectF, Frame)``."""
        self._inside = painter
        self._refresh()

    def zoom_in(self) -> None:
        """One notch nearer, around the current step."""
        self._go(self._camera.zoomed(NOTCH**2, self._camera.zoom_centre()))

    def zoom_out(self) -> None:
        """One notch farther."""
        self._go(self._camera.zoomed(NOTCH**-2, self._camera.zoom_centre()))

    def fit(self) -> None:
        """All time steps on screen."""
        self._go(self._camera.fitted())

    def ensure_visible(self, t: int) -> None:
        """Scrolls only if step ``t`` is not on screen."""
        self._go(self._camera.following(t))

    @property
    def visible_columns(self) -> VisibleColumns | None:
        """What is on screen of time."""
        return self._reported

    @property
    def detail(self) -> Detail:
        """The level of detail."""
        return self._camera.detail

    @property
    def scene(self) -> Scene | None:
        """What is painted."""
        return self._scene

    def _go(self, moved: bool) -> None:
        if moved:
            self._start_glide()
            self._report()

    def _start_glide(self) -> None:
        self._step.finish()
        self._glide.start(None if self.isVisible() else 0)

    def _move_camera(self, share: float) -> None:
        self._camera.glide(share)
        if share > 0.0:  # at the start nothing has moved yet, and whoever started it draws
            self._rebuild(animated=False)

    def _jump(self, moved: bool) -> None:
        """Follow the hand at once."""
        if moved:
            self._glide.finish()
            self._camera.glide(1.0)
            self._rebuild(animated=False)
            self._report()

    def _report(self) -> None:
        before, self._reported = self._reported, self._camera.seen()
        if self._reported != before:
            self.view_changed.emit(self._reported)

    def _refresh(self) -> None:
        self._layer.forget()
        self._rebuild(animated=False)

    def _tools(self) -> Chrome:
        ratio = self.devicePixelRatioF()
        if self._chrome is None or self._chrome.ratio != ratio:
            self._chrome = Chrome(self._theme, self._colours, ratio)
            self._layer.forget()
        return self._chrome

    def _rebuild(self, animated: bool) -> None:
        if self._frame is None or self.width() < 2:
            self.update()
            return
        before, camera = self._scene, self._camera
        self._scene = scene_of(self._frame, camera.axis, camera.rows, camera.shown_detail, self._kind)
        bring = self._layer.show if self.isVisible() else self._layer.prepare
        columns = bring(self._scene, self._tools(), self.size(), self._inside if camera.wide_open else None)
        self._motion = None
        if animated and columns is not None and before is not None and self.isVisible():
            self._motion = motion_between(before, self._scene, columns)
        if self._motion is not None:
            self._step.start()
        self.update()

    def _tick(self, share: float) -> None:
        if self._motion is not None:
            self.update(self._motion.area.intersected(QRectF(self.rect())).toAlignedRect())
        if share >= 1.0:
            self._motion = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Copies the picture at rest and draws what moves over it."""
        painter = QPainter(self)
        if self._scene is None:
            text = self.tr("No network yet. Choose a cell and a sequence at the left, or open a file.")
            paint_notice(painter, self._tools(), self.rect(), text if self._frame is None else "")
            return
        area, ratio = event.rect(), self._tools().ratio
        source = QRectF(area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio)
        painter.drawPixmap(QRectF(area), self._layer.pixmap, source)
        if self._motion is not None:
            paint_motion(painter, self._motion, self._tools(), self._step.progress)
        paint_scroll_mark(painter, self._theme, self.size(), *self._camera.seen_downwards())
        if self.hasFocus():
            paint_focus(painter, self._theme, self.rect())

    def paint_picture(self, painter: QPainter, ratio: float, theme: Theme | None = None) -> None:
        """Paints what is shown, without scroll marks, at any number of pixels for each one of the widget."""
        tools = Chrome(theme or self._theme, ColourMaps(theme) if theme else self._colours, ratio)
        whole, camera = QRectF(self.rect()), self._camera
        paint_whole(painter, self._scene, tools, whole, self._inside if camera.wide_open else None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the same columns."""
        super().resizeEvent(event)
        if self._frame is None:
            return
        self._glide.finish()
        self._step.finish()
        self._camera.resize(self.size(), font_scale())
        self._rebuild(animated=False)
        self._report()

    def changeEvent(self, event: QEvent) -> None:
        """Lays out anew when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._frame is not None:
            self._chrome = None
            self._camera.resize(self.size(), font_scale())
            self._refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms or pans."""
        self._hand.wheel(event)

    def event(self, event: QEvent) -> bool:
        """Also zooms with two fingers, and answers with tooltips."""
        if self._hand.gesture(event):
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._scene is not None:
            QToolTip.showText(event.globalPos(), tip_at(self._scene, QPointF(event.pos()), QRectF(self.rect())), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._hand.press(event)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags or scrubs."""
        self._hand.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag or a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Jumps or edits."""
        self._hand.double_click(event)

    def spot_under(self, point: QPointF) -> Spot | None:
        """What lies under a point of the widget."""
        return spot_at(self._scene, point) if self._scene is not None else None

    def collapse_current(self) -> None:
        """Asks for the layer of what is selected, or of the walk, as one strip or whole again."""
        if self._scene is not None and (name := current_row(self._scene)):
            self.collapse_requested.emit(name)

    def pan_by(self, dx_px: float, dy_px: float) -> None:
        """Moves the picture with the hand."""
        self._jump(self._camera.panned(dx_px, dy_px))

    def zoom_by(self, factor: float, x: float) -> None:
        """Zooms around a place; what lies there stays there."""
        self._jump(self._camera.zoomed(factor, x))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Moves the picture with Ctrl and the arrows; all other keys belong to the window."""
        if not self._hand.key(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Asks for a menu of what lies under the pointer."""
        self._hand.menu(event)

    def open_cell(self) -> QRectF | None:
        """Where the open cell of the lead lane lies, for those who point into it."""
        return lead_cell_rect(self._scene) if self._scene is not None else None
