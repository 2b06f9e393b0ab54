"""The panel "Training": controls, one sentence, curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.style.theme import Theme, scaled
from desktop.training.controls import Controls
from desktop.training.curves import Curves
from desktop.training.status import Status
from desktop.training.trainer import Trainer
from desktop.training.words import source_words, status_words
from desktop.views.side.parts import WrapLabel

if TYPE_CHECKING:
    from core.branch import Setup

SIDE_PX = 18.0


class TrainingPanel(QWidget):
    """Shows a trainer, and asks it for what a person wants; ``setup`` is the session's of the moment."""

    def __init__(
        self, theme: Theme, trainer: Trainer, setup: Callable[[], Setup], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("training_panel")
        self.setAccessibleName(self.tr("Training"))
        self._trainer, self._setup = trainer, setup
        self.controls, self.sentence, self.curves = Controls(), WrapLabel(size=12), Curves(theme)
        column = QVBoxLayout(self)
        for part, stretch in ((self.controls, 0), (self.sentence, 0), (self.curves, 1)):
            column.addWidget(part, stretch)
        column.addStretch(0)
        self._wire()
        self.set_theme(theme)
        self.show_status(trainer.status)

    def _wire(self) -> None:
        controls, trainer = self.controls, self._trainer
        controls.start_requested.connect(lambda _: trainer.start_pause())
        controls.plan_changed.connect(self._plan)
        controls.chosen.connect(trainer.choose)
        controls.walk_requested.connect(lambda _: trainer.walk())
        controls.keep_requested.connect(lambda _: trainer.keep())
        controls.end_requested.connect(lambda _: trainer.end())
        self.curves.chosen.connect(trainer.choose)
        trainer.changed.connect(self.show_status)

    def sizeHint(self) -> QSize:
        """As high as its neighbours."""
        return QSize(round(scaled(420)), round(scaled(200)))

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        side = round(scaled(SIDE_PX))
        self.layout().setContentsMargins(side, round(scaled(4)), side, round(scaled(4)))
        self.layout().setSpacing(round(scaled(6)))
        for part in (self.controls, self.sentence, self.curves):
            part.set_theme(theme)

    def show_frame(self, _frame: object) -> None:
        """Another walk may have something else to learn."""
        if self._trainer.status.course is None:
            self.show_status(self._trainer.status)

    def show_status(self, status: Status) -> None:
        """Follow the training."""
        setup, plan = self._setup(), self._trainer.plan
        self.controls.show_status(status, plan, setup.training.task is not None)
        self.curves.setVisible(status.course is not None)
        if status.course is None:
            self.sentence.setText(source_words(setup.training, setup.learning, plan))
            return
        self.sentence.setText(status_words(status))
        if self.isVisible():
            self.curves.show_status(status)

    def _plan(self, plan: object) -> None:
        self._trainer.set_plan(plan)
        self.show_status(self._trainer.status)
