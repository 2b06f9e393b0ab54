"""What pictures of the laboratory share: the layer that is looked at, rows of fields, checks of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.network import Block
from desktop.laboratory.questions import Place, Subject
from desktop.style.theme import scaled
from desktop.widgets.flow_row import FlowRow
from desktop.widgets.number_field import Check, NumberField

FIELD_PX, WIDE_PX, GAP_PX, WORD_PX = 64.0, 84.0, 18.0, 8.0
SHORT = 5  # signs that a field has room for


def layer_at(subject: Subject, place: Place) -> Block:
    """The layer that is looked at; the last one where that is none."""
    network = subject.problem.network
    name = place.path.split("/")[0]
    return next((each for each in network.layers if each.name == name), network.last_layer)


class Fields(QWidget):
    """Controls side by side, each behind its words; they go on in a next row where there is no more room."""

    def __init__(self, *parts: tuple[str, QWidget]) -> None:
        super().__init__()
        self._flow = FlowRow(self)
        self._pairs: list[QHBoxLayout] = []
        self._numbers = [part for _, part in parts if isinstance(part, NumberField)]
        for words, part in parts:
            self._flow.addWidget(self._pair(words, part) if words else part)
        for field in self._numbers:
            field.textChanged.connect(lambda _text: self.fit())
        self.fit()

    def fit(self) -> None:
        """As large as the font is now."""
        self._flow.setSpacing(round(scaled(GAP_PX)))
        for pair in self._pairs:
            pair.setSpacing(round(scaled(WORD_PX)))
        for field in self._numbers:
            field.setFixedWidth(round(scaled(WIDE_PX if len(field.text()) > SHORT else FIELD_PX)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """All rows have their room, also where there is little."""
        super().resizeEvent(event)
        self.setMinimumHeight(self._flow.heightForWidth(self.width()))

    def _pair(self, words: str, part: QWidget) -> QWidget:
        pair, label = QWidget(), QLabel(words)
        row = QHBoxLayout(pair)
        row.setContentsMargins(0, 0, 0, 0)
        label.setBuddy(part)
        row.addWidget(label)
        row.addWidget(part)
        self._pairs.append(row)
        return pair


def values_of(fields: Sequence[NumberField]) -> tuple[float, ...] | None:
    """The numbers that stand in fields; None where one of them is none."""
    values = [field.value for field in fields]
    known = tuple(value for value in values if value is not None)
    return known if len(known) == len(values) else None


def positive(value: float) -> str:
    """What is wrong with a number that is to be above 0."""
    return "" if value > 0 else tr("Expected a number above 0.")


def whole(low: int, high: int) -> Check:
    """A check for whole numbers from ``low`` to ``high``."""

    def check(value: float) -> str:
        fits = value == int(value) and low <= value <= high
        return "" if fits else tr("Expected a whole number from {low} to {high}.").format(low=low, high=high)

    return check


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
