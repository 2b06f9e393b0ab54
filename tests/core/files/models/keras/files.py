"""Keras's stored models and what Keras computed with them, for the tests."""

from __future__ import annotations

import json
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import FileError, GatewalkError
from core.files.models import OpenedModel, open_model
from core.problem import Problem
from core.run import Run

Array = NDArray[Any]
FOLDER = Path(__file__).parents[4] / "data" / "keras"
TOLERANCES = {"rtol": 1e-10, "atol": 1e-13}  # both compute in float64
SLACK = 4_000_000  # bytes of Python itself: modules, cells, messages
SOURCE = "lstm_dense.keras"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def reference(name: str) -> dict[str, Array]:
    """What Keras computed."""
    with np.load(FOLDER / f"{name}.npz") as archive:
        return dict(archive)


def opened(file: str, answers: Mapping[str, str] | None = None) -> OpenedModel:
    return open_model(FOLDER / file, answers, loss="squared")


def walked(model: OpenedModel, wanted: Mapping[str, Array], *, masked: bool = False) -> Run:
    """The walk over the reference's input, with its targets; masked ones by their lengths."""
    x, y = wanted["x"], wanted["target"]
    inputs = np.eye(model.network.inputs)[x] if x.ndim == 2 else x
    steps, batch = inputs.shape[:2]
    if y.ndim == 2:  # the model gives its last step only
        targets = np.zeros((steps, batch, y.shape[1]))
        targets[-1] = y
        weights = np.zeros((steps, batch))
        weights[-1] = 1.0
    else:
        targets, weights = y, np.ones((steps, batch))
    lengths = wanted["lengths"].astype(np.intp) if masked else None
    if lengths is not None and y.ndim == 3:
        weights = (np.arange(steps)[:, None] < lengths).astype(float)
    if lengths is not None and y.ndim == 2:  # the last step of each sequence
        weights = (np.arange(steps)[:, None] == lengths - 1).astype(float)
        targets = np.broadcast_to(y, targets.shape)
    problem = Problem(model.network, model.parameters, inputs, targets, weights, lengths=lengths)
    return Run(problem).complete()


def rewritten(source: str, target: Path, change: Callable[[dict[str, Any]], Any], member: str = CONFIG) -> Path:
    """A stored ``.keras`` file with one of its JSON members changed."""
    with zipfile.ZipFile(FOLDER / source) as archive, zipfile.ZipFile(target, "w") as new:
        for name in archive.namelist():
            data = archive.read(name)
            if name == member:
                table = json.loads(data)
                table = change(table) or table
                data = json.dumps(table).encode()
            new.writestr(name, data)
    return target


def weights_of(source: str, target: Path) -> Path:
    """The weights alone of a stored ``.keras`` file, as ``save_weights`` writes them."""
    with zipfile.ZipFile(FOLDER / source) as archive:
        target.write_bytes(archive.read(WEIGHTS))
    return target


def refused(path: Path, match: str, kind: type[GatewalkError] = FileError) -> str:
    """The one sentence or two with which the file is refused."""
    tracemalloc.start()
    began = time.thread_time()
    try:
        with pytest.raises(kind, match=match) as caught:
            open_model(path)
        taken, peak = time.thread_time() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < 1.0
    assert peak <= 4 * path.stat().st_size + SLACK
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    assert message.endswith(".")
    return message
