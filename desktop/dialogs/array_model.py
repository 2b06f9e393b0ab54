"""An array as a table that can be edited, with colours; only what is in sight is ever asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QColor

from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text
from desktop.style.theme import DARK, LIGHT, bold_font, ui_font
from desktop.widgets.number_field import not_a_number, number_entry, number_in

Role = Qt.ItemDataRole
READABLE = 4.5  # contrast of small text


class ArrayModel(QAbstractTableModel):
    """Rows and columns of an array of at most two axes. The array that was given is never changed."""

    edited = Signal(object)  # (row, column)
    refused = Signal(object)  # the sentence for a text that is no number

    def __init__(
        self, values: NDArray, maps: ColourMaps, names: tuple[str, ...] = (), parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._shape = values.shape
        # A vector stands upright: its entries are units, and units are rows.
        self.before = np.array(values, dtype=float).reshape(len(values) if values.ndim else 1, -1)
        self.now = self.before.copy()
        self._names = names
        self._maps = maps
        finite = np.abs(self.before[np.isfinite(self.before)])
        self._limit = float(finite.max(initial=0.0)) or 1.0

    @property
    def values(self) -> NDArray:
        """The array as it is now, in its own shape."""
        return self.now.reshape(self._shape).copy()

    @property
    def changed(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the entries that are others than before."""
        different = ~((self.now == self.before) | (np.isnan(self.now) & np.isnan(self.before)))
        return tuple(tuple(int(n) for n in index) for index in np.argwhere(different.reshape(self._shape)))

    @property
    def limit(self) -> float:
        """Where the colours end."""
        return self._limit

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with these colours."""
        self._maps = maps
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))

    def set_value(self, row: int, column: int, value: float) -> None:
        """Give one entry another value."""
        if self.now[row, column] != value:
            self.now[row, column] = value
            self.dataChanged.emit(self.index(row, column), self.index(row, column))
            self.edited.emit((row, column))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self.now.shape[0]

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self.now.shape[1]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> object:
        if role != Role.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical and section < len(self._names):
            return self._names[section]
        return str(section + 1)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> object:
        place = index.row(), index.column()
        value, old = float(self.now[place]), float(self.before[place])
        match role:
            case Role.DisplayRole:
                return number_text(value, 3)
            case Role.EditRole:
                return number_entry(value)
            case Role.BackgroundRole:
                return self._ground(value)
            case Role.ForegroundRole:
                return ink_on(self._ground(value))
            case Role.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignCenter
            case Role.FontRole:
                return bold_font(11.5) if value != old else ui_font(11.5)
            case Role.ToolTipRole | Role.AccessibleTextRole:
                where = ", ".join(str(n + 1) for n in (place if self.columnCount() > 1 else place[:1]))
                was = self.tr(", was {old}").format(old=number_text(old)) if value != old else ""
                return f"[{where}] = {number_text(value, 6)}{was}"
        return None

    def setData(self, index: QModelIndex, value: object, role: int = Role.EditRole) -> bool:
        if role != Role.EditRole:
            return False
        text = str(value)
        if text == number_entry(float(self.now[index.row(), index.column()])):
            return False  # looked at only; it keeps all its digits
        number = number_in(text)
        if number is None:
            self.refused.emit(not_a_number(text))
            return False
        self.set_value(index.row(), index.column(), number)
        return True

    def _ground(self, value: float) -> QColor:
        return self._maps.state_colour(value, self._limit)


def ink_on(ground: QColor) -> QColor:
    """A text colour that can be read on a ground; on middle tones only black or white can."""
    soft = max((LIGHT.text, DARK.text), key=lambda ink: contrast(ink, ground))
    if contrast(soft, ground) >= READABLE:
        return soft
    return max((QColor("black"), QColor("white")), key=lambda ink: contrast(ink, ground))


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3])
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
