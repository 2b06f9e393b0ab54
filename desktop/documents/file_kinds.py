"""Kinds of files as the dialogs that ask for one list them; loaded when the first of them opens."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.files.snapshot import KEEP_BYTES
from desktop.settings import MOST_BYTES


def opening_kinds(snapshot: str, data: tuple[str, ...], models: tuple[str, ...]) -> str:
    """All that can be opened, by these endings."""
    kinds = (
        (tr("Sessions, data and models ({every})"), (snapshot, *data, *models)),
        (tr("Sessions ({every})"), (snapshot,)),
        (tr("Data ({every})"), data),
        (tr("Models and networks ({every})"), models),
    )
    named = [words.format(every=" ".join(f"*{suffix}" for suffix in endings)) for words, endings in kinds]
    return ";;".join([*named, tr("All files (*)")])


def snapshot_kinds() -> dict[str, int]:
    """How much of what was computed a snapshot keeps, in bytes; what is not kept is computed again when it opens."""
    return {
        tr("Sessions (*.gatewalk)"): KEEP_BYTES,
        tr("Sessions with all values, up to 1 GB (*.gatewalk)"): MOST_BYTES,
        tr("Small sessions, values computed again (*.gatewalk)"): 0,
    }


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Files", text)
