"""The three files that Keras writes, opened: configuration (where there is one), version, and tensors by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import FileError
from core.files.models.keras.hdf5 import ADVICE, MAGIC, HdfTree, read_tree
from core.files.models.zip_file import ZipFile
from core.files.reading import unreadable
from core.tokens import shown

Array: TypeAlias = NDArray[Any]

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LARGEST_CONFIG = 2_000_000  # bytes: a network of some thousand layers
LARGEST_FILE = 4_000_000_000
LEGACY_GROUP = "model_weights"  # of a legacy file with a whole model


@dataclass(frozen=True, eq=False)
class KerasFile:
    """What stands in a file. ``config`` is None where it holds weights only; ``legacy`` where layers go by user names.

    ``root`` is the group that holds the layers of a legacy file.
    """

    name: str
    tree: HdfTree
    config: Mapping[str, Any] | None = None
    version: str = ""  # "" where the file does not say
    legacy: bool = False
    root: str = ""

    def refusal(self, message: str) -> FileError:
        """The error to raise for this file."""
        return FileError(f"{shown(self.name)}: {message}")


def read_keras_file(path: Path) -> KerasFile:
    """The file's parts, by what it begins with rather than by its name. Raises FileError."""
    try:
        with path.open("rb") as stream:
            start = stream.read(len(MAGIC))
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(path, error) from None
    if size > LARGEST_FILE:
        raise FileError(f"{shown(path.name)} has {size / 1e9:,.1f} GB, expected at most {LARGEST_FILE / 1e9:g} GB.")
    if start.startswith(b"PK") or (path.suffix.lower() == ".keras" and start != MAGIC):
        return _zipped(path)
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError as error:
        raise unreadable(path, error) from None
    return _hdf5(path.name, read_tree(data, path.name))


def _zipped(path: Path) -> KerasFile:
    archive = ZipFile(path)
    for name in (CONFIG, WEIGHTS):
        if name not in archive.names:
            held = ", ".join(map(shown, archive.names[:4])) or "nothing"
            raise archive.refusal(f"this is no Keras model: {shown(name)} is missing; it holds {held}. {ADVICE}")
    for name in (CONFIG, METADATA):
        if name in archive.names and archive.size(name) > LARGEST_CONFIG:
            raise archive.refusal(
                f"{shown(name)} has {archive.size(name):,} bytes, expected at most {LARGEST_CONFIG:,}. {ADVICE}"
            )
    config = _json(archive.read(CONFIG).tobytes(), path.name, CONFIG)
    metadata = _json(archive.read(METADATA).tobytes(), path.name, METADATA) if METADATA in archive.names else {}
    tree = read_tree(archive.read(WEIGHTS), path.name)
    return KerasFile(path.name, tree, config, str(metadata.get("keras_version", "")))


def _hdf5(name: str, tree: HdfTree) -> KerasFile:
    """A legacy file where layers are named in attributes, else the weights alone."""
    text = tree.text("", "model_config")
    root = LEGACY_GROUP if tree.names(LEGACY_GROUP, "layer_names") is not None else ""
    if tree.names(root, "layer_names") is None:
        return KerasFile(name, tree)
    version = tree.text("", "keras_version") or tree.text(root, "keras_version")
    if len(text) > LARGEST_CONFIG:
        raise FileError(f"{shown(name)}: its model_config has {len(text):,} characters, more than any model. {ADVICE}")
    config = _json(text.encode(), name, "model_config") if text else None
    return KerasFile(name, tree, config, version, legacy=True, root=root)


def _json(text: bytes, file: str, part: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except RecursionError:
        raise FileError(f"{shown(file)}: {shown(part)} is nested too deeply for a model. {ADVICE}") from None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise FileError(f"{shown(file)}: {shown(part)} is no JSON object. {ADVICE}")
    return found
