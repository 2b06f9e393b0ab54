"""Keras models that say what cannot be, or what is not opened: refused by name, and nothing in them is run."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.errors import FileError, GatewalkError, ShapeError
from core.files.models import open_model
from tests.core.files.models.keras.files import CONFIG, FOLDER, SOURCE, refused, rewritten, weights_of


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A good file of weights, to be spoilt."""
    return weights_of(SOURCE, tmp_path / "model.weights.h5")


# --- what a configuration may say ------------------------------------------------------------------------------------


def _layer(number: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda table: table["config"]["layers"][number]["config"].update(values)


def _entry(number: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda table: table["config"]["layers"][number].update(values)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_layer(1, units=4), "has shape"),
        (_layer(1, units=2_000_000_000), "has shape"),
        (_layer(1, units=-3), "positive whole number"),
        (_layer(1, units="3"), "positive whole number"),
        (_layer(1, units=True), "positive whole number"),
        (_layer(1, use_bias=False), "does not fit its tensors"),
        (_layer(1, use_bias="no"), "true or false"),
        (_layer(1, time_major=True), "time_major"),
        (_layer(1, activation="gelu"), "gelu.*known are"),
        (_layer(1, activation={"class_name": "function", "config": "os.system"}), "os.system.*known are"),
        (_entry(1, class_name="Lambda"), "Lambda layer: code in the file, which is never run"),
        (_entry(1, class_name="ConvLSTM1D"), "ConvLSTM1D.*not opened"),
        (_entry(1, class_name="LSTM", module="my_code", registered_name="my_code>LSTM"), "own class"),
        (_entry(1, registered_name="Own>LSTM"), "own class"),
        (_entry(1, module="builtins", class_name="eval", config={}), "“eval”.*not opened"),
        (_entry(3, class_name="Flatten"), "Flatten.*not opened"),
        (_entry(1, class_name="RNN", config={"name": "rnn", "cell": {"class_name": "Own", "config": {}}}), "Own"),
        (_entry(1, class_name="Dense"), "no recurrent layer|does not fit|missing"),
    ],
)
def test_layers_that_lie_or_are_not_known(tmp_path: Path, change: Callable[..., None], match: str) -> None:
    kind = ShapeError if match == "has shape" else FileError
    refused(rewritten(SOURCE, tmp_path / "lies.keras", change), match, kind)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (_layer(1, merge_mode=None), "merge_mode=None"),
        (_layer(1, merge_mode="max"), "merge_mode=max"),
        (_layer(1, merge_mode=["sum"]), "merge_mode="),
        (
            lambda t: t["config"]["layers"][1]["config"]["layer"]["config"].update(go_backwards=True),
            "go_backwards=True",
        ),
        (lambda t: t["config"]["layers"][1]["config"]["backward_layer"]["config"].update(units=3), "differ"),
        (lambda t: t["config"]["layers"][1]["config"]["layer"].update(class_name="Dense"), "not opened"),
    ],
)
def test_directions_that_cannot_be_joined(tmp_path: Path, change: Callable[..., None], match: str) -> None:
    refused(rewritten("both_last.keras", tmp_path / "both.keras", change), match)


def test_a_layer_that_gives_its_last_step_only_cannot_be_read_by_another(tmp_path: Path) -> None:
    change = _layer(3, return_sequences=False)
    refused(rewritten("embedded.keras", tmp_path / "last.keras", change), "return_sequences=True")


def _reading(source: str, which: int) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        text = json.dumps(table["config"]["layers"][-1]["inbound_nodes"])
        history = table["config"]["layers"][-1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"]
        new = text.replace(json.dumps(history), json.dumps([source, 0, which]))
        table["config"]["layers"][-1]["inbound_nodes"] = json.loads(new)

    return change


def test_branches(tmp_path: Path) -> None:
    first = "input_layer"
    with zipfile.ZipFile(FOLDER / "rnn_functional.keras") as archive:
        first = json.loads(archive.read(CONFIG))["config"]["layers"][0]["config"]["name"]
    refused(rewritten("rnn_functional.keras", tmp_path / "a.keras", _reading(first, 0)), "is read by")
    refused(rewritten("rnn_functional.keras", tmp_path / "b.keras", _reading(first, 1)), "states among them")
    refused(rewritten("rnn_functional.keras", tmp_path / "c.keras", _reading("nobody", 0)), "no chain")


def test_weights_that_are_no_floating_point_numbers(weights: Path) -> None:
    with h5py.File(weights, "r+") as root:
        group = root["layers/lstm/cell/vars"]
        whole = np.ones((2, 12), dtype=np.int8)
        del group["0"]
        group["0"] = whole
    refused(weights, "int8")


def test_numbers_that_are_not_finite_are_told(weights: Path) -> None:
    with h5py.File(weights, "r+") as root:
        root["layers/lstm/cell/vars/0"][1, 2] = np.nan
    remarks = open_model(weights).remarks
    assert any("not finite: “layers/lstm/cell/vars/0”[1, 2] is nan" in remark for remark in remarks)


def test_weights_without_a_recurrent_layer_or_of_an_unknown_kind(tmp_path: Path) -> None:
    target = tmp_path / "other.weights.h5"
    with h5py.File(target, "w") as root:
        root["layers/dense/vars/0"] = np.zeros((2, 3))
    refused(target, "no recurrent layer")
    with h5py.File(target, "w") as root:
        root["layers/conv1d/vars/0"] = np.zeros((2, 3, 4))
        root["layers/conv1d/vars/1"] = np.zeros(4)
    refused(target, r"conv1d.*fit none of")
    with h5py.File(target, "w") as root:
        for number, shape in enumerate([(2, 15), (3, 15), (15,)]):
            root[f"layers/lstm/cell/vars/{number}"] = np.zeros(shape)
    refused(target, r"\(3, 15\).*fit none of")


def test_layers_that_fit_no_chain(tmp_path: Path) -> None:
    target = tmp_path / "apart.weights.h5"
    with h5py.File(target, "w") as root:
        for name, inputs in (("lstm", 2), ("lstm_1", 7)):
            for number, shape in enumerate([(inputs, 12), (3, 12), (12,)]):
                root[f"layers/{name}/cell/vars/{number}"] = np.zeros(shape)
    refused(target, "fit no chain")


def test_an_answer_that_is_no_choice(weights: Path) -> None:
    with pytest.raises(GatewalkError, match=r"Which activation has the layer “lstm”.*expected one of"):
        open_model(weights, {"lstm.activation": "magic"})
