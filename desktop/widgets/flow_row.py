"""Controls side by side that go on in a next row where there is no more room."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowRow(QLayout):
    """A row that needs no more width than its widest control; hidden controls take no room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, place: int) -> QLayoutItem | None:
        return self._items[place] if 0 <= place < len(self._items) else None

    def takeAt(self, place: int) -> QLayoutItem | None:
        return self._items.pop(place) if 0 <= place < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._places(QRect(0, 0, width, 0))[1]

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        for item, place in self._places(area)[0]:
            item.setGeometry(place)

    def sizeHint(self) -> QSize:
        sizes = [item.sizeHint() for item in self._seen()]
        width = sum(size.width() for size in sizes) + self.spacing() * max(0, len(sizes) - 1)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        sizes = [item.minimumSize() for item in self._seen()]
        return QSize(max((s.width() for s in sizes), default=0), max((s.height() for s in sizes), default=0))

    def _seen(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _places(self, area: QRect) -> tuple[list[tuple[QLayoutItem, QRect]], int]:
        """Where each control stands, in the middle of its row, and how high all rows are."""
        x, y, rows = area.x(), area.y(), [[]]
        for item in self._seen():
            size = item.sizeHint().boundedTo(QSize(max(area.width(), 1), 10_000))
            if rows[-1] and x + size.width() > area.x() + area.width():
                x = area.x()
                rows.append([])
            rows[-1].append((item, QRect(QPoint(x, 0), size)))
            x += size.width() + self.spacing()
        found: list[tuple[QLayoutItem, QRect]] = []
        for row in rows:
            high = max((place.height() for _, place in row), default=0)
            found += [(item, place.translated(0, y + (high - place.height()) // 2)) for item, place in row]
            y += high + self.spacing()
        return found, max(0, y - self.spacing() - area.y())
