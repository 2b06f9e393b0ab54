"""Before a session is left: what is to happen to a training that was not kept."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.training.trainer import Trainer


def may_leave(trainer: Trainer, window: QWidget) -> bool:
    """Whether the session may be left; asks where something was learned and not kept."""
    count = trainer.unkept
    if not count:
        return True
    from desktop.dialogs import ask

    trainer.pause()
    answer = ask.ask_unkept(window, count)
    if answer == ask.CANCEL:
        return False
    if answer == ask.SAVE:
        return trainer.keep_now()
    trainer.end()
    return True
