"""Questions with a few answers: unsaved work, work found again after a crash, data for another model."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

SAVE, DISCARD, CANCEL = "save", "discard", "cancel"
RECOVER, FORGET = "recover", "forget"
MAKE = "make"
Done = Callable[[object], object]


def ask_unsaved(parent: QWidget | None, name: str = "", done: Done | None = None) -> str | QMessageBox:
    """What is to happen to unsaved work: "save", "discard" or "cancel". With ``done`` it opens and calls that."""
    what = tr("Save the changes to “{name}” first?").format(name=name) if name else tr("Save this session first?")
    words = tr("What was edited, trained or marked since the last save would be lost.")
    answers = (
        (SAVE, tr("Save"), QMessageBox.ButtonRole.AcceptRole),
        (DISCARD, tr("Do not save"), QMessageBox.ButtonRole.DestructiveRole),
        (CANCEL, tr("Cancel"), QMessageBox.ButtonRole.RejectRole),
    )
    return _ask(parent, "unsaved_question", what, words, answers, done)


def ask_unkept(parent: QWidget | None, iterations: int, done: Done | None = None) -> str | QMessageBox:
    """What is to happen to a training that was not kept: "save", "discard" or "cancel"."""
    what = tr("Keep what was learned in {count} iterations?").format(count=f"{iterations:,}")
    words = tr("They are not in the session yet; without keeping them they are lost.")
    answers = (
        (SAVE, tr("Keep them"), QMessageBox.ButtonRole.AcceptRole),
        (DISCARD, tr("Do not keep"), QMessageBox.ButtonRole.DestructiveRole),
        (CANCEL, tr("Cancel"), QMessageBox.ButtonRole.RejectRole),
    )
    return _ask(parent, "unkept_question", what, words, answers, done)


def ask_recovery(parent: QWidget | None, when: str, done: Done | None = None) -> str | QMessageBox:
    """What is to happen to a session found after a crash, of ``when``: "recover", "forget", or "cancel" for later."""
    what = tr("Gatewalk was not closed properly. Open the session it kept?")
    words = tr("It was kept at {when}. “Later” keeps it, and asks again the next time.").format(when=when)
    answers = (
        (RECOVER, tr("Open it"), QMessageBox.ButtonRole.AcceptRole),
        (FORGET, tr("Delete it"), QMessageBox.ButtonRole.DestructiveRole),
        (CANCEL, tr("Later"), QMessageBox.ButtonRole.RejectRole),
    )
    return _ask(parent, "recovery_question", what, words, answers, done)


def ask_new_model(parent: QWidget | None, name: str, why: str, done: Done | None = None) -> str | QMessageBox:
    """Whether data that the model cannot read is to have a new one: "make" or "cancel"."""
    what = tr("Make a new model for “{name}”?").format(name=name)
    words = tr("It has the same cell and as many units, is not trained, and predicts what comes next.")
    words = f"{why}\n\n{words} {tr('Undo brings the present one back.')}"
    answers = (
        (MAKE, tr("Make a new, untrained model"), QMessageBox.ButtonRole.AcceptRole),
        (CANCEL, tr("Cancel"), QMessageBox.ButtonRole.RejectRole),
    )
    return _ask(parent, "new_model_question", what, words, answers, done)


def _ask(
    parent: QWidget | None,
    name: str,
    what: str,
    words: str,
    answers: Iterable[tuple[str, str, QMessageBox.ButtonRole]],
    done: Done | None,
) -> str | QMessageBox:
    """The first answer is the usual one; Esc and closing are ``CANCEL``."""
    box = QMessageBox(parent)
    box.setObjectName(name)
    box.setWindowTitle("Gatewalk")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(what)
    box.setInformativeText(words)
    buttons = {}
    for key, text, role in answers:
        button = box.addButton(text, role)
        button.setObjectName(key)
        buttons[button] = key
    box.setDefaultButton(next(iter(buttons)))
    box.setEscapeButton(next(button for button, key in buttons.items() if key == CANCEL))
    close_icon_column(box)
    if done is None:
        box.exec()
        answer = buttons.get(box.clickedButton(), CANCEL)
        box.deleteLater()
        return answer
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.finished.connect(lambda _code: done(buttons.get(box.clickedButton(), CANCEL)))
    box.open()
    return box


def close_icon_column(box: QMessageBox) -> None:
    """Let the words of a box without an icon begin where its buttons do."""
    items = (box.layout().itemAt(number) for number in range(box.layout().count()))
    for spacer in [item.spacerItem() for item in items if item.spacerItem() is not None]:
        spacer.changeSize(0, 0)
    box.layout().setColumnStretch(1, 1)  # or the row of buttons would widen both columns
    box.layout().setHorizontalSpacing(0)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Ask", text)
