"""Keras files that are damaged or mean harm end in one sentence, within a second and little memory; nothing is run."""

from __future__ import annotations

import contextlib
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.errors import GatewalkError
from core.files.models import open_model
from tests.core.files.models.keras.files import CONFIG, FOLDER, SOURCE, WEIGHTS, refused, rewritten, weights_of


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A good file of weights, to be spoilt."""
    return weights_of(SOURCE, tmp_path / "model.weights.h5")


# --- cut off, changed, or something else -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [SOURCE, "both_last.h5", "both_last.weights.h5"])
def test_cut_off_anywhere(tmp_path: Path, name: str) -> None:
    whole = (FOLDER / name).read_bytes()
    target = tmp_path / name
    for length in [1, 4, 7, 8, 40, 95, *range(100, len(whole) - 1, 1499)]:
        target.write_bytes(whole[:length])
        refused(target, "cut off|not an HDF5|damaged")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.weights.h5"])
def test_empty_or_something_else(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_bytes(b"")
    refused(target, "empty|cut off")
    target.write_bytes(b"\x89PNG\r\n\x1a\n" * 50)
    refused(target, "not an HDF5|no zip")


def test_a_changed_byte_is_refused_or_harmless(tmp_path: Path) -> None:
    """Whatever byte is changed, opening ends soon and raises nothing but what people can read."""
    whole = (FOLDER / "both_last.h5").read_bytes()
    target = tmp_path / "changed.h5"
    for place in range(0, len(whole), 149):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        target.write_bytes(damaged)
        began = time.thread_time()
        with contextlib.suppress(GatewalkError):
            open_model(target)
        assert time.thread_time() - began < 1.0


# --- what an HDF5 file may declare -----------------------------------------------------------------------------------


def _declared(shape: tuple[int, ...], **options: Any) -> Callable[[h5py.Group], None]:
    return lambda group: group.create_dataset("0", shape, dtype="f4", **options)


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (_declared((1 << 40,)), "never written|takes"),
        (_declared((1 << 20, 1 << 20)), "never written|takes"),
        (_declared((1 << 30,), chunks=(1 << 20,)), "cut into pieces"),
        (_declared((1 << 24,), chunks=(1 << 20,), compression="gzip", fillvalue=1.0), "compressed"),
        (_declared((4,), external=[("/etc/passwd", 0, 16)]), "another file"),
        (lambda group: group.__setitem__("0", h5py.SoftLink("/layers/lstm/cell/vars/1")), "link"),
        (lambda group: group.__setitem__("0", h5py.ExternalLink("/etc/passwd", "/")), "link"),
        (lambda group: group.__setitem__("0", group.parent), "another name"),
    ],
)
def test_tensors_that_are_elsewhere_or_larger_than_the_file(
    weights: Path, spoil: Callable[[h5py.Group], None], match: str
) -> None:
    with h5py.File(weights, "r+") as root:
        group = root["layers/lstm/cell/vars"]
        del group["0"]
        spoil(group)
    refused(weights, match)


def test_a_compressed_tensor_of_zeros_is_not_unpacked(weights: Path) -> None:
    with h5py.File(weights, "r+") as root:
        group = root["layers/lstm/cell/vars"]
        del group["0"]
        group.create_dataset("0", data=np.zeros((1500, 1500)), compression="gzip", chunks=(1500, 1500))
    assert weights.stat().st_size < 200_000
    refused(weights, "compressed")


def test_a_virtual_tensor_is_not_followed(weights: Path) -> None:
    layout = h5py.VirtualLayout((2, 12), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2, 12), "f4")
    with h5py.File(weights, "r+") as root:
        group = root["layers/lstm/cell/vars"]
        del group["0"]
        group.create_virtual_dataset("0", layout)
    refused(weights, "laid out|cut into pieces|newer")


def test_names_that_all_point_at_one_long_text_are_not_copied(tmp_path: Path) -> None:
    """A list of 3,001 names of any length, each of them the same text of a million letters."""
    target = tmp_path / "names.h5"
    with h5py.File(target, "w") as root:
        root.attrs["layer_names"] = ["x" * 1_000_000] + ["y" * 16] * 3_000
    data = target.read_bytes()
    place = data.index((1_000_000).to_bytes(4, "little"))  # where the first name says how long it is, and where
    entry = data[place : place + 16]
    target.write_bytes(data[:place] + entry * 3_001 + data[place + 16 * 3_001 :])
    refused(target, "names take more bytes")


def test_groups_inside_each_other_without_end(tmp_path: Path) -> None:
    target = tmp_path / "deep.weights.h5"
    with h5py.File(target, "w") as root:
        group = root
        for _ in range(60):
            group = group.create_group("a")
    refused(target, "more groups")


def test_the_newest_structures_are_named(tmp_path: Path) -> None:
    target = tmp_path / "new.weights.h5"
    with h5py.File(target, "w", libver="latest") as root:
        root["layers/lstm/cell/vars/0"] = np.zeros((2, 4))
    refused(target, "newer structure")


# --- what a zip may hold ---------------------------------------------------------------------------------------------


def _zip(target: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target


def _members() -> dict[str, bytes]:
    with zipfile.ZipFile(FOLDER / SOURCE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("member", [CONFIG, WEIGHTS, "metadata.json"])
def test_zip_bombs(tmp_path: Path, member: str) -> None:
    members = {**_members(), member: b"[" + b" " * 60_000_000}
    target = _zip(tmp_path / "bomb.keras", members, zipfile.ZIP_DEFLATED)
    assert target.stat().st_size < 200_000
    refused(target, "would unpack")


@pytest.mark.parametrize("name", ["../evil.h5", "/etc/evil", "C:\\evil", "a/../../b"])
def test_path_tricks(tmp_path: Path, name: str) -> None:
    refused(_zip(tmp_path / "tricks.keras", {**_members(), name: b"x"}), "cannot be accepted")


@pytest.mark.parametrize("member", [CONFIG, WEIGHTS])
def test_a_missing_member(tmp_path: Path, member: str) -> None:
    members = _members()
    del members[member]
    refused(_zip(tmp_path / "part.keras", members), "is missing")


@pytest.mark.parametrize(
    ("config", "match"),
    [
        (b"\xff\xfe", "no JSON object"),
        (b"[1, 2]", "no JSON object"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b"{}", "of the class"),
        (b'{"class_name": "Sequential", "config": {"layers": []}}', "lists no layers"),
        (b'{"class_name": "Sequential", "config": {"layers": [7]}}', "makes no sense"),
    ],
)
def test_configurations_that_make_no_sense(tmp_path: Path, config: bytes, match: str) -> None:
    refused(_zip(tmp_path / "config.keras", {**_members(), CONFIG: config}), match)


def test_a_deep_but_readable_configuration(tmp_path: Path) -> None:
    """Nested nearly as deep as JSON is read, where what a layer reads is looked for."""

    def change(table: dict[str, Any]) -> None:
        nodes: list[Any] = []
        for _ in range(900):
            nodes = [nodes]
        table["config"]["layers"][1]["inbound_nodes"] = nodes

    refused(rewritten("rnn_functional.keras", tmp_path / "deep.keras", change), "nested too deeply|chain|inputs")
