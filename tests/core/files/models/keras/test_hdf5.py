"""HDF5 files are read as h5py reads them: every tensor, every name, whatever the size of the groups."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from core.files.models.keras.hdf5 import HdfTree, read_tree
from tests.core.files.models.keras.files import FOLDER


def _read(path: Path) -> HdfTree:
    return read_tree(np.fromfile(path, dtype=np.uint8), path.name)


def _compare(path: Path) -> int:
    """How many tensors are in the file; each is the same here and in h5py."""
    tree, seen = _read(path), []

    def visit(name: str, found: h5py.Group | h5py.Dataset) -> None:
        if isinstance(found, h5py.Dataset):
            seen.append(name)
            assert tree.tensors[name].shape == found.shape
            np.testing.assert_array_equal(tree.tensors[name].load(), found[()])

    with h5py.File(path) as root:
        root.visititems(visit)
    assert list(tree.tensors) == seen
    return len(seen)


@pytest.mark.parametrize("name", ["both_last.h5", "both_last.weights.h5"])
def test_files_of_keras(name: str) -> None:
    assert _compare(FOLDER / name) >= 8


def test_types_shapes_and_byte_orders(tmp_path: Path) -> None:
    target = tmp_path / "types.h5"
    generator = np.random.default_rng(3)
    with h5py.File(target, "w") as root:
        for kind in ("f2", "f4", "f8", ">f4", ">f8", "i1", "i2", "i4", "i8", "u1", "u4", ">i4", "u8"):
            root[f"a/{kind}"] = (generator.normal(0, 9, (2, 3)) if "f" in kind else np.arange(6)).astype(kind)
        root["scalar"] = 2.5
        root["empty"] = np.zeros((0, 3))
        root.create_dataset("inside", data=np.arange(4.0), dcpl=_compact())
    assert _compare(target) == 16


def _compact() -> h5py.h5p.PropDCID:
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.COMPACT)
    return layout


def test_groups_of_many_members_and_lists_of_many_names(tmp_path: Path) -> None:
    target = tmp_path / "many.h5"
    names = [f"layer_{number}" for number in range(1200)]
    with h5py.File(target, "w") as root:
        for number, name in enumerate(names):
            root[f"model_weights/{name}/w"] = np.full(2, number, dtype="f4")
        group = root["model_weights"]
        group.attrs["layer_names0"] = np.array([name.encode() for name in names[:700]], dtype="S")
        group.attrs["layer_names1"] = [name.encode() for name in names[700:]]
        group.attrs["unwanted"] = np.arange(5)
        root.attrs["model_config"] = "é" * 40_000
    assert _compare(target) == 1200
    tree = _read(target)
    assert tree.names("model_weights", "layer_names") == tuple(names)
    assert tree.text("", "model_config") == "é" * 40_000
    assert tree.names("", "layer_names") is None


def test_texts_of_every_kind(tmp_path: Path) -> None:
    target = tmp_path / "texts.h5"
    with h5py.File(target, "w") as root:
        root.attrs["keras_version"] = np.bytes_("2.4.0")
        root.attrs["backend"] = "torch"
        root.attrs["weight_names"] = h5py.Empty("S1")
        root.attrs["name"] = 7
    tree = _read(target)
    assert (tree.text("", "keras_version"), tree.text("", "backend"), tree.text("", "name")) == ("2.4.0", "torch", "")
    assert tree.names("", "weight_names") == ()
