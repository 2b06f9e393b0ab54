"""Files that people have become sequences; every bad one gets one clear sentence, quickly."""

from __future__ import annotations

import io
import os
import pickle
import time
import tracemalloc

import numpy as np
import pytest
from numpy.lib import format as npy

from core.errors import DataError, FileError, GatewalkError, ShapeError
from core.files.sequences import read_array, read_sequence
from core.sequence import Vocabulary

WORDS = Vocabulary(("the", "cats", "sat", "猫"))


def written(tmp_path, name, content):
    """A file with ``content``: bytes, text or an array."""
    path = tmp_path / name
    if isinstance(content, np.ndarray):
        np.save(path, content)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(path, error=GatewalkError, **named):
    """The sentence with which the file is refused; it must name the file."""
    with pytest.raises(error) as caught:
        read_sequence(path, **named)
    assert path.name in str(caught.value)
    assert str(caught.value).endswith((".", ")"))
    return str(caught.value)


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_in_every_accepted_encoding(tmp_path, encoding):
    path = written(tmp_path, "story.txt", "The cats sat. 猫\r\n".encode(encoding))
    sequence = read_sequence(path, vocabulary=WORDS)
    assert sequence.tokens == ("the", "cats", "sat", "猫")
    assert sequence.name == "story"


def test_big_endian_utf_16_and_upper_case_suffix(tmp_path):
    path = written(tmp_path, "A.TXT", b"\xfe\xff" + "ab".encode("utf-16-be"))
    assert read_sequence(path, kind="characters").tokens == ("a", "b")


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"abc\xe9d", "0xe9 at byte offset 3"),
        (b"\xef\xbb\xbfab\xff", "0xff at byte offset 5"),
        (b"\xff\xfea\x00\x00\xdcb\x00", "byte offset 4"),
        (b"\xff\xfea\x00b", "byte offset 4"),
        (b"ab\x00", "zero stands at byte offset 2"),
        ("ab".encode("utf-32"), "UTF-32"),
    ],
)
def test_other_encodings_are_refused_with_the_offset(tmp_path, data, offset):
    message = refusal(written(tmp_path, "bad.txt", data), FileError)
    assert offset in message
    assert "UTF-8" in message


def test_unknown_words_and_wrong_widths_name_the_file(tmp_path):
    path = written(tmp_path, "story.txt", "the cat sat")
    assert "“cat” (near: “cats”" in refusal(path, DataError, vocabulary=WORDS)
    assert "expected 7" in refusal(written(tmp_path, "b.txt", "the cats"), ShapeError, vocabulary=WORDS, width=7)


def test_numbers_in_a_text_file(tmp_path):
    path = written(tmp_path, "wave.txt", "0.5 1.5\n2.5 3.5\n")
    assert read_sequence(path).inputs[:, 0].tolist() == [[0.5, 1.5], [2.5, 3.5]]
    assert read_sequence(path, kind="words").kind == "words"


# Tables


@pytest.mark.parametrize(
    "text",
    [
        "1,2.5\n3,-4e1\n",
        "a,b\n1,2.5\n3,-4e1\n",
        '"a";"b"\r\n1;2.5\r\n3;-4e1',
        "1;2,5\n3;-40",
        "1\t2,5\n\n3\t\u221240\n",
        "1 2.5\n3   -40",
        "1,2.5,\n3,-40,\n",
        "\ufeff1, 2.5\n 3, -40",
    ],
)
def test_every_way_to_write_a_table(tmp_path, text):
    path = written(tmp_path, "table.csv", text)
    assert read_sequence(path).inputs.tolist() == [[[1.0, 2.5]], [[3.0, -40.0]]]
    assert read_array(path).tolist() == [[1.0, 2.5], [3.0, -40.0]]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a,b\n1,2\n3,x\n", "Line 3, column 2 is “x”, expected a number"),
        ("1,2\n3,nan\n", "Line 2, column 2 is “nan”, expected a finite number"),
        ("1,2\n\n-inf,1\n", "Line 3, column 1 is “-inf”, expected a finite number"),
        ("1,1e999\n", "Line 1, column 2 is “1e999”, expected a finite number"),
        ("1,2\n,3\n", "Line 2, column 1 is empty"),
        ("1,2\n3\n", "Line 2 has 1 column, expected 2 as in line 1"),
        ("a,2\n1,2\n", "Line 1, column 1 is “a”"),
        ("1,1_000\n", "“1_000”"),
        ('1,"2\n3,4\n', "Line 1 has a quotation mark"),
        ("a,b\n", "header but no numbers"),
        ("\n \n", "empty"),
    ],
)
def test_bad_tables_are_refused_with_line_and_column(tmp_path, text, part):
    assert part in refusal(written(tmp_path, "t.csv", text), DataError)


def test_a_table_of_the_wrong_width(tmp_path):
    path = written(tmp_path, "t.csv", "1,2\n3,4\n")
    assert "Got 2 numbers per step, expected 3" in refusal(path, ShapeError, width=3)
    assert "expected 4" in refusal(path, ShapeError, vocabulary=WORDS)


