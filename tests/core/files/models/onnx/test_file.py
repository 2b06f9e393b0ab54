"""ONNX files that lie, break off or lead elsewhere: one sentence each, and nothing opened outside the folder."""

from __future__ import annotations

import builtins
import os
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import FileError
from core.files.models import open_model
from tests.core.files.models.onnx.making import FLOAT, lstm, node, onnx, weights, write
from tests.core.files.models.onnx.walks import DATA

EXPORTED = DATA / "exported"


def refused(path: Path) -> str:
    """The sentence that a file is refused with, within a second."""
    start = time.thread_time()
    with pytest.raises(FileError) as caught:
        open_model(path)
    assert time.thread_time() - start < 1
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", ")", '"'))
    return sentence


@pytest.mark.parametrize("name", ["lstm.legacy.onnx", "sentences.dynamo_free.onnx"])
def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path, name: str):
    data = (EXPORTED / name).read_bytes()
    for end in np.linspace(1, len(data) - 1, 40, dtype=int):
        path = tmp_path / "cut.onnx"
        path.write_bytes(data[:end])
        refused(path)


def test_flipped_bytes_are_refused_or_open(tmp_path: Path):
    """Whatever a changed byte makes of the file, it ends in a sentence or in a model, and never in another error."""
    data, generator = bytearray((EXPORTED / "gru_two_layers.legacy_free.onnx").read_bytes()), np.random.default_rng(3)
    path, sentences = tmp_path / "flipped.onnx", []
    for place in generator.integers(0, len(data), 150):
        changed = bytearray(data)
        changed[place] ^= int(generator.integers(1, 256))
        path.write_bytes(changed)
        try:
            open_model(path)
        except FileError as error:
            sentences.append(str(error))
    assert len(sentences) > 20
    assert not any("\n" in sentence for sentence in sentences)


@pytest.mark.parametrize("data", [b"PK\x03\x04" + b"\0" * 60, b"\x80\x02}q\x00.", b"<html></html>", b"\xff" * 99])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, data: bytes):
    path = tmp_path / "other.onnx"
    path.write_bytes(data)
    assert "ONNX model" in refused(path)


def test_an_empty_file_is_refused(tmp_path: Path):
    path = tmp_path / "empty.onnx"
    path.touch()
    assert "is empty" in refused(path)


def test_a_huge_declared_shape_takes_no_memory(tmp_path: Path):
    path = changed(tmp_path, lambda tensor: tensor.dims.__setitem__(0, 10**12))
    tracemalloc.start()
    assert "declares the shape (1000000000000, 12, 4)" in refused(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_negative_shape_is_refused(tmp_path: Path):
    assert "impossible shape" in refused(changed(tmp_path, lambda tensor: tensor.dims.__setitem__(0, -1)))


def test_numbers_that_a_node_makes_out_of_nothing_are_refused(tmp_path: Path):
    """Every Concat doubles: forty of them would need terabytes."""
    nodes = [node("Concat", [f"W{n}" if n else "W", f"W{n}" if n else "W"], [f"W{n + 1}"], axis=0) for n in range(40)]
    nodes.append(node("LSTM", ["X", "W40", "R", "B"], ["Y"], hidden_size=3))
    path = write(tmp_path / "doubling.onnx", nodes, weights())
    assert "it would make" in refused(path)


@pytest.mark.parametrize("shape", [[10**6, 10**6], [2**31]])
def test_a_huge_constant_is_refused(tmp_path: Path, shape: list[int]):
    nodes = [node("ConstantOfShape", ["shape"], ["h0"]), node("LSTM", ["X", "W", "R", "B", "", "h0"], ["Y"])]
    path = write(tmp_path / "constant.onnx", nodes, {**weights(), "shape": np.array(shape)})
    assert "it would make" in refused(path)


def test_quantised_weights_are_refused(tmp_path: Path):
    tensors = {name: array.astype(np.int8) for name, array in weights().items()}
    path = write(tmp_path / "quantised.onnx", [lstm()], tensors)
    assert "its input W holds no real numbers, but int8" in refused(path)


def test_types_that_are_mixed_are_refused(tmp_path: Path):
    tensors = weights()
    path = write(tmp_path / "mixed.onnx", [lstm()], {**tensors, "R": tensors["R"].astype(float)})
    assert "its inputs are of different types (W float32, R float64, B float32)" in refused(path)


def test_numbers_that_are_not_finite_are_said(tmp_path: Path):
    tensors = weights()
    tensors["R"][0, 1, 2] = np.nan
    opened = open_model(write(tmp_path / "nan.onnx", [lstm()], tensors))
    assert any(remark.startswith("not finite: ") for remark in opened.remarks)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_every_precision_is_read(tmp_path: Path, kind: Any):
    tensors = {name: array.astype(kind) for name, array in weights().items()}
    opened = open_model(write(tmp_path / "precision.onnx", [lstm()], tensors))
    assert opened.found.endswith(np.dtype(kind).name)
    np.testing.assert_array_equal(opened.parameters["l0/W_i"], tensors["W"][0, :3].astype(float))


@pytest.mark.parametrize("raw", [True, False], ids=["raw", "typed"])
def test_bfloat16_is_read(tmp_path: Path, raw: bool):
    """As bytes, or as the bits of integers: both ways that the format has."""
    path, numbers = write(tmp_path / "half.onnx", [lstm()], weights()), weights()
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        bits = (numbers[tensor.name].view(np.uint32) >> 16).astype(np.uint16)
        tensor.ClearField("raw_data")
        tensor.data_type = onnx.TensorProto.BFLOAT16
        if raw:
            tensor.raw_data = bits.tobytes()
        else:
            tensor.int32_data.extend(int(number) for number in bits.ravel())
    path.write_bytes(model.SerializeToString())
    opened = open_model(path)
    assert opened.found.endswith("bfloat16")
    expected = (numbers["R"].view(np.uint32) & 0xFFFF0000).view(np.float32)[0, 9:]
    np.testing.assert_array_equal(opened.parameters["l0/U_g"], expected.astype(float))


# Numbers in a file beside the model


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "", "inner/../../secret", "\0", "link"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, location: str):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(10_000))
    (folder / "link").symlink_to(tmp_path / "secret")
    assert "outside the folder of the model" in refused(beside(folder, location=location))


