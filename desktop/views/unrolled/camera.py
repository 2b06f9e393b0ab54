"""Where the view stands: the axis it shows, the one it glides to, and the rows. No painting."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QSize

from core.frame import Detail, Frame
from desktop.views.unrolled.axis import RIGHT_PX, Axis, VisibleColumns, blend, in_whole_pixels, pixels_between
from desktop.views.unrolled.boxes import cells_from
from desktop.views.unrolled.geometry import STUB_SEVERAL_PX, LaneShape, Rows, lane_shape, legend_height, rows_of
from desktop.views.unrolled.navigation import (
    CELLS_MOST_PX,
    closed,
    detail_of,
    fitted,
    following,
    opened,
    opening,
    panned,
    resized,
    zoomed,
)


class Camera:
    """The moving part of the layout; every change goes through here, so the limits always hold."""

    def __init__(self) -> None:
        self.axis = Axis(0.0, 1.0, 0.0, 1.0)  # what is shown now
        self.rows = Rows((), 0.0)
        self.length = 0
        self._goal = self.axis
        self._from = self.axis
        self._shapes: tuple[LaneShape, ...] = ()
        self._width = self._height = 0.0
        self._scale = 1.0
        self._scroll = 0.0
        self._t = 0  # where the walk is
        self._layer = 0

    @property
    def detail(self) -> Detail:
        """The level of detail that the view goes to."""
        return detail_of(self._goal, self._cells_from())

    @property
    def shown_detail(self) -> Detail:
        """The level of detail at this moment of a glide."""
        return detail_of(self.axis, self._cells_from())

    @property
    def wide_open(self) -> bool:
        """Whether the open cell has its full width; while it opens there is no room for a diagram."""
        return self.axis.focus_px == self._goal.focus_px

    def seen(self) -> VisibleColumns:
        """What will be on screen when the glide is over."""
        goal = self._goal
        first, last = goal.visible(max(1, self.length))
        right = goal.left + goal.width + self._scale * RIGHT_PX
        start, end = goal.column_at(goal.left), goal.column_at(right)
        return VisibleColumns(first, last, self.detail, start, end, goal.left, right)

    def seen_downwards(self) -> tuple[float, float]:
        """The share of the height that is on screen, and where it begins."""
        if self.rows.height <= self._height:
            return 1.0, 0.0
        return self._height / self.rows.height, self._scroll / self.rows.height

    def show(self, frame: Frame, size: QSize, scale: float) -> bool:
        """Takes in the shape of a frame and follows its walk; whether the axis has a new goal."""
        old, before, layer = self._shapes, self._t, self._layer
        known = old if len(old) == len(frame.lanes) else (None,) * len(frame.lanes)
        self._shapes = tuple(lane_shape(lane, shape) for lane, shape in zip(frame.lanes, known, strict=True))
        length = max((lane.length for lane in frame.lanes), default=1)
        anew = length != self.length or not self._width
        self.length, self._t = length, self._place(frame, length)
        if anew:
            self._measure(size, scale)
            self._goal = self.axis = opening(length, self._t, self._width, scale, self._cells_from())
        if old != self._shapes or anew:
            self._lay_rows()
        if layer != self._layer:
            self._follow_down()
        if anew or self._t == before:
            return False
        if self._goal.focus is not None:
            return self._aim(opened(self._t, self._width, self._scale))
        return self.following(self._t, before)

    def _follow_down(self) -> None:
        """Brings the row of the walk on screen, where not all rows are."""
        if not self.rows.lanes or self.rows.height <= self._height or self._layer >= len(self.rows.lanes[0].layers):
            return
        span, margin = self.rows.lanes[0].layers[self._layer], self._scale * STUB_SEVERAL_PX
        over, under = span.bottom + margin - self._height, margin - span.top
        if over > 0 or under > 0:
            self._scroll = min(max(0.0, self._scroll + (over if over > 0 else -under)), self.rows.height - self._height)
            self._lay_rows()

    def resize(self, size: QSize, scale: float) -> None:
        """Takes in the size of the widget."""
        self._measure(size, scale)
        self.axis = self._goal = resized(self._goal, self.length, self._width, scale)
        self._lay_rows()

    def glide(self, share: float) -> None:
        """Stands ``share`` of the way to the goal."""
        before = (self.axis.focus, self.shown_detail)
        self.axis = blend(self._from, self._goal, share)
        if share < 1.0 and pixels_between(self._from, self._goal) is not None:
            self.axis = in_whole_pixels(replace(self._goal, offset=self.axis.offset), self._from)
        if before != (self.axis.focus, self.shown_detail):
            self._lay_rows()

    def zoomed(self, factor: float, x: float) -> bool:
        """Zooms around ``x``; past the widest cell its inside opens."""
        goal = self._goal
        if goal.focus is not None:
            return factor < 1 and self._aim(closed(goal, self.length))
        if factor > 1 and goal.pitch >= CELLS_MOST_PX * 0.999:
            return self._aim(opened(self._t, self._width, self._scale))
        return self._aim(zoomed(goal, factor, x, self.length))

    def zoom_centre(self) -> float:
        """Where zoom without a pointer is centred: on the current step if it is on screen."""
        axis = self._goal
        x = axis.middle_of(self._t)
        return x if axis.left <= x <= axis.left + axis.width else axis.left + axis.width / 2

    def fitted(self) -> bool:
        """Goes to where everything is on screen."""
        return self._aim(fitted(self.length, self._width, self._scale))

    def following(self, t: int, before: int | None = None) -> bool:
        """Goes to where step ``t`` is on screen."""
        if self._goal.focus is not None:
            return False
        return self._aim(following(self._goal, t, t if before is None else before, self.length))

    def panned(self, dx_px: float, dy_px: float) -> bool:
        """Moves the picture with the hand."""
        most = max(0.0, self.rows.height - self._height)
        scroll = min(most, max(0.0, self._scroll - dy_px))
        scrolled = scroll != self._scroll
        if scrolled:
            self._scroll = scroll
            self._lay_rows()
        return self._aim(panned(self._goal, dx_px, self.length)) or scrolled

    def _aim(self, goal: Axis) -> bool:
        if goal == self._goal:
            return False
        self._from, self._goal = self.axis, goal
        return True

    def _measure(self, size: QSize, scale: float) -> None:
        self._width, self._scale = float(size.width()), scale
        self._height = max(1.0, size.height() - legend_height(self._width, scale))

    def _lay_rows(self) -> None:
        opened_layer = self._layer if self.axis.focus is not None else None
        shown = self.shown_detail
        rows = rows_of(self._shapes, self._height, self._scale, self._scroll, opened_layer, shown)
        most = max(0.0, rows.height - self._height)
        if self._scroll > most:
            self._scroll = most
            rows = rows_of(self._shapes, self._height, self._scale, most, opened_layer, shown)
        self.rows = rows

    def _cells_from(self) -> float:
        variables = max((layer.variables for shape in self._shapes for layer in shape.layers), default=1)
        return cells_from(variables, self._scale)

    def _place(self, frame: Frame, length: int) -> int:
        """Where the walk is; in the phases without time, where it last was."""
        t = frame.position.t
        names = [block.name for block in frame.lanes[0].blocks if block.name != "head"] if frame.lanes else []
        if frame.position.block in names:
            self._layer = names.index(frame.position.block)
        return min(length - 1, self._t if t is None else t)
