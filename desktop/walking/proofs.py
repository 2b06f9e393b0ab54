"""Proofs of gradients on request: done beside the window, shown in the inspector when they arrive."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject

from core.errors import GatewalkError
from core.run import Problem, Run
from desktop.bridge import Bridge
from desktop.reports import Kind, default_log_file, defect
from desktop.walking.worker import Result, Worker

TAG = "proof"


class Proofs(QObject):
    """Checks the gradient of one unit; a later request takes the place of an earlier one."""

    def __init__(self, bridge: Bridge, show: Callable[[object], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._show = bridge, show
        self._problem: Problem | None = None
        self._worker = Worker(self)
        self._worker.finished.connect(self._arrived)

    @property
    def busy(self) -> bool:
        """Whether a proof is still being made."""
        return self._worker.busy

    def check(self, path: str, t: int, unit: int) -> None:
        """Prove dL/d(variable) of a unit at a step of the run that is shown."""
        from core.gradients.proof.check import Target, prove  # nothing is proved before the first picture

        problem = self._problem = self._bridge.session.run.problem
        target = Target(path, t, (self._bridge.view.sample, unit))
        self._bridge.report(tr("Measuring this gradient; Esc stops."), Kind.BUSY)
        # A run of its own: the one on screen goes on while this one is computed.
        self._worker.submit(TAG, lambda _cancelled: prove(Run(problem), target))

    def stop(self) -> bool:
        """Drop what is being proved. Whether there was anything."""
        return self._worker.cancel_all()

    def close(self) -> None:
        """End the thread."""
        self._worker.close()

    def _arrived(self, result: Result) -> None:
        if self._problem is not self._bridge.session.run.problem:
            return  # made for a run that is no longer shown
        if isinstance(result.error, GatewalkError):
            self._bridge.report(str(result.error), Kind.ERROR)
        elif result.error is not None:
            self._bridge.reported.emit(defect(result.error, default_log_file()))
        else:
            self._bridge.report("")
            self._show(result.value)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Proofs", text)
