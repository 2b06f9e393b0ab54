"""Where networks came from, as records, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.files.models.layout import Layout, Piece
from core.files.snapshot.records import Add, Get, OriginRecord, PieceRecord
from core.network import Network
from core.origin import Origin

Array = NDArray[Any]
_INITIAL = "initial/"


def origin_record(origin: Origin, add: Add) -> OriginRecord:
    """An origin; its arrays go to ``add``."""
    pieces = [
        PieceRecord(piece.tensor, piece.parameter, piece.part, piece.place, piece.transposed)
        for piece in origin.names.pieces
    ]
    return OriginRecord(
        origin.file,
        origin.found,
        origin.remarks,
        dict(origin.answers),
        pieces,
        {name: tuple(shape) for name, shape in origin.names.shapes.items()},
        {path: add(rows) for path, rows in origin.initial.items()},
        {name: add(tensor) for name, tensor in origin.tensors.items()},
    )


def origin_of(record: OriginRecord, network: Network, get: Get) -> Origin:
    """The origin, with its names checked against the network. Raises DataError, KeyError."""
    initial = {path: get(ref) for path, ref in record.initial.items()}
    tensors = {name: get(ref) for name, ref in record.tensors.items()}
    known = {path: rows.shape for path, rows in network.initial_states(1).items()}
    for path, rows in initial.items():
        if path not in known or rows.ndim != 3 or (rows.shape[0], rows.shape[2]) != (known[path][0], known[path][2]):
            raise DataError(f"the model file's initial value of {path} has shape {rows.shape}")
    for name, tensor in tensors.items():
        if tensor.shape != record.shapes.get(name):
            raise DataError(f"the model file's tensor {name} has shape {tensor.shape}")
    shapes = {**network.parameter_shapes, **{_INITIAL + path: rows.shape for path, rows in initial.items()}}
    for entry in record.pieces:
        _check(entry, record.shapes, shapes)
    pieces = tuple(Piece(e.tensor, e.parameter, e.part, e.place, e.transposed) for e in record.pieces)
    names = Layout(pieces, record.shapes)
    return Origin(record.file, record.found, record.remarks, record.answers, names, initial, tensors)


def _check(entry: PieceRecord, tensors: Mapping[str, tuple[int, ...]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuses a piece that is no part of its tensor, or does not fit where it belongs; no memory is taken for it."""
    piece = Piece(entry.tensor, entry.parameter, entry.part, entry.place, entry.transposed)
    try:
        part = piece.of(np.broadcast_to(0.0, tensors[piece.tensor])).shape
        place = piece.within(np.broadcast_to(0.0, shapes[piece.parameter])).shape
    except (KeyError, IndexError, ValueError):
        raise DataError(f"a piece of {piece.tensor} for {piece.parameter} is not there") from None
    if part != place:
        raise DataError(f"a piece of {piece.tensor} has shape {part}, its place in {piece.parameter} {place}")
