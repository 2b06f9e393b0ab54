"""The storage of snapshots reads with suspicion: files that are damaged or mean harm."""

from __future__ import annotations

import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import FileError
from core.files import zip_members
from core.files.arrays_zip import read_archive, write_archive
from tests.core.files.archives import JSON, header, make_zip, npy_bytes

LIMIT = 10_000_000


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "walk.gatewalk"


# --- files that cannot be read ---------------------------------------------------------------------------------------


def refused(path: Path, match: str, limit_bytes: int = LIMIT) -> None:
    with pytest.raises(FileError, match=match) as caught:
        read_archive(path, limit_bytes=limit_bytes)
    assert str(path) in str(caught.value)


def test_not_there_a_folder_empty_or_something_else(target: Path) -> None:
    refused(target, "cannot be read")
    refused(target.parent, "cannot be read")
    target.write_bytes(b"")
    refused(target, "empty")
    target.write_bytes(b"\x89PNG\r\n" * 20)
    refused(target, "not a Gatewalk session")


def test_cut_off_anywhere(target: Path) -> None:
    write_archive(target, JSON, {"a": np.ones(30)})
    whole = target.read_bytes()
    for length in range(4, len(whole), 7):
        target.write_bytes(whole[:length])
        refused(target, "cut off")


def test_any_changed_byte_is_noticed_or_harmless(target: Path) -> None:
    """Every error is a FileError, and no array comes back other than it was written."""
    write_archive(target, JSON, {"a": np.arange(9.0), "b": np.zeros(90)})
    whole = target.read_bytes()
    for place in range(len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[place] ^= flip
            target.write_bytes(damaged)
            try:
                json_bytes, arrays = read_archive(target, limit_bytes=LIMIT)
            except FileError:
                continue
            assert json_bytes == JSON
            for array in arrays.values():
                assert array.tobytes() in (np.arange(9.0).tobytes(), np.zeros(90).tobytes())


def test_bad_checksum(target: Path) -> None:
    write_archive(target, JSON, {"a": np.full(3, 1.5)})
    whole = target.read_bytes()
    target.write_bytes(whole.replace(struct.pack("<d", 1.5), struct.pack("<d", 1.25), 1))
    refused(target, r"damaged in 'a\.npy': Bad CRC")


def test_no_session(target: Path) -> None:
    np.savez(target.with_suffix(".npz"), a=np.ones(1))
    refused(target.with_suffix(".npz"), r"holds no 'session\.json'")


@pytest.mark.parametrize("name", ["../a.npy", "/a.npy", "a/../b.npy", "C:\\a.npy", "c:/a.npy", "a//b.npy", ".npy"])
def test_names_that_lead_elsewhere(target: Path, name: str) -> None:
    refused(make_zip(target, [(name, npy_bytes(np.ones(1)))]), "cannot be accepted: its name")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice(target: Path) -> None:
    array = npy_bytes(np.ones(1))
    refused(make_zip(target, [("a.npy", array), ("a.npy", array)]), "occurs twice")
    refused(make_zip(target, [("session.json", b"{}")]), "occurs twice")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(target: Path, method: int) -> None:
    refused(make_zip(target, [], method), f"compressed by method {method}")


def test_encrypted_members(target: Path) -> None:
    make_zip(target, [])
    whole = target.read_bytes()
    entry = whole.index(b"PK\x01\x02")
    target.write_bytes(whole[: entry + 8] + b"\x01" + whole[entry + 9 :])
    refused(target, "encrypted")


# --- sizes -----------------------------------------------------------------------------------------------------------


BOMB_BYTES = 40_000_000
HARMLESS = BOMB_BYTES // 8


def peak_of(function: Callable[[], None]) -> int:
    """The most memory a call takes the second time, when whatever it imports and caches is there."""
    function()
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_that_says_so(target: Path) -> None:
    make_zip(target, [("a.npy", npy_bytes(np.zeros(BOMB_BYTES // 8)))], zipfile.ZIP_DEFLATED)
    assert target.stat().st_size < 50_000
    assert peak_of(lambda: refused(target, r"would take 40 MB of memory, 10 MB are allowed")) < HARMLESS


def test_many_members_count_together(target: Path) -> None:
    write_archive(target, JSON, {f"a{n}": np.ones(100) for n in range(5)})
    refused(target, "are allowed", limit_bytes=3000)


def test_a_bomb_that_hides_its_size(target: Path) -> None:
    make_zip(target, [("a.npy", npy_bytes(np.zeros(BOMB_BYTES // 8)))], zipfile.ZIP_DEFLATED)
    whole = bytearray(target.read_bytes())
    entry = whole.rindex(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    target.write_bytes(whole)
    assert peak_of(lambda: refused(target, r"'a\.npy'")) < HARMLESS


def test_a_stored_member_larger_than_the_file(target: Path) -> None:
    make_zip(target, [("a.npy", npy_bytes(np.zeros(10)))])
    whole = bytearray(target.read_bytes())
    entry = whole.rindex(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = struct.pack("<I", 9_000_000)
    target.write_bytes(whole)
    refused(target, "said to have 9000000")


def test_too_many_members(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(target, JSON, {f"a{n}": np.zeros(0) for n in range(100)})
    monkeypatch.setattr(zip_members, "_LARGEST_READ", 5000)
    refused(target, "list of members: it is too long")


# --- arrays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (npy_bytes(np.asarray([None]), pickled=True), "only plain numbers"),
        (npy_bytes(np.ones(2, dtype=">f8")), "type >f8"),
        (npy_bytes(np.ones(2, dtype=np.longdouble)), "only plain numbers"),
        (npy_bytes(np.asarray(["text"])), "only plain numbers"),
        (npy_bytes(np.ones(2, dtype="f8,i4")), "type record"),
        (npy_bytes(np.asarray(["2020-01-01"], dtype="M8[D]")), "only plain numbers"),
        (npy_bytes(np.ones(2), version=(2, 0)), "version 2.0"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,)}\n"), "takes 80000000000 bytes"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}\n", bytes(8)), "shape"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 10000000000000000000000)}\n"), "damaged"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}\n", bytes(15)), "takes 16 bytes, got 15"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}\n", bytes(17)), "takes 16 bytes, got 17"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,)}\n"), "header"),
        (header("__import__('os').getcwd()"), "header"),
        (header("(" * 9000), "header"),
        (header("{" + " " * 60000), "header"),
        (header("")[:9], "no NumPy array"),
        (b"hello world, not an array", "no NumPy array"),
        (b"", "no NumPy array"),
    ],
)
def test_members_that_are_not_the_arrays_they_say(target: Path, content: bytes, match: str) -> None:
    refused(make_zip(target, [("l0/a.npy", content)]), match)
