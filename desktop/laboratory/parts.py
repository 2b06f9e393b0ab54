"""What pictures of the laboratory share: the layer that is looked at, rows of fields, checks of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.network import Block
from desktop.laboratory.questions import Place, Subject
from desktop.theme import scaled
from desktop.widgets.number_field import Check, NumberField

FIELD_PX, WIDE_PX, GAP_PX, WORD_PX = 64.0, 84.0, 12.0, 8.0
SHORT = 5  # signs that a field has room for


def layer_at(subject: Subject, place: Place) -> Block:
    """The layer that is looked at; the last one where that is none."""
    network = subject.problem.network
    name = place.path.split("/")[0]
    return next((each for each in network.layers if each.name == name), network.last_layer)


def row_of(*parts: tuple[str, QWidget]) -> QHBoxLayout:
    """Widgets in a row, each behind its words."""
    row = QHBoxLayout()
    row.setSpacing(round(scaled(WORD_PX)))
    for number, (words, part) in enumerate(parts):
        if number:
            row.addSpacing(round(scaled(GAP_PX)))
        if words:
            label = QLabel(words)
            label.setBuddy(part)
            row.addWidget(label)
        if isinstance(part, NumberField):
            part.setFixedWidth(round(scaled(WIDE_PX if len(part.text()) > SHORT else FIELD_PX)))
        row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
    row.addStretch(1)
    return row


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
