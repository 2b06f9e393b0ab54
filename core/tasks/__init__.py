"""Tasks: endless, reproducible supplies of sequences with targets, some to learn from and others to be tested on."""

from __future__ import annotations

from types import MappingProxyType
from typing import TypeAlias

from core.tasks.adding import AddingTask
from core.tasks.agreement import AgreementTask
from core.tasks.bits import LagTask, ParityTask
from core.tasks.blank import BlankTask
from core.tasks.characters import CharactersTask
from core.tasks.copying import CopyTask
from core.tasks.reber import ReberTask
from core.tasks.series import SeriesTask
from core.tasks.task import Task

__all__ = ["TASKS", "AnyTask", "Task"]

AnyTask: TypeAlias = (
    AddingTask | AgreementTask | BlankTask | CharactersTask | CopyTask | LagTask | ParityTask | ReberTask | SeriesTask
)
TASKS = MappingProxyType(
    {
        str(kind.__struct_config__.tag): kind
        for kind in (
            AddingTask,
            AgreementTask,
            BlankTask,
            CharactersTask,
            CopyTask,
            LagTask,
            ParityTask,
            ReberTask,
            SeriesTask,
        )
    }
)
