"""The row over the curves: how to begin, and then which iteration to walk or to keep."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QWidget

from desktop.dialogs.field import choose, combo, show_number, spin
from desktop.theme import Theme, scaled, ui_font
from desktop.training.plan import Plan
from desktop.training.trainer import Stage, Status
from desktop.views.side.parts import ShortButton
from desktop.widgets.wheel_guard import WheelGuard

MOST = 100_000
MOST_SEED = 2**31 - 1


class PlanRow(QWidget):
    """Weights to begin with, iterations, sequences in a batch, seed."""

    changed = Signal(object)  # Plan

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = Plan()
        self.weights = combo(((self.tr("the walk’s weights"), False), (self.tr("initial weights"), True)))
        self.weights.setMinimumContentsLength(12)
        self.iterations, self.batch = spin(1, MOST, 1000), spin(1, 4096, 32)
        self.seed = spin(0, MOST_SEED, 0)
        self.fields = (
            (self.tr("from"), self.weights),
            (self.tr("iterations"), self.iterations),
            (self.tr("batch"), self.batch),
            (self.tr("seed"), self.seed),
        )
        self.weights.setAccessibleName(self.tr("Weights to begin with"))
        self.iterations.setAccessibleName(self.tr("How many iterations"))
        self.batch.setAccessibleName(self.tr("Sequences in one batch"))
        self.seed.setAccessibleName(self.tr("Seed of the batches, and of initial weights"))
        self._labels: list[QLabel] = []
        self._guard = WheelGuard(self)
        self._arrange()
        self.weights.activated.connect(lambda _place: self._take(anew=self.weights.currentData()))
        for name in ("iterations", "batch", "seed"):
            getattr(self, name).valueChanged.connect(lambda value, name=name: self._take(**{name: value}))

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for words, control in self.fields:
            label = QLabel(words)
            label.setProperty("role", "secondary")
            label.setBuddy(control)
            control.setToolTip(control.accessibleName())
            self._labels.append(label)
            row.addWidget(label)
            row.addWidget(control)
            self._guard.guard(control)
        row.addStretch(1)

    def show_plan(self, plan: Plan, has_task: bool) -> None:
        """Show this plan; without a task there is nothing that a batch or a seed would choose."""
        self._plan = plan
        choose(self.weights, plan.anew)
        for name in ("iterations", "batch", "seed"):
            show_number(getattr(self, name), getattr(plan, name))
        self.batch.setEnabled(has_task)
        self.seed.setEnabled(has_task or plan.anew)

    def set_theme(self, _theme: Theme) -> None:
        """As large as the font is now."""
        self.layout().setSpacing(round(scaled(6)))
        for label in self._labels:
            label.setFont(ui_font(12))
            label.buddy().setFont(ui_font(12))

    def _take(self, **fields: object) -> None:
        self._plan = replace(self._plan, **fields)
        self.changed.emit(self._plan)


class CourseRow(QWidget):
    """The chosen iteration, and what can be done with it."""

    chosen = Signal(object)  # iteration
    walk_requested = Signal(object)
    keep_requested = Signal(object)
    end_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel(self.tr("iteration"))
        self._label.setProperty("role", "secondary")
        self.number = spin(0, 10_000_000, 0)
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName(self.tr("Iteration to walk or to keep"))
        self.number.setToolTip(self.number.accessibleName())
        self._label.setBuddy(self.number)
        self.walk = ShortButton(self.tr("Walk it"), self.tr("Walk this iteration: its own batch and weights"))
        self.keep = ShortButton(self.tr("Keep"), self.tr("Go on with the weights after this iteration"))
        self.end = ShortButton(self.tr("End"), self.tr("Forget this training; what was kept stays"))
        self._guard = WheelGuard(self)
        self._guard.guard(self.number)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self._label, self.number, self.walk, self.keep, self.end):
            row.addWidget(part)
        row.addStretch(1)
        self.number.valueChanged.connect(self.chosen.emit)
        self.walk.clicked.connect(lambda _checked=False: self.walk_requested.emit(None))
        self.keep.clicked.connect(lambda _checked=False: self.keep_requested.emit(None))
        self.end.clicked.connect(lambda _checked=False: self.end_requested.emit(None))

    def show_status(self, status: Status) -> None:
        """Follow the training."""
        last = status.marks[-1].number if status.marks else 0
        self.number.blockSignals(True)
        self.number.setRange(0, last)
        self.number.blockSignals(False)
        if not self.number.lineEdit().isModified() or not self.number.hasFocus():
            show_number(self.number, status.chosen)
        for button in (self.walk, self.keep):
            button.setEnabled(status.chosen > 0 and not status.looking)

    def set_theme(self, theme: Theme) -> None:
        """As large as the font is now."""
        self.layout().setSpacing(round(scaled(6)))
        for part in (self._label, self.number):
            part.setFont(ui_font(12))
        for button in (self.walk, self.keep, self.end):
            button.set_theme(theme)


class Controls(QWidget):
    """Start or pause, and what goes with it."""

    start_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.start = ShortButton(self.tr("Train"), self.tr("Train beside the walk, or pause (T)"))
        self.plan, self.course = PlanRow(), CourseRow()
        self.rows = QStackedWidget()
        self.rows.addWidget(self.plan)
        self.rows.addWidget(self.course)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.start)
        row.addWidget(self.rows, 1)
        self.start.clicked.connect(lambda _checked=False: self.start_requested.emit(None))

    def show_status(self, status: Status, plan: Plan, has_task: bool) -> None:
        """Follow the training."""
        self.rows.setCurrentIndex(0 if status.course is None else 1)
        self.start.setText(self._verb(status.stage))
        if status.course is None:
            self.plan.show_plan(plan, has_task)
        else:
            self.course.show_status(status)

    def _verb(self, stage: Stage) -> str:
        verbs = {
            Stage.NONE: self.tr("Train"),
            Stage.RUNNING: self.tr("Pause"),
            Stage.PAUSING: self.tr("Pause"),
            Stage.DONE: self.tr("Go on"),
            Stage.PAUSED: self.tr("Go on"),
            Stage.DIVERGED: self.tr("Try again"),
        }
        return verbs[stage]

    def set_theme(self, theme: Theme) -> None:
        """As large as the font is now."""
        self.layout().setSpacing(round(scaled(14)))
        for part in (self.start, self.plan, self.course):
            part.set_theme(theme)