# NumPy arrays


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", "i1", "u2", ">i8", "?"])
@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 2, 3)])
def test_arrays_of_every_real_type(tmp_path, dtype, shape):
    array = (np.arange(np.prod(shape)).reshape(shape) % 2).astype(dtype)
    path = written(tmp_path, "a.npy", array)
    sequence = read_sequence(path)
    assert sequence.inputs.dtype == np.float64
    np.testing.assert_array_equal(sequence.inputs.ravel(), array.ravel())
    read = read_array(path)
    assert read.shape == shape
    assert read.dtype == (np.float64 if np.dtype(dtype).kind == "f" else np.int64)


def test_column_major_arrays_and_scalars(tmp_path):
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(read_array(written(tmp_path, "f.npy", array)), array)
    assert read_array(written(tmp_path, "s.npy", np.array(2.0))).shape == ()
    assert "0 axes" in refusal(tmp_path / "s.npy", ShapeError)


class _Trap:
    """Would run code when unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("trapped",))


def test_objects_are_refused_and_nothing_in_a_file_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    objects = np.array([_Trap()], dtype=object)
    assert "Python objects" in refusal(written(tmp_path, "o.npy", objects), DataError)
    assert "something else" in refusal(written(tmp_path, "p.npy", pickle.dumps(_Trap())), FileError)
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize(
    ("array", "part"),
    [
        (np.array([1 + 2j]), "complex numbers"),
        (np.array(["a"]), "texts"),
        (np.zeros(2, "M8[s]"), "dates"),
        (np.zeros(2, [("a", "f8")]), "named fields"),
        (np.zeros((0, 3)), "empty"),
        (np.zeros((1, 1, 1, 1)), "4 axes"),
        (np.array([[0.0, 1.0], [np.nan, 0.0]]), "NaN in row 2, column 1"),
        (np.array([0.0, np.inf]), "an infinite number in row 2, column 1"),
        (np.zeros(20_001), "20,001 steps"),
    ],
)
def test_arrays_that_cannot_be_a_sequence(tmp_path, array, part):
    assert part in refusal(written(tmp_path, "a.npy", array))


def test_a_truncated_array_is_refused_at_every_length(tmp_path):
    whole = written(tmp_path, "whole.npy", np.arange(3.0)).read_bytes()
    for length in range(1, len(whole), 7):
        message = refusal(written(tmp_path, "cut.npy", whole[:length]), FileError)
        assert "cut off" in message


def test_a_header_that_promises_too_much_costs_no_memory(tmp_path):
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)})
    assert "at most 16,000,000" in refusal(written(tmp_path, "huge.npy", header.getvalue()), DataError)
    text = header.getvalue().replace(b"1000000,", b"-100000,")
    assert "damaged" in refusal(written(tmp_path, "minus.npy", text), FileError)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"PK\x03\x04rest", ".npz archive"),
        (b"hello", "something else"),
        (b"\x93NUMPY\x09\x00rest", "version 9.0"),
        (b"\x93NUMPY\x01\x00\x05\x00{{{{{", "damaged"),
    ],
)
def test_files_that_are_no_arrays(tmp_path, data, part):
    assert part in refusal(written(tmp_path, "a.npy", data), FileError)


# Any file


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.npy"])
def test_empty_missing_and_folders(tmp_path, name):
    path = tmp_path / name
    assert "no file" in refusal(path, FileError)
    path.write_bytes(b"")
    assert "empty" in refusal(path, FileError)
    path.unlink()
    path.mkdir()
    assert "folder" in refusal(path, FileError)


def test_other_kinds_of_file(tmp_path):
    assert ".txt, .csv, .tsv or .npy" in refusal(written(tmp_path, "a.xlsx", "x"), FileError)
    assert "“nothing”" in refusal(written(tmp_path, "a", "x"), FileError)
    pipe = tmp_path / "pipe.txt"
    os.mkfifo(pipe)
    assert "pipe" in refusal(pipe, FileError)


@pytest.mark.parametrize(
    "content",
    [b"the cats sat " * 900_000, b"x" * 11_000_000, "猫".encode() * 4_000_000, b"1.5,2.5\n" * 1_400_000],
)
@pytest.mark.parametrize("suffix", [".txt", ".csv", ".npy"])
def test_ten_megabytes_get_an_answer_within_a_second_and_little_memory(tmp_path, content, suffix):
    path = written(tmp_path, "big" + suffix, content)
    start = time.thread_time()
    refusal(path)
    assert time.thread_time() - start < 1
    tracemalloc.start()
    refusal(path)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "the cats " * 110_000),
        ("a.txt", "猫" * 330_000),
        ("a.txt", "x" * 999_999),
        ("a.csv", "1,2\n" * 1_900_000),
    ],
)
def test_files_just_under_the_limit_are_answered_quickly_too(tmp_path, name, content):
    path = written(tmp_path, name, content)
    start = time.thread_time()
    message = refusal(path, DataError, kind="characters" if "x" in content else None)
    assert "at most 20,000" in message
    assert time.thread_time() - start < 1
