"""The storage of snapshots: round trips, and nothing lost on failure."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.errors import FileError
from core.files import arrays_zip
from core.files.arrays_zip import read_archive, write_archive
from tests.core.files.archives import JSON, make_zip, npy_bytes

LIMIT = 10_000_000
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
