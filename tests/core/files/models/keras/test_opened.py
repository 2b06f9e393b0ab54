"""Models written by Keras give here what they give there: outputs, loss and gradients under the file's own names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.errors import FileError
from core.files.models import open_model
from core.language import parse_cell
from tests.core.files.models.keras.files import FOLDER, TOLERANCES, opened, reference, rewritten, walked, weights_of

MASKED = ("embedded", "both_merged")
# PyTorch's derivative of the hard sigmoid is 1/6 in 32 bits, whatever the tensor's type.
HARD = {"rtol": 1e-6, "atol": 1e-9}
FILES = sorted(path.name for path in FOLDER.glob("*.keras"))


@pytest.mark.parametrize("file", FILES)
def test_outputs_loss_and_gradients_are_those_of_keras(file: str) -> None:
    name = file.removesuffix(".keras")
    wanted, model = reference(name), opened(file)
    run = walked(model, wanted, masked=name in MASKED)
    output = run.values(f"head/{model.network.head.output}")
    if wanted["y"].ndim == 2:
        steps = wanted.get("lengths", np.full(output.shape[1], len(output))) - 1
        np.testing.assert_allclose(output[steps, np.arange(output.shape[1])], wanted["y"], **TOLERANCES)
    else:
        valid = run.problem.loss_weights > 0
        np.testing.assert_allclose(output[valid], wanted["y"][valid], **TOLERANCES)
    assert run.losses().sum() == pytest.approx(wanted["loss"], rel=1e-10)
    gradients = model.names.gradients(run.gradients())
    expected = {key.removeprefix("grad/"): value for key, value in wanted.items() if key.startswith("grad/")}
    assert gradients.keys() == expected.keys()
    for key, gradient in gradients.items():
        np.testing.assert_allclose(
            gradient, expected[key], **(HARD if name == "backwards" else TOLERANCES), err_msg=key
        )


def test_carried_output_is_also_that_of_the_last_row() -> None:
    """Keras's last step of a padded sequence is the row at T - 1, which repeats the last valid one."""
    wanted, model = reference("embedded"), opened("embedded.keras")
    output = walked(model, wanted, masked=True).values("head/y")
    np.testing.assert_allclose(output[-1], wanted["y"], **TOLERANCES)


def test_older_file_with_a_whole_model_is_the_same() -> None:
    wanted, model = reference("both_last"), opened("both_last.h5")
    run = walked(model, wanted)
    np.testing.assert_allclose(run.values("head/y")[-1], wanted["y"], **TOLERANCES)
    gradients = model.names.gradients(run.gradients())
    kernel = next(name for name in gradients if name.endswith("backward_lstm/lstm_cell/kernel"))
    assert kernel.startswith("model_weights/bidirectional/")
    expected = wanted["grad/layers/bidirectional/backward_layer/cell/vars/0"]
    np.testing.assert_allclose(gradients[kernel], expected, **TOLERANCES)


def test_weights_alone_with_the_right_answers_are_the_same() -> None:
    answers = {"bidirectional.return_sequences": "last step", "dense.activation": "linear"}
    wanted, model = reference("both_last"), opened("both_last.weights.h5", answers)
    np.testing.assert_allclose(walked(model, wanted).values("head/y")[-1], wanted["y"], **TOLERANCES)
    assert model.answers.unasked == ()
    guesses = {question.key: question.guess for question in model.answers.guessed}
    assert guesses == {
        "order": "bidirectional → dense",
        "bidirectional.activation": "tanh",
        "bidirectional.recurrent_activation": "sigmoid",
    }


def test_weights_alone_of_a_stack_in_its_only_order(tmp_path: Path) -> None:
    file = weights_of("rnn_functional.keras", tmp_path / "stack.weights.h5")
    answers = {
        "simple_rnn.activation": "elu",
        "dense.activation": "silu",
        "simple_rnn_1.activation": "relu",
        "dense_1.activation": "tanh",
        "dense_2.activation": "softplus",
    }
    wanted, model = reference("rnn_functional"), open_model(file, answers, "squared")
    assert model.answers.taken["order"] == "simple_rnn → dense → simple_rnn_1 → dense_1 → dense_2"
    np.testing.assert_allclose(walked(model, wanted).values("head/y"), wanted["y"], **TOLERANCES)


