"""What was found in the file that the model came from: convention, sizes, what was assumed, answered and ignored."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.style.theme import Theme, bold_font, scaled
from desktop.views.side.parts import Facts, ShortButton, WrapLabel
from desktop.views.side.records import FileFacts
from desktop.widgets.breakable import short_name
from desktop.widgets.heading import SectionHeading


class FileSection(QWidget):
    """A heading, the file, what was found, remarks and answers; not there for a model that came from no file."""

    answers_requested = Signal(object)  # None

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = SectionHeading(theme, self.tr("From the file"))
        self._name = WrapLabel()
        self._found = WrapLabel(size=11.5)
        self._remarks = WrapLabel(role="secondary", size=11.5)
        for label in (self._name, self._found, self._remarks):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._answers = Facts(self.tr("What was answered"))
        self.answer = ShortButton(self.tr("Other answers…"), self.tr("Answer again what the file does not say"))
        self._column = QVBoxLayout(self)
        for part in (self._heading, self._name, self._found, self._remarks, self._answers):
            self._column.addWidget(part)
        self._column.addWidget(self.answer, 0, Qt.AlignmentFlag.AlignLeft)
        self.answer.clicked.connect(lambda _checked=False: self.answers_requested.emit(None))
        self.set_theme(theme)
        self.show_file(None)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._column.setContentsMargins(0, round(scaled(4)), 0, 0)
        self._column.setSpacing(round(scaled(5)))
        for part in (self._heading, self._name, self._found, self._remarks, self._answers, self.answer):
            part.set_theme(theme)
        self._name.setFont(bold_font(12))

    def show_file(self, facts: FileFacts | None) -> None:
        """Show these; None for a model that came from no file."""
        self.setVisible(facts is not None)
        if facts is None:
            return
        self._name.setText(short_name(facts.name))
        self._name.setToolTip(facts.name)
        self._found.setText(facts.found)
        self._remarks.setText("\n".join(remark[:1].upper() + remark[1:] for remark in facts.remarks))
        self._remarks.setVisible(bool(facts.remarks))
        self._answers.show_rows(facts.answers)
        for part in (self._answers, self.answer):
            part.setVisible(bool(facts.answers))
