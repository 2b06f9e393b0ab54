"""Which sequence of a batch is looked at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.widgets.wheel_guard import WheelGuard


class SampleChoice(QWidget):
    """A number with arrows, between words; not there for a single sequence."""

    sample_requested = Signal(object)  # number of the sequence, from 0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before, self._after = QLabel(self.tr("sequence")), QLabel()
        self.number = QSpinBox()
        self.number.setAccessibleName(self.tr("Sequence of the batch"))
        self.number.setKeyboardTracking(False)
        self._guard = WheelGuard(self)
        self._guard.guard(self.number)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self._before, self.number, self._after):
            row.addWidget(part)
        row.addStretch(1)
        for label in (self._before, self._after):
            label.setProperty("role", "secondary")
        self.number.valueChanged.connect(lambda number: self.sample_requested.emit(number - 1))
        self.set_theme(theme)
        self.show_sample(0, 1)

    def set_theme(self, theme: Theme) -> None:
        """As large as the font is now."""
        self.layout().setSpacing(round(scaled(6)))
        self.number.lineEdit().setTextMargins(round(scaled(5)), 0, 0, 0)
        for part in (self._before, self.number, self._after):
            part.setFont(ui_font(12))

    def show_sample(self, sample: int, batch: int) -> None:
        """Show this sequence of so many; emits nothing."""
        self.number.blockSignals(True)
        self.number.setRange(1, max(batch, 1))
        self.number.setValue(sample + 1)
        self.number.blockSignals(False)
        self._after.setText(self.tr("of {batch}").format(batch=batch))
        self.setVisible(batch > 1)