def test_weights_alone_tell_the_reset_of_a_gru_and_the_merge_by_their_shapes(tmp_path: Path) -> None:
    after = open_model(weights_of("embedded.keras", tmp_path / "a.weights.h5"))
    assert "gru.reset_after" not in after.answers.asked
    assert "reset after" in after.found
    file = weights_of("embedded.keras", tmp_path / "b.weights.h5")
    with h5py.File(file, "r+") as root:
        group = root["layers/gru/cell/vars"]
        bias = group["2"][0]
        del group["2"]
        group["2"] = bias
    assert "reset before" in open_model(file).found
    merged = open_model(weights_of("both_merged.keras", tmp_path / "c.weights.h5"))
    assert "bidirectional.merge_mode" in merged.answers.asked
    assert merged.answers.asked["bidirectional.merge_mode"].choices == ("sum", "ave", "mul")
    assert merged.answers.asked["bidirectional_2.merge_mode"].choices == ("concat", "sum", "ave", "mul")


def test_weights_alone_ask_once_for_layers_of_one_kind(tmp_path: Path) -> None:
    file = weights_of("rnn_functional.keras", tmp_path / "a.weights.h5")
    same = open_model(file, {"simple_rnn.activation": "relu"})
    assert "simple_rnn_1.activation" not in same.answers.asked
    assert [block.cell.definition.name for block in same.network.layers][0::2] == [
        "Simple RNN (ReLU) (no biases)",
        "Simple RNN (ReLU)",
    ]


def _retyped(source: Path, convert: Any) -> Path:
    with h5py.File(source, "r+") as root:
        group = root["layers/lstm/cell/vars"]
        for name in list(group):
            values = group[name][()]
            del group[name]
            convert(group, name, values)
    return source


def test_half_precision(tmp_path: Path) -> None:
    """float16 as NumPy has it; bfloat16 as Keras writes it, two bytes with an attribute that says what they are."""

    def half(group: h5py.Group, name: str, values: np.ndarray) -> None:
        group[name] = values.astype(np.float16)

    def brain(group: h5py.Group, name: str, values: np.ndarray) -> None:
        bits = (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        group.create_dataset(name, data=bits.view("V2")).attrs["dtype"] = "bfloat16"

    exact = open_model(weights_of("lstm_dense.keras", tmp_path / "a.weights.h5")).parameters["l0/U_g"]
    for convert, kind, tolerance in ((half, "float16", 1e-3), (brain, "bfloat16", 1e-2)):
        model = open_model(_retyped(weights_of("lstm_dense.keras", tmp_path / f"{kind}.weights.h5"), convert))
        assert model.found.endswith(f"{kind} and float64")
        np.testing.assert_allclose(model.parameters["l0/U_g"], exact, rtol=tolerance)


def test_weights_alone_of_a_layer_that_only_the_configuration_tells_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"“activation” has no weights.*Open the whole model"):
        open_model(weights_of("backwards.keras", tmp_path / "a.weights.h5"))


def test_what_was_found_names_version_gates_and_what_was_ignored() -> None:
    model = opened("lstm_dense.keras")
    assert model.found.startswith("Keras 3.")
    assert "LSTM 3 → Dense 4 softmax, gates in the order i, f, c, o; float64" in model.found
    assert any("dropout of “lstm”" in remark for remark in model.remarks)
    assert any("return_sequences=False" in remark for remark in opened("both_last.keras").remarks)
    assert any("lengths" in remark for remark in opened("embedded.keras").remarks)


def test_the_hard_sigmoid_is_that_of_the_keras_that_wrote_the_file(tmp_path: Path) -> None:
    def slope_in(model: Any) -> float:
        equation = model.network.block("l0.reverse").cell.definition.equation("f")
        return equation.expression.attributes[0]

    assert slope_in(opened("backwards.keras")) == pytest.approx(1 / 6, rel=1e-15)

    def older(metadata: dict[str, Any]) -> None:
        metadata["keras_version"] = "2.15.0"

    file = rewritten("backwards.keras", tmp_path / "old.keras", older, "metadata.json")
    assert slope_in(open_model(file)) == 0.2


def test_written_cells_can_be_read_again() -> None:
    """A session keeps the text of a cell."""
    for file in FILES:
        for block in opened(file).network.blocks:
            assert parse_cell(block.cell.definition.text).variables


def _settings(layer: int, **values: Any) -> Any:
    def change(config: dict[str, Any]) -> None:
        config["config"]["layers"][layer]["config"].update(values)

    return change


