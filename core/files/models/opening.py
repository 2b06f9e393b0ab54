"""``open_model``: which reader a file goes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, cast

from core.files.models.records import Answers, OpenedModel
from core.files.reading import checked_path

Reader: TypeAlias = Callable[[Path, Answers, str], OpenedModel]  # the file, the answers, and the loss ("" for none)

# Suffix -> module and function; a module is imported only when such a file is opened.
_WEIGHTS = ("core.files.models.weights_file", "open_weights")
_KERAS = ("core.files.models.keras.opened", "open_keras")
_READERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        ".safetensors": _WEIGHTS,
        ".pt": _WEIGHTS,
        ".pth": _WEIGHTS,
        ".npz": _WEIGHTS,
        ".keras": _KERAS,
        ".h5": _KERAS,
        ".hdf5": _KERAS,
        ".onnx": ("core.files.models.onnx.model", "open_onnx"),
    }
)
SUFFIXES = tuple(_READERS)


def open_model(path: str | Path, answers: Mapping[str, str] | None = None, loss: str = "") -> OpenedModel:
    """The model in a file, with a network that ends in ``loss`` ("squared", "cross-entropy"; "" for none).

    ``answers`` to questions by key; the result says what was asked, what was taken, and which answers nobody asked
    for. Raises FileError for a file that cannot be read, ShapeError for tensors that do not fit, DataError for an
    answer that is no choice.
    """
    file = checked_path(path, SUFFIXES, "a model")
    module, function = _READERS[file.suffix.lower()]
    return cast(Reader, getattr(import_module(module), function))(file, Answers(answers), loss)
