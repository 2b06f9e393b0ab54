"""What is saved reads the same, and stands under the names and in the rows that PyTorch wrote itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.errors import DataError, FileError
from core.files.models import open_model
from core.files.models.saving import names_for, own_layout, save_model
from core.language import read_cell
from core.network import Network
from core.run import Problem, Run
from core.stack import Direction, LayerSpec, build_stack

FOLDER = Path(__file__).parents[3] / "data" / "model_files"
ANSWERS = {"rnn_relu.npz": {"cell": "rnn_relu"}}
FILES = ["gru_checkpoint.pt", "gru_half.safetensors", "gru_legacy.pt", "lstm_bfloat16.pt", "lstm_both.safetensors",
         "lstm_cells.safetensors", "lstm_projected.pth", "rnn_relu.npz", "several.pt", "words.pt"]  # fmt: skip


def layer(cell: str, units: int, direction: Direction = Direction.FORWARD, **options: object) -> LayerSpec:
    return LayerSpec(read_cell(cell), units, direction, **options)


def numbers(network: Network, seed: int = 1) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {path: generator.normal(size=shape) for path, shape in network.parameter_shapes.items()}


def output(network: Network, parameters: dict[str, np.ndarray]) -> np.ndarray:
    x = np.random.default_rng(3).normal(size=(4, 2, network.inputs))
    return Run(Problem(network, parameters, x)).complete().values(f"head/{network.head.output}")


@pytest.mark.parametrize("name", FILES)
def test_an_unchanged_model_is_saved_as_it_was(name: str, tmp_path: Path) -> None:
    opened = open_model(FOLDER / name, ANSWERS.get(name))
    path = tmp_path / "saved.safetensors"
    assert save_model(path, opened.network, opened.parameters, names_for(opened), opened) == "the file's own names"
    again = open_model(path, ANSWERS.get(name))
    assert set(again.tensors) == set(opened.tensors)  # with what was ignored
    for key, tensor in opened.tensors.items():
        assert again.tensors[key].kind == tensor.kind
        np.testing.assert_array_equal(again.tensors[key].load(), tensor.load(), err_msg=key)


@pytest.mark.parametrize("suffix", [".safetensors", ".npz"])
@pytest.mark.parametrize("name", ["gru_checkpoint.pt", "lstm_projected.pth", "lstm_cells.safetensors"])
def test_what_was_trained_here_is_read_again(name: str, suffix: str, tmp_path: Path) -> None:
    opened = open_model(FOLDER / name)
    trained = {path: value + 0.25 for path, value in opened.parameters.items()}
    save_model(tmp_path / f"saved{suffix}", opened.network, trained, "file", opened)
    again = open_model(tmp_path / f"saved{suffix}")
    for path, value in trained.items():
        np.testing.assert_allclose(again.parameters[path], value, rtol=0, atol=1e-15, err_msg=path)


def test_pytorchs_own_file_comes_back_under_pytorchs_names(tmp_path: Path) -> None:
    for name in ("lstm_both.safetensors", "lstm_projected.pth"):
        opened = open_model(FOLDER / name)
        save_model(tmp_path / "saved.safetensors", opened.network, opened.parameters, "pytorch")
        saved = safetensors.numpy.load_file(tmp_path / "saved.safetensors")
        original = {key: tensor.load() for key, tensor in opened.tensors.items()}
        assert set(saved) == set(original)
        for key, value in original.items():
            if "bias" not in key:
                np.testing.assert_array_equal(saved[key], value, err_msg=key)
                continue
            other = key.replace("_ih_", "_hh_") if "_ih_" in key else key.replace("_hh_", "_ih_")
            np.testing.assert_allclose(saved[key] + saved[other], value + original[other], rtol=1e-15, atol=1e-16)


NETWORKS = {
    "two LSTM layers in both directions": ([layer("lstm", 4, Direction.BOTH)] * 2, {"head": "direct"}),
    "GRU with a readout": ([layer("gru", 3)], {"head": "identity", "outputs": 2}),
    "tanh behind an embedding": (
        [layer("rnn_tanh", 3)],
        {"head": "softmax", "outputs": 5, "embedding": 4, "inputs": 6},
    ),
    "projected": ([layer("lstm_projected", 5, Direction.BOTH, sizes={"projection": 2})], {"head": "direct"}),
    "layers of different widths": ([layer("gru", 3), layer("gru", 5), layer("gru", 2)], {"head": "identity"}),
    "a matrix for each direction": (
        [layer("lstm", 3, Direction.BOTH, join="readout")],
        {"head": "softmax", "outputs": 4},
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_this_program_go_to_pytorchs_names_and_back(name: str, tmp_path: Path) -> None:
    layers, options = NETWORKS[name]
    network = build_stack(layers, **{"inputs": 2, **options})
    parameters = numbers(network)
    path = tmp_path / "saved.safetensors"
    save_model(path, network, parameters, "pytorch")
    head = {"head": options["head"]} if options["head"] != "direct" else {}
    opened = open_model(path, head)
    assert not opened.answers.unasked
    np.testing.assert_allclose(output(opened.network, opened.parameters), output(network, parameters), rtol=1e-13)


def test_names_are_those_that_a_module_would_have(tmp_path: Path) -> None:
    layers, options = NETWORKS["tanh behind an embedding"]
    network = build_stack(layers, **options)
    save_model(tmp_path / "saved.npz", network, numbers(network), "pytorch")
    with np.load(tmp_path / "saved.npz") as archive:
        assert {key: archive[key].shape for key in archive.files} == {
            "embedding.weight": (6, 4), "rnn.weight_ih_l0": (3, 4), "rnn.weight_hh_l0": (3, 3), "rnn.bias_ih_l0": (3,),
            "rnn.bias_hh_l0": (3,), "fc.weight": (5, 3), "fc.bias": (5,),
        }  # fmt: skip


@pytest.mark.parametrize("cell", ["mgu", "lstm_peephole", "gru_reset_before", "rnn_relu", "gru"])
def test_any_cell_goes_to_gatewalks_names_and_back(cell: str, tmp_path: Path) -> None:
    network = build_stack([layer(cell, 3, Direction.BOTH), layer(cell, 3)], inputs=2, head="identity", outputs=2)
    parameters = numbers(network)
    save_model(tmp_path / "saved.npz", network, parameters, "gatewalk")
    opened = open_model(tmp_path / "saved.npz", {"cell": cell} if cell == "rnn_relu" else {})
    assert set(own_layout(network).shapes) == set(opened.tensors)
    np.testing.assert_allclose(output(opened.network, opened.parameters), output(network, parameters), rtol=1e-13)


@pytest.mark.parametrize("name", ["lstm_dense.keras", "embedded.keras"])
def test_a_model_of_keras_goes_to_pytorchs_names(name: str, tmp_path: Path) -> None:
    """The rows of the gates change their places on the way: i, f, c, o and z, r, h become i, f, g, o and r, z, n."""
    keras = open_model(FOLDER.parent / "keras" / name)
    assert names_for(keras) == "pytorch"
    save_model(tmp_path / "saved.safetensors", keras.network, keras.parameters, "pytorch", keras)
    again = open_model(tmp_path / "saved.safetensors", {"head": "softmax"})
    x = np.random.default_rng(3).normal(size=(4, 2, again.network.inputs))
    first, second = (Run(Problem(m.network, m.parameters, x)).complete() for m in (keras, again))
    np.testing.assert_allclose(second.values("head/y"), first.values("head/y"), rtol=1e-13)


REFUSED = {
    "another cell": ([layer("mgu", 3)], {}, "layer 1: PyTorch has no layer that computes Minimal gated unit"),
    "backward only": ([layer("gru", 3, Direction.REVERSE)], {}, "PyTorch has no layer that only walks backward"),
    "another join": ([layer("gru", 3, Direction.BOTH, join="sum")], {}, "not joined by concatenation"),
    "tied": ([layer("gru", 3, Direction.BOTH, tied=True)], {}, "no tied or unaligned directions"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_pytorch_does_not_have_is_refused_with_what_to_do(case: str, tmp_path: Path) -> None:
    layers, options, said = REFUSED[case]
    network = build_stack(layers, inputs=2, head="direct", **options)
    with pytest.raises(DataError) as caught:
        save_model(tmp_path / "saved.safetensors", network, numbers(network), "pytorch")
    assert said in str(caught.value)
    assert "--names gatewalk" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_names_of_a_file_need_a_file(tmp_path: Path) -> None:
    network = build_stack([layer("gru", 3)], inputs=2, head="direct")
    with pytest.raises(DataError, match="did not come from a file"):
        save_model(tmp_path / "saved.npz", network, numbers(network), "file")
    with pytest.raises(FileError, match=r"saved as \.safetensors or \.npz"):
        save_model(tmp_path / "saved.pt", network, numbers(network), "pytorch")
