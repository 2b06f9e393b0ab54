"""The fields for the thresholds of verdicts, filled from the settings and kept there."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QWidget

from core.gradients.thresholds import Thresholds
from desktop.laboratory.parts import Fields
from desktop.settings import Settings
from desktop.widgets.number_field import NumberField


class ThresholdFields(QObject):
    """One field for each threshold; what is damaged in the settings is as it is without any."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = settings
        self._known = settings.thresholds
        self.fields = {name: self._field(name, words, parent) for name, words in _named().items()}

    def row(self) -> Fields:
        """The fields side by side."""
        return Fields(*((_named()[name][0], field) for name, field in self.fields.items()))

    @property
    def thresholds(self) -> Thresholds | None:
        """What stands there; None where a field holds none."""
        values = {name: field.value for name, field in self.fields.items()}
        known = {name: value for name, value in values.items() if value is not None}
        return Thresholds(**known) if len(known) == len(values) else None

    def _field(self, name: str, words: tuple[str, str], parent: QWidget) -> NumberField:
        field = NumberField(words[1], getattr(self._known, name), _at_least_1 if name == "explode" else _share, parent)
        field.setToolTip(words[1])
        field.committed.connect(lambda _: self._keep())
        field.validity_changed.connect(lambda problem: field.setToolTip(problem or words[1]))
        return field

    def _keep(self) -> None:
        found = self.thresholds
        if found is not None:
            self._settings.thresholds = found
            self.changed.emit()


def _named() -> dict[str, tuple[str, str]]:
    """The words before each field, and what it means."""
    return {
        "vanish": (tr("vanishes <"), tr("A gradient vanishes below this part of its start")),
        "explode": (tr("explodes >"), tr("A gradient explodes above so many times its start")),
        "factor": (tr("factor <"), tr("A factor of the direct path is to blame for vanishing below this")),
        "flat": (tr("flat <"), tr("A slope is flat below this part of the steepest that its function can have")),
        "share": (tr("share ≥"), tr("A unit is saturated if it is flat at this share of the steps, or at more")),
    }


def _share(value: float) -> str:
    return "" if 0 < value <= 1 else tr("Expected a number above 0 and at most 1.")


def _at_least_1(value: float) -> str:
    return "" if value >= 1 else tr("Expected a number of at least 1.")


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Laboratory", text)
