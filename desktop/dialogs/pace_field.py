"""A line for the units that learn less often, written like slices: l0[4:8] every 2; l1 every 3."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from core.errors import GatewalkError
from core.learning.paces import Pace, paces_in, paces_text


class PaceField(QLineEdit):
    """Holds paces. What is wrong is said as it is typed; what is right counts when the line is left."""

    committed = Signal(object)  # tuple of Pace: entered by the person, valid, and others than before
    validity_changed = Signal(object)  # what is wrong, "" for nothing

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paces: tuple[Pace, ...] = ()
        self._problem = ""
        self.setAccessibleName(tr("Units that learn less often"))
        self.setPlaceholderText(tr("l0[4:8] every 2"))
        self.setToolTip(tr("Units 5 to 8 of the first layer are updated every 2nd iteration; none: all in every one"))
        self.textEdited.connect(self._judge)
        self.editingFinished.connect(self._commit)

    def show_paces(self, paces: tuple[Pace, ...]) -> None:
        """Show these paces; emits nothing."""
        if self.hasFocus() and self.isModified() and paces == self._paces:
            return  # what is being typed is not taken away
        self._paces, self._problem = paces, ""
        self.setText(paces_text(paces))
        self.setCursorPosition(0)

    def _judge(self, text: str) -> None:
        try:
            paces_in(text)
            problem = ""
        except GatewalkError as error:
            problem = str(error)
        if problem != self._problem:
            self._problem = problem
            self.setAccessibleDescription(problem)
            self.validity_changed.emit(problem)

    def _commit(self) -> None:
        self._judge(self.text())
        if self._problem:
            return
        paces = paces_in(self.text())
        if paces != self._paces:
            self._paces = paces
            self.committed.emit(paces)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Learning", text)
