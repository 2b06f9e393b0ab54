"""Where panels stand in the window, how large they are at first, and in which order they are filled."""

from __future__ import annotations

from PySide6.QtCore import Qt

LEFT, RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM, TOP = Qt.DockWidgetArea.BottomDockWidgetArea, Qt.DockWidgetArea.TopDockWidgetArea
PLACES = {
    "lesson": LEFT,
    "model": LEFT,
    "data": LEFT,
    "bookmarks": LEFT,
    "breakpoints": LEFT,
    "equations": RIGHT,
    "inspector": RIGHT,
    "changes": RIGHT,
    "differences": RIGHT,
    "plots": BOTTOM,
    "training": BOTTOM,
}
LEFT_PX, RIGHT_PX, BOTTOM_PX = 230.0, 336.0, 232.0
TRAINING_PX, TRAINING_SHARE, BOTTOM_SHARE = 300.0, 0.36, 0.27  # of the window's height, while one is trained
LESSON_PX = 292.0  # at the left, while a lesson is read
OPEN = ("plots", "training")  # belong to the drawing, and have its ground
# Filled after the first picture, in this order.
DATA_PX, PLACES_PX, BARS_PX = 250.0, 176.0, 106.0
TABS = (
    ("inspector", "changes"),
    ("inspector", "differences"),
    ("bookmarks", "breakpoints"),
    ("model", "lesson"),
    ("plots", "training"),
)  # in one place, the first in front
BEHIND = frozenset(behind for _, behind in TABS)
CROWDED_TABS = (
    ("model", "lesson"),
    ("model", "data"),
    ("model", "bookmarks"),
    ("model", "breakpoints"),
    ("equations", "inspector"),
    ("equations", "changes"),
    ("equations", "differences"),
    ("plots", "training"),
)
USUAL_PX, CROWDED_PX = 720.0, 600.0  # height of a window, in lengths that grow with the type
LATE = (
    "equations",
    "inspector",
    "lesson",
    "model",
    "data",
    "bookmarks",
    "breakpoints",
    "changes",
    "plots",
    "differences",
    "training",
)


def tabs_for(high: float) -> tuple[tuple[str, str], ...]:
    """Which panel stands behind which in a window so high; where type is large, each column is one stack of tabs."""
    return CROWDED_TABS if high < CROWDED_PX else TABS
