"""The network of a snapshot with its numbers, without the walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from core.files.snapshot.load import LOAD_LIMIT_BYTES, restored
from core.language import with_loss
from core.network import LOSS, Network
from core.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A network, the parameters of the iteration the cursor is in, and the words it reads (None: numbers)."""

    network: Network
    parameters: Mapping[str, NDArray[Any]]
    vocabulary: Vocabulary | None
    iteration: int = 0  # that of the cursor


def read_model(path: str | Path, *, loss: str = "", limit_bytes: int = LOAD_LIMIT_BYTES) -> SavedModel:
    """The model in a snapshot; with ``loss`` its readout gets that loss. Raises FileError, LanguageError."""
    state = restored(path, limit_bytes)
    number = state.document.cursor.iteration
    setup = state.branch.owner(number).setup
    network = setup.network if loss in ("", setup.network.loss) else _with_loss(setup.network, loss)
    return SavedModel(network, state.branch.iteration(number).parameters, setup.sequence.vocabulary, number)


def _with_loss(network: Network, loss: str) -> Network:
    cell = network.head.cell
    readout = with_loss(cell.definition, loss)
    head = replace(network.head, cell=replace(cell, definition=readout), ends=frozenset({LOSS}))
    return Network(network.layers, head, loss, network.padding)
