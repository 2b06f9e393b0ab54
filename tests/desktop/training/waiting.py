"""Waiting for what is done beside the window."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from PySide6.QtWidgets import QApplication

from desktop.training.status import Stage
from desktop.training.trainer import Trainer


def wait_until(done: Callable[[], bool], seconds: float = 60.0) -> None:
    """Let the window go on until something is done."""
    deadline = monotonic() + seconds
    while not done():
        assert monotonic() < deadline, "it was never done"
        QApplication.processEvents()


def wait_for_rest(trainer: Trainer) -> None:
    """Until nothing is trained or computed."""
    wait_until(lambda: trainer.status.stage not in (Stage.RUNNING, Stage.PAUSING) and not trainer.status.looking)