@pytest.mark.parametrize(
    ("activation", "equation"),
    [("selu", "selu("), ("relu6", "clip("), ("exponential", "exp("), ("leaky_relu", "leaky_relu("), ("swish", "silu(")],
)
def test_any_activation_that_the_table_can_say(tmp_path: Path, activation: str, equation: str) -> None:
    change = _settings(1, activation=activation)
    model = open_model(rewritten("lstm_dense.keras", tmp_path / "own.keras", change))
    assert equation in model.network.block("l0").cell.definition.equation("g").text


def test_stateful_and_time_major(tmp_path: Path) -> None:
    model = open_model(rewritten("lstm_dense.keras", tmp_path / "s.keras", _settings(1, stateful=True)))
    assert any("stateful" in remark for remark in model.remarks)


@pytest.mark.parametrize("loss", ["", "squared", "cross-entropy"])
def test_linear_scores_are_trained_by_either_loss(loss: str) -> None:
    assert open_model(FOLDER / "both_last.keras", loss=loss).network.loss == loss


def test_parameters_written_back_are_the_file_s_tensors() -> None:
    model = opened("embedded.keras")
    written = model.names.write(model.parameters)
    for name in ("layers/embedding/vars/0", "layers/lstm/cell/vars/1", "layers/dense/vars/0"):
        np.testing.assert_array_equal(written[name], model.tensors[name].load())


def _as_keras_2(source: Path, target: Path) -> Path:
    """An older file as Keras 2 wrote it: names with ``:0``, older settings, reading written as lists."""
    target.write_bytes(source.read_bytes())
    with h5py.File(target, "r+") as root:
        config = json.loads(root.attrs["model_config"])
        names = [layer["config"]["name"] for layer in config["config"]["layers"]]
        for number, layer in enumerate(config["config"]["layers"]):
            layer["inbound_nodes"] = [[[names[number - 1], 0, 0, {}]]] if number else []
            layer["name"] = names[number]
            layer.pop("module", None)
            layer.pop("registered_name", None)
            if layer["class_name"] == "InputLayer":
                layer["config"]["batch_input_shape"] = layer["config"].pop("batch_shape", None)
            if layer["class_name"] == "Bidirectional":
                layer["config"].pop("backward_layer")
                layer["config"]["layer"]["config"]["recurrent_activation"] = "hard_sigmoid"
        config["class_name"] = "Model"
        root.attrs["model_config"] = np.bytes_(json.dumps(config))
        root.attrs["keras_version"] = root["model_weights"].attrs["keras_version"] = np.bytes_("2.2.4")
        for group in root["model_weights"].values():
            found = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["weight_names"]]
            for name in found:
                group.move(name, name + ":0")
            group.attrs["weight_names"] = np.array([f"{name}:0".encode() for name in found], dtype="S")
        layer_names = root["model_weights"].attrs["layer_names"]
        root["model_weights"].attrs["layer_names"] = np.array([str(name).encode() for name in layer_names], dtype="S")
    return target


def test_a_file_as_keras_2_wrote_it(tmp_path: Path) -> None:
    new = opened("both_last.h5")
    old = open_model(_as_keras_2(FOLDER / "both_last.h5", tmp_path / "old.h5"), loss="squared")
    assert old.found.startswith("Keras 2.2.4, model: LSTM 2 in both directions, concat, hard_sigmoid_keras2 → Dense 2")
    assert all(name.endswith(":0") for name in old.names.shapes)
    for path, values in new.parameters.items():
        np.testing.assert_array_equal(old.parameters[path], values)


def test_an_older_file_of_weights_alone(tmp_path: Path) -> None:
    """Keras 2's save_weights: the list of layers at the top, and no configuration."""
    target = tmp_path / "weights.h5"
    with h5py.File(FOLDER / "both_last.h5") as whole, h5py.File(target, "w") as root:
        for name in whole["model_weights"]:
            whole.copy(f"model_weights/{name}", root)
        root.attrs["layer_names"] = whole["model_weights"].attrs["layer_names"]
        root.attrs["keras_version"] = "2.15.0"
    answers = {"bidirectional.return_sequences": "last step", "dense.activation": "linear"}
    wanted, model = reference("both_last"), open_model(target, answers, "squared")
    assert model.found.startswith("Keras 2.15.0, weights only")
    np.testing.assert_allclose(walked(model, wanted).values("head/y")[-1], wanted["y"], **TOLERANCES)
