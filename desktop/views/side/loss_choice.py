"""Where the loss stands: at every step, the last one, or some."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.views.side.parts import WrapLabel
from desktop.widgets.wheel_guard import WheelGuard

ALL, LAST, CHOSEN = "all", "last", "chosen"
MOST = 20_000


class LossChoice(QWidget):
    """A list of three, and a line for the steps when they are chosen one by one."""

    loss_requested = Signal(object)  # "all", "last", or a tuple of steps counted from 0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[int, ...] = ()
        self._known: tuple[int, ...] = ()
        self._label = QLabel(self.tr("loss"))
        self._label.setProperty("role", "secondary")
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Steps that have a loss"))
        names = ((ALL, self.tr("at all targets")), (LAST, self.tr("at the last")), (CHOSEN, self.tr("at steps …")))
        for key, name in names:
            self.box.addItem(name, key)
        self.line = QLineEdit()
        self.line.setAccessibleName(self.tr("Steps with a loss, as in 3, 5-9"))
        self.line.setPlaceholderText(self.tr("3, 5-9"))
        self.problem = WrapLabel(role="error", size=11.5)
        for part in (self.box, self.line):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            part.setMinimumWidth(round(scaled(56)))
        self._guard = WheelGuard(self)
        self._guard.guard(self.box)
        self._arrange()
        self.box.activated.connect(lambda _place: self._choose(self.box.currentData()))
        self.line.editingFinished.connect(self._read)
        self.line.textEdited.connect(lambda _text: self._say(""))
        self.set_theme(theme)
        self.show_loss((), ())

    def _arrange(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._label, 0, 0)
        self._grid.addWidget(self.box, 0, 1)
        self._grid.addWidget(self.line, 1, 1)
        self._grid.addWidget(self.problem, 2, 0, 1, 2)

    def set_theme(self, theme: Theme) -> None:
        """As large as the font is now."""
        self._grid.setHorizontalSpacing(round(scaled(10)))
        self._grid.setVerticalSpacing(round(scaled(4)))
        for part in (self._label, self.box, self.line):
            part.setFont(ui_font(12))
        self.problem.set_theme(theme)

    def show_loss(self, steps: tuple[int, ...], known: tuple[int, ...]) -> None:
        """Show which steps have a loss among those that have a target; emits nothing."""
        self._steps, self._known = steps, known
        self.setEnabled(bool(known))
        kind = ALL if steps == known else LAST if steps == known[-1:] else CHOSEN
        if len(known) == 1:
            kind = LAST
        self.box.setCurrentIndex(self.box.findData(kind))
        self.line.setVisible(kind == CHOSEN)
        if not self.line.hasFocus():
            self.line.setText(steps_text(steps))
        self._say("")

    def _choose(self, kind: str) -> None:
        self.line.setVisible(kind == CHOSEN)
        if kind == CHOSEN:
            self.line.setText(steps_text(self._steps))
            self.line.setFocus()
            self.line.selectAll()
        else:
            self._say("")
            self.loss_requested.emit(kind)

    def _read(self) -> None:
        steps = steps_in(self.line.text())
        if steps is None:
            self._say(self.tr("Expected step numbers, such as 3, 5-9."))
            return
        lost = [t for t in steps if t not in set(self._known)]
        if lost:
            self._say(self.tr("Step {t} has no target, so it can have no loss.").format(t=lost[0] + 1))
        elif steps != self._steps:
            self.loss_requested.emit(steps)

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


def steps_in(text: str) -> tuple[int, ...] | None:
    """The steps, counted from 0, that a text such as "3, 5-9" names; None where it names none."""
    steps: set[int] = set()
    for part in re.split(r"[,;\s]+", re.sub(r"\s*[-–]\s*", "-", text.strip(" ,;"))):
        found = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part)
        if not found:
            return None
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last or last > MOST:
            return None
        steps.update(range(first - 1, last))
    return tuple(sorted(steps))


def steps_text(steps: tuple[int, ...]) -> str:
    """Steps as people write them: 3, 5-9."""
    parts: list[list[int]] = []
    for t in steps:
        if parts and parts[-1][1] == t:
            parts[-1][1] = t + 1
        else:
            parts.append([t + 1, t + 1])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("LossChoice", text)
