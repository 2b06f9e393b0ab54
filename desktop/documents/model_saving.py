"""Saving the model that is walked so that other programs can use it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QCoreApplication

from core.errors import DataError, GatewalkError
from core.files.cell_source import LIBRARIES, source_of
from core.files.models import OpenedModel, open_model
from core.files.models.saving import names_for, save_model
from core.files.replacing import writing
from core.origin import Origin
from desktop.bridge import Bridge


class SavingKind(msgspec.Struct, frozen=True):
    """One way to save. ``names`` of the tensors ("" for those of the file, else PyTorch's), or a ``library``."""

    text: str
    suffix: str
    names: str = ""
    library: str = ""


def saving_kinds() -> tuple[SavingKind, ...]:
    """The ways a person can choose from, the usual one first."""
    numpy, torch = LIBRARIES
    return (
        SavingKind(tr("Model for PyTorch (*.safetensors)"), ".safetensors"),
        SavingKind(tr("Model for PyTorch, as NumPy arrays (*.npz)"), ".npz"),
        SavingKind(tr("Model with the names of this program (*.npz)"), ".npz", names="gatewalk"),
        SavingKind(tr("Cell as a PyTorch module (*.py)"), ".py", library=torch),
        SavingKind(tr("Cell as NumPy functions (*.py)"), ".py", library=numpy),
    )


def kind_for(path: Path, chosen: SavingKind) -> SavingKind:
    """The chosen way, or the first one for the ending that was typed. Raises DataError for an unknown ending."""
    suffix = path.suffix.lower() or chosen.suffix
    if suffix == chosen.suffix:
        return chosen
    known = {kind.suffix: kind for kind in reversed(saving_kinds())}
    if suffix not in known:
        words = tr("“{name}” ends in {suffix}; models are saved as {known}.")
        raise DataError(words.format(name=path.name, suffix=suffix, known=", ".join(sorted(known))))
    return known[suffix]


def save_walked(bridge: Bridge, path: Path, kind: SavingKind) -> str:
    """Write the model of the cursor's iteration; what was written, in a sentence. Raises GatewalkError."""
    session = bridge.session
    if kind.library:
        return _save_source(bridge, path, kind.library)
    opened = _opened(session.setup.origin)
    names = kind.names or names_for(opened)
    words = save_model(path, session.setup.network, session.parameters, names, opened)
    return tr("The model was written to {file}, under {names}.").format(file=path, names=words)


def _opened(origin: Origin | None) -> OpenedModel | None:
    """The file that the model came from, as long as it is still there and the same."""
    if origin is None or not origin.names.shapes:
        return None
    try:
        opened = open_model(origin.file, origin.answers)
    except GatewalkError:
        return None
    return opened if opened.names == origin.names else None


def _save_source(bridge: Bridge, path: Path, library: str) -> str:
    """The cell whose equations are shown, else that of the top layer."""
    network, lines = bridge.session.setup.network, bridge.frame.equations
    shown = lines[0].path.split("/")[0] if lines else ""
    block = next((each for each in network.layers if each.name == shown), network.last_layer)
    with writing(path) as file:
        file.write(source_of(block.cell, library).encode())
    words = tr("The cell “{cell}” of {block} was written to {file}.")
    return words.format(cell=block.cell.definition.name, block=block.name, file=path)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("ModelSaving", text)
