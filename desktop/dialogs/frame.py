"""What all dialogs share: a column with a title row, words for what is wrong, and buttons."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.style.theme import Theme, scaled, ui_font

SIDE_PX = 20.0


class Question(QDialog):
    """A dialog with a body, a line for what is wrong, and two buttons. It answers exactly once."""

    answered = Signal(object)  # the answer; None when the person went back

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None, agree: str = "") -> None:
        super().__init__(parent)
        self.theme = theme
        self._answer: object = None
        self._answered = False
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.body = QVBoxLayout()
        self.body.setSpacing(round(scaled(8)))
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setFont(ui_font(12.5))
        self.buttons = QDialogButtonBox(self)
        self.agree = self._button(agree or tr("OK"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.agree.setDefault(True)
        self.back = self._button(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(self._finish)
        self._arrange()
        self.say("")

    def _arrange(self) -> None:
        side = round(scaled(SIDE_PX))
        column = QVBoxLayout(self)
        column.setContentsMargins(side, side, side, round(side * 0.8))
        column.setSpacing(round(scaled(10)))
        column.addLayout(self.body, 1)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)

    def _button(self, text: str, role: QDialogButtonBox.ButtonRole) -> QPushButton:
        button = self.buttons.addButton(text, role)
        button.setAutoDefault(role == QDialogButtonBox.ButtonRole.AcceptRole)
        return button

    @property
    def answer(self) -> object:
        """What was answered; None until then, and when the person went back."""
        return self._answer

    def offer(self, answer: object) -> None:
        """What accepting would answer now; None: it cannot be accepted."""
        self._answer = answer
        self.agree.setEnabled(answer is not None)

    def say(self, problem: str) -> None:
        """Say what is wrong, "" for nothing."""
        if problem != self.problem.text() or self.problem.isHidden() == bool(problem):
            self.problem.setText(problem)
            self.problem.setVisible(bool(problem))

    def accept(self) -> None:
        """Only with an answer."""
        if self._answer is not None:
            super().accept()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is going back."""
        self.reject()
        super().closeEvent(event)

    def _finish(self, code: int) -> None:
        if self._answered:
            return
        self._answered = True
        if code != QDialog.DialogCode.Accepted:
            self._answer = None
        self.answered.emit(self._answer)


def waited_for(dialog: Question) -> object:
    """The answer, waited for; the event loop goes on meanwhile."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.exec()
    answer = dialog.answer
    dialog.deleteLater()
    return answer


def fit(dialog: QDialog, width: float, height: float) -> None:
    """A designed size in proportion to the font: higher where the contents need it, never larger than the screen."""
    room = dialog.screen().availableSize()
    wide = min(round(scaled(width)), room.width())
    needed = dialog.layout().totalHeightForWidth(wide) if dialog.layout().hasHeightForWidth() else 0
    high = max(round(scaled(height)), needed, dialog.layout().sizeHint().height() if not needed else 0)
    dialog.resize(wide, min(high, room.height()))


def label_for(words: str, control: QWidget | None = None, quiet: bool = True) -> QLabel:
    """A label that says what a control is, and takes the keyboard there."""
    label = QLabel(words)
    label.setFont(ui_font(12.5))
    if quiet:
        label.setProperty("role", "secondary")
    if control is not None:
        label.setBuddy(control)
        if not control.accessibleName():
            control.setAccessibleName(words.replace("&", ""))
    return label


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Dialogs", text)
