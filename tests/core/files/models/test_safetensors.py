"""Safetensors: what is written reads the same, and every header that lies is refused before its bytes are read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.errors import FileError
from core.files.models.numbers import decoded, encoded, storage_type
from core.files.models.safetensors import read_safetensors, write_safetensors

GENERATOR = np.random.default_rng(5)
VALUES = {"a.weight": GENERATOR.normal(size=(3, 2)), "b": GENERATOR.normal(size=4), "empty": np.zeros((0, 3))}


def lay(path: Path, header: object, data: bytes = b"", length: int | None = None) -> Path:
    """A file with this header, right or wrong."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def entry(shape: list[int], first: int, last: int, kind: object = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [first, last]}


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_what_is_written_reads_the_same(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    write_safetensors(path, VALUES, dict.fromkeys(VALUES, kind))
    found = read_safetensors(path)
    assert {name: tensor.shape for name, tensor in found.items()} == {n: v.shape for n, v in VALUES.items()}
    epsilon = {"float16": 2**-11, "bfloat16": 2**-8, "float32": 2**-24, "float64": 0}[kind]
    for name, value in VALUES.items():
        assert found[name].kind == kind
        np.testing.assert_allclose(found[name].load().astype(float), value, rtol=epsilon, atol=1e-7 * (epsilon > 0))


def test_the_library_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    write_safetensors(path, VALUES, {"b": "float32"})
    library = safetensors.numpy.load_file(path)
    assert library["b"].dtype == np.float32
    np.testing.assert_array_equal(library["a.weight"], VALUES["a.weight"])
    safetensors.numpy.save_file(VALUES, path, metadata={"format": "np"})
    np.testing.assert_array_equal(read_safetensors(path)["a.weight"].load(), VALUES["a.weight"])


def test_a_tensor_that_save_model_left_out_is_found_by_its_other_name(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    metadata = {"format": "pt", "out.weight": "a.weight", "b": "a.weight", "lost": "nowhere"}
    safetensors.numpy.save_file(VALUES, path, metadata=metadata)
    found = read_safetensors(path)
    assert found["out.weight"] is found["a.weight"]
    assert set(found) == {*VALUES, "out.weight"}
    np.testing.assert_array_equal(found["b"].load(), VALUES["b"])


def test_bfloat16_rounds_to_the_nearest_even() -> None:
    values = np.array([1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -3.0e38, np.inf, np.nan])
    expected = np.array([1.0, 1.0, 1 + 4 * 2**-8, 1 + 2 * 2**-8, -226 * 2.0**120, np.inf, np.nan])
    raw = encoded(values, "bfloat16")
    assert raw.dtype == storage_type("bfloat16")
    np.testing.assert_allclose(decoded(raw, "bfloat16"), expected, rtol=1e-5)
    exact = GENERATOR.integers(0, 1 << 16, 1000).astype("<u2")
    exact = exact[(exact & 0x7F80) != 0x7F80]  # without NaN and infinities
    np.testing.assert_array_equal(encoded(decoded(exact, "bfloat16"), "bfloat16"), exact)


WRONG = {
    "no file of this kind": (b"", b"", None, "it has 8 bytes, expected a header"),
    "a header longer than the file": (b"{}", b"", 1 << 60, "its header would have 1,152,921,504,606,846,976 bytes"),
    "cut off in the header": (b'{"a": {"dtype"', b"", 300, "its header would have 300 bytes, the file has 22"),
    "no JSON": (b"pickle me", b"", None, "not the JSON text"),
    "no UTF-8": (b"\xff\xfe{}", b"", None, "not the JSON text"),
    "nested without end": (b"[" * 100_000, b"", None, "not that of a .safetensors file"),
    "many small things": (b'{"a":[' + b"[]," * 300_000 + b"[]]}", b"", None, "not that of a .safetensors file"),
    "deep, and long enough": ((b"[" + b" " * 12) * 50_000, b"", None, "not the JSON text"),
    "a list": ([1], b"", None, "not a table of tensors"),
    "no entry": ({"a": 3}, b"", None, "nothing sensible of “a”"),
    "no shape": ({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, bytes(4), None, "nothing sensible of “a”"),
    "a negative shape": ({"a": entry([-1], 0, 4)}, bytes(4), None, "nothing sensible"),
    "a shape that is no number": ({"a": entry([True], 0, 4)}, bytes(4), None, "nothing sensible"),
    "too many axes": ({"a": entry([1] * 9, 0, 4)}, bytes(4), None, "at most 8 axes"),
    "an empty shape that cannot be": ({"a": entry([0, 1 << 59, 1 << 59], 0, 0)}, b"", None, "has the impossible shape"),
    "a huge shape": ({"a": entry([1 << 40, 1 << 40], 0, 8)}, bytes(8), None, "takes 4,835,703,278,458,516,698,824,704"),
    "beyond the end": (
        {"a": entry([2], 4, 12)},
        bytes(8),
        None,
        "would end at byte 12 of the numbers, but there are 8",
    ),
    "cut off in the numbers": ({"a": entry([4], 0, 16)}, bytes(10), None, "cut off or damaged"),
    "overlapping": ({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, bytes(12), None, "“b” overlaps with “a”"),
    "a gap": ({"a": entry([1], 4, 8)}, bytes(8), None, "“a” leaves a gap behind “the header”"),
    "more behind": ({"a": entry([1], 0, 4)}, bytes(9), None, "5 bytes stand behind its last tensor"),
    "offsets the wrong way": ({"a": entry([0], 8, 4)}, bytes(8), None, "takes 0 bytes, but the header gives it -4"),
    "an unknown type": ({"a": entry([4], 0, 4, "F8_E4M3")}, bytes(4), None, "type “F8_E4M3”, which is not known here"),
    "a type that is no text": ({"a": entry([1], 0, 4, [])}, bytes(4), None, "nothing sensible"),
    "a name twice": (b'{"a":' + json.dumps(entry([0], 0, 0)).encode() + b',"a":{}}', b"", None, "“a” occurs twice"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence(case: str, tmp_path: Path) -> None:
    header, data, length, said = WRONG[case]
    path = lay(tmp_path / "bad.safetensors", header, data, length)
    with pytest.raises(FileError) as caught:
        read_safetensors(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith("“bad.safetensors”: ")


def test_a_header_that_is_longer_than_any_needs_to_be_is_not_read(tmp_path: Path) -> None:
    path = lay(tmp_path / "bad.safetensors", b"{" + b" " * 1_000_100 + b"}")
    with pytest.raises(FileError, match="expected at most 1,000,000"):
        read_safetensors(path)


def test_where_it_cannot_be_written_the_old_file_stays(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        write_safetensors(tmp_path / "gone" / "m.safetensors", VALUES, {})
