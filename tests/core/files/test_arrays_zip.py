"""The storage of snapshots: round trips, nothing lost on failure, and files that are damaged or mean harm."""

from __future__ import annotations

import io
import os
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from core.errors import FileError
from core.files import arrays_zip
from core.files.arrays_zip import read_archive, write_archive

LIMIT = 10_000_000
JSON = b'{"format": 1}'
RANDOM = np.random.default_rng(5)
ARRAYS = {
    "l0/h": RANDOM.standard_normal((50, 1, 8)),
    "grad/param/l0/W_f": RANDOM.standard_normal((8, 3)).astype(np.float32),
    "l0.reverse/c": np.zeros((20, 4)),
    "loss": np.asarray([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    "targets": np.asarray([1, -1, 3]),
    "reached": np.asarray([True, False]),
    "updates": np.asarray(7, dtype=np.int64),
    "empty": np.zeros((0, 3)),
    "roots": np.asarray([1 + 2j]),
    "param/重/δ": np.ones(2, dtype=np.float16),
    "fortran": np.asfortranarray(RANDOM.standard_normal((3, 4))),
    "sliced": np.arange(10.0)[::3],
}


def npy_bytes(array: np.ndarray, *, version: tuple[int, int] = (1, 0), pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    npy.write_array(stream, array, version=version, allow_pickle=pickled)
    return stream.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    """A .npy of any header."""
    return npy.MAGIC_PREFIX + b"\x01\x00" + struct.pack("<H", len(text)) + text.encode() + body


def make_zip(path: Path, members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in [("session.json", JSON), *members]:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "walk.gatewalk"


# --- round trips -----------------------------------------------------------------------------------------------------


def test_what_was_written_is_read(target: Path) -> None:
    write_archive(target, JSON, ARRAYS)
    json_bytes, arrays = read_archive(target, limit_bytes=LIMIT)
    assert json_bytes == JSON
    assert list(arrays) == list(ARRAYS)
    for key, array in arrays.items():
        assert array.dtype == ARRAYS[key].dtype
        assert array.shape == ARRAYS[key].shape
        assert array.tobytes() == ARRAYS[key].tobytes(), key
        assert not array.flags.writeable


def test_numpy_reads_it_by_itself(target: Path) -> None:
    write_archive(target, JSON, ARRAYS)
    with np.load(target) as file:
        np.testing.assert_array_equal(file["l0/h"], ARRAYS["l0/h"])
        np.testing.assert_array_equal(file["param/重/δ"], ARRAYS["param/重/δ"])


def test_fortran_order_from_elsewhere_is_read(target: Path) -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    _, arrays = read_archive(make_zip(target, [("a.npy", npy_bytes(array))]), limit_bytes=LIMIT)
    np.testing.assert_array_equal(arrays["a"], array)


def test_the_same_session_gives_the_same_bytes(target: Path, tmp_path: Path) -> None:
    write_archive(target, JSON, ARRAYS)
    write_archive(tmp_path / "again", JSON, ARRAYS)
    assert target.read_bytes() == (tmp_path / "again").read_bytes()


def test_zeros_are_deflated_and_dense_floats_stored(target: Path) -> None:
    write_archive(target, JSON, {"dense": RANDOM.standard_normal(1000), "zeros": np.zeros(1000)})
    with zipfile.ZipFile(target) as archive:
        assert archive.getinfo("dense.npy").compress_type == zipfile.ZIP_STORED
        assert archive.getinfo("zeros.npy").compress_size < 200


def test_other_members_are_left_alone(target: Path) -> None:
    make_zip(target, [("notes/", b""), ("notes/read me.txt", b"hello"), ("a.npy", npy_bytes(np.ones(1)))])
    assert list(read_archive(target, limit_bytes=LIMIT)[1]) == ["a"]


# --- writing that fails ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError("defect")])
@pytest.mark.parametrize("place", ["write_array", "fsync"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    target: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, place: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    write_archive(target, JSON, ARRAYS)
    before = target.read_bytes()
    monkeypatch.setattr(arrays_zip.npy if place == "write_array" else os, place, fail)
    with pytest.raises(FileError if isinstance(error, OSError) else type(error), match=r"No space|defect|^$"):
        write_archive(target, b"{}", {"a": np.ones(3)})
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize("key", ["../a", "/a", "a//b", "", "l0/", "a\\b", "C:/a", "a\nb", "a/./b", "x" * 2000, "a\0b"])
def test_keys_that_are_no_safe_names(target: Path, key: str) -> None:
    with pytest.raises(FileError, match="cannot be written: its name"):
        write_archive(target, JSON, {key: np.ones(1)})
    assert not list(target.parent.iterdir())


@pytest.mark.parametrize("array", [np.asarray([None]), np.asarray(["a"]), np.ones(2, dtype=">f8"), np.ones(1, "f8,i4")])
def test_arrays_that_are_not_plain_numbers(target: Path, array: np.ndarray) -> None:
    with pytest.raises(FileError, match="only plain numbers"):
        write_archive(target, JSON, {"a": array})
    assert not list(target.parent.iterdir())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        write_archive(tmp_path / "nowhere" / "a.gatewalk", JSON, {})


@pytest.mark.skipif(os.name == "nt", reason="links and modes are those of POSIX")
def test_links_and_permissions_are_kept(target: Path, tmp_path: Path) -> None:
    write_archive(target, JSON, {})
    target.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(target)
    write_archive(link, b"[]", {})
    assert link.is_symlink()
    assert read_archive(target, limit_bytes=LIMIT)[0] == b"[]"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


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


def peak_of(function: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_bomb_that_says_so(target: Path) -> None:
    make_zip(target, [("a.npy", npy_bytes(np.zeros(5_000_000)))], zipfile.ZIP_DEFLATED)
    assert target.stat().st_size < 50_000
    assert peak_of(lambda: refused(target, r"would take 40 MB of memory, 10 MB are allowed")) < 1_000_000


def test_many_members_count_together(target: Path) -> None:
    write_archive(target, JSON, {f"a{n}": np.ones(100) for n in range(5)})
    refused(target, "are allowed", limit_bytes=3000)


def test_a_bomb_that_hides_its_size(target: Path) -> None:
    make_zip(target, [("a.npy", npy_bytes(np.zeros(5_000_000)))], zipfile.ZIP_DEFLATED)
    whole = bytearray(target.read_bytes())
    entry = whole.rindex(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    target.write_bytes(whole)
    assert peak_of(lambda: refused(target, r"'a\.npy'")) < 3_000_000


def test_a_stored_member_larger_than_the_file(target: Path) -> None:
    make_zip(target, [("a.npy", npy_bytes(np.zeros(10)))])
    whole = bytearray(target.read_bytes())
    entry = whole.rindex(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = struct.pack("<I", 9_000_000)
    target.write_bytes(whole)
    refused(target, "said to have 9000000")


def test_too_many_members(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(target, JSON, {f"a{n}": np.zeros(0) for n in range(100)})
    monkeypatch.setattr(arrays_zip, "_LARGEST_READ", 5000)
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