def test_a_file_beside_that_is_missing_is_named(tmp_path: Path):
    assert "“weights.bin”, which is not there" in refused(beside(tmp_path, location="weights.bin"))


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ({"offset": "9900"}, "holds 100 of them"),
        ({"length": "4"}, "holds 4 of them"),
        ({"offset": "-8"}, "impossible place"),
        ({"offset": "9" * 30}, "impossible place"),
        ({"length": "1e3"}, "impossible place"),
    ],
)
def test_places_in_a_file_beside_are_checked(tmp_path: Path, entries: dict[str, str], sentence: str):
    (tmp_path / "weights.bin").write_bytes(bytes(10_000))
    assert sentence in refused(beside(tmp_path, location="weights.bin", **entries))


def test_a_pipe_beside_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    assert "which is not there" in refused(beside(tmp_path, location="pipe"))


def beside(folder: Path, **entries: str) -> Path:
    """A model whose W stands in another file."""

    def move(tensor: Any) -> None:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=value)

    return changed(folder, move)


def changed(folder: Path, change: Any) -> Path:
    """A model with a W that was tampered with."""
    path = write(folder / "changed.onnx", [lstm()], weights())
    model = onnx.load(path)
    change(next(tensor for tensor in model.graph.initializer if tensor.name == "W"))
    path.write_bytes(model.SerializeToString())
    return path


# Whole files


def test_without_the_package_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == "onnx":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    assert refused(EXPORTED / "lstm.legacy.onnx").endswith('Install it with "pip install onnx".')


def test_a_file_without_versions_is_refused(tmp_path: Path):
    path = write(tmp_path / "plain.onnx", [lstm()], weights())
    model = onnx.load(path)
    del model.opset_import[:]
    path.write_bytes(model.SerializeToString())
    assert "does not say which version" in refused(path)


def test_initialisers_that_are_listed_as_inputs_are_none(tmp_path: Path):
    """As older files do it."""
    fed = {"X": ("t", "b", 4), "W": (1, 12, 4), "R": (1, 12, 3), "B": (1, 24)}
    assert open_model(write(tmp_path / "older.onnx", [lstm()], weights(), inputs=fed)).parameters


def test_weights_that_are_given_are_refused(tmp_path: Path):
    tensors = weights()
    del tensors["W"]
    path = write(tmp_path / "given.onnx", [lstm()], tensors, inputs={"X": ("t", "b", 4), "W": (1, 12, 4)})
    assert "its input “W” depends on what the model is given" in refused(path)


def test_a_value_that_nothing_gives_is_named(tmp_path: Path):
    path = write(tmp_path / "hole.onnx", [node("LSTM", ["X", "W", "R", "Z"], ["Y"])], weights())
    assert "node 1 (LSTM) reads “Z”, which nothing before it gives" in refused(path)


def test_types_of_inputs_do_not_matter_to_reading(tmp_path: Path):
    path = write(tmp_path / "typed.onnx", [lstm()], weights(), kinds={"X": FLOAT})
    assert open_model(path).network.inputs == 4
