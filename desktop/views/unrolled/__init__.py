"""The unrolled network: lanes of cells over time, from a map of thousands of steps down into one cell."""

from desktop.views.unrolled.axis import VisibleColumns
from desktop.views.unrolled.view import UnrolledView

__all__ = ["UnrolledView", "VisibleColumns"]
