"""The row over the curves: how to begin, and then which iteration to walk or to keep."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from desktop.dialogs.field import choose, combo, show_number, spin
from desktop.style.theme import Theme, scaled, ui_font
from desktop.training.plan import Plan
from desktop.training.status import Stage, Status
from desktop.views.side.parts import ShortButton
from desktop.widgets.flow_row import FlowRow
from desktop.widgets.wheel_guard import WheelGuard

MOST = 100_000
MOST_SEED = 999_999
NUMBER_PX, CHOICE_PX = 84.0, 158.0


class Labelled(QWidget):
    """A control with its word before it, which stay together."""

    def __init__(self, words: str, control: QWidget, name: str) -> None:
        super().__init__()
        self.label, self.control = QLabel(words), control
        self.label.setProperty("role", "secondary")
        self.label.setBuddy(control)
        control.setAccessibleName(name)
        control.setToolTip(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label)
        row.addWidget(control)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._guard = WheelGuard(self)
        self._guard.guard(control)

    def set_theme(self, _theme: Theme) -> None:
        """As large as the font is now."""
        self.layout().setSpacing(round(scaled(6)))
        for part in (self.label, self.control):
            part.setFont(ui_font(12))
        self.control.setFixedWidth(round(scaled(CHOICE_PX if isinstance(self.control, QComboBox) else NUMBER_PX)))


class Controls(QWidget):
    """Start or pause; before that the plan, after that the chosen iteration and what can be done with it."""

    start_requested = Signal(object)
    plan_changed = Signal(object)  # Plan
    chosen = Signal(object)  # iteration
    walk_requested = Signal(object)
    keep_requested = Signal(object)
    end_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = Plan()
        self.start = ShortButton(self.tr("Train"))
        self.weights = combo(((self.tr("the walk’s"), False), (self.tr("initial, of the seed"), True)))
        self.iterations, self.batch, self.seed = spin(1, MOST, 1000), spin(1, 4096, 32), spin(0, MOST_SEED, 0)
        self.number = spin(0, 10_000_000, 0)
        self.number.setKeyboardTracking(False)
        self.walk = ShortButton(self.tr("Walk it"), self.tr("Walk this iteration: its own batch and weights (W)"))
        self.keep = ShortButton(self.tr("Keep"), self.tr("Go on with the weights after this iteration (K)"))
        self.end = ShortButton(self.tr("End"), self.tr("Forget this training; what was kept stays"))
        self.planning = (
            Labelled(self.tr("weights"), self.weights, self.tr("Weights to begin with")),
            Labelled(self.tr("iterations"), self.iterations, self.tr("How many iterations")),
            Labelled(self.tr("batch"), self.batch, self.tr("Sequences in one batch")),
            Labelled(self.tr("seed"), self.seed, self.tr("Seed of the batches, and of initial weights")),
        )
        self.choosing = (
            Labelled(self.tr("iteration"), self.number, self.tr("Iteration to walk or to keep")),
            *(self.walk, self.keep, self.end),
        )
        row = FlowRow(self)
        for part in (self.start, *self.planning, *self.choosing):
            row.addWidget(part)
        self._wire()

    def _wire(self) -> None:
        self.weights.activated.connect(lambda _place: self._take(anew=self.weights.currentData()))
        for name in ("iterations", "batch", "seed"):
            getattr(self, name).valueChanged.connect(lambda value, name=name: self._take(**{name: value}))
        self.number.valueChanged.connect(self.chosen.emit)
        for button, signal in (
            (self.start, self.start_requested),
            (self.walk, self.walk_requested),
            (self.keep, self.keep_requested),
            (self.end, self.end_requested),
        ):
            button.clicked.connect(lambda _checked=False, signal=signal: signal.emit(None))

    def _take(self, **fields: object) -> None:
        self._plan = replace(self._plan, **fields)
        self.plan_changed.emit(self._plan)

    def show_status(self, status: Status, plan: Plan, has_task: bool) -> None:
        """Follow the training; without a task there is nothing that a batch or a seed would choose."""
        planning = status.course is None
        for part in self.planning:
            part.setVisible(planning)
        for part in self.choosing:
            part.setVisible(not planning)
        self._show_verb(status.stage)
        if planning:
            self._show_plan(plan, has_task)
        else:
            self._show_chosen(status)

    def _show_plan(self, plan: Plan, has_task: bool) -> None:
        self._plan = plan
        choose(self.weights, plan.anew)
        for name in ("iterations", "batch", "seed"):
            show_number(getattr(self, name), getattr(plan, name))
        self.batch.setEnabled(has_task)
        self.seed.setEnabled(has_task or plan.anew)

    def _show_chosen(self, status: Status) -> None:
        self.number.blockSignals(True)
        self.number.setMaximum(status.marks[-1].number if status.marks else 0)
        self.number.blockSignals(False)
        typing = self.number.hasFocus() and self.number.lineEdit().isModified()
        if not typing:
            show_number(self.number, status.chosen)
        for button in (self.walk, self.keep):
            button.setEnabled(status.chosen > 0 and not status.looking)

    def _show_verb(self, stage: Stage) -> None:
        verb = self._verbs()[stage]
        if verb != self.start.accessibleName():
            self.start.show_words(verb)
        self.start.setToolTip(self.tr("Train beside the walk, or pause (T)"))

    def _verbs(self) -> dict[Stage, str]:
        return {
            Stage.NONE: self.tr("Train"),
            Stage.RUNNING: self.tr("Pause"),
            Stage.PAUSING: self.tr("Pause"),
            Stage.DONE: self.tr("Go on"),
            Stage.PAUSED: self.tr("Go on"),
            Stage.DIVERGED: self.tr("Try again"),
        }

    def set_theme(self, theme: Theme) -> None:
        """As large as the font is now."""
        self.layout().setSpacing(round(scaled(10)))
        for part in (self.start, *self.planning, *self.choosing):
            part.set_theme(theme)
        words = QFontMetricsF(self.start.font())
        widest = max(words.horizontalAdvance(verb) for verb in self._verbs().values())
        self.start.setFixedWidth(round(widest + scaled(20)))  # or the row would jump with each verb
