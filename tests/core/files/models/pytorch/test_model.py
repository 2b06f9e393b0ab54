"""State dicts: which modules, cells and readouts are found or asked for, and what does not fit is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from core.errors import DataError, FileError, ShapeError
from core.files.models import OpenedModel, open_model
from core.files.models.safetensors import write_safetensors

D, H = 3, 4
GENERATOR = np.random.default_rng(9)


def rnn(prefix: str = "", gates: int = 4, inputs: int = D, units: int = H, end: str = "_l0", biases: int = 2) -> dict:
    """The tensors of one direction of one layer."""
    rows = gates * units
    names = [(f"{prefix}weight_ih{end}", (rows, inputs)), (f"{prefix}weight_hh{end}", (rows, units))]
    names += [(f"{prefix}bias_ih{end}", (rows,)), (f"{prefix}bias_hh{end}", (rows,))][:biases]
    return {name: GENERATOR.normal(size=shape) for name, shape in names}


def linear(name: str, rows: int, columns: int, bias: bool = True) -> dict:
    found = {f"{name}.weight": GENERATOR.normal(size=(rows, columns))}
    return {**found, f"{name}.bias": GENERATOR.normal(size=rows)} if bias else found


def opened(
    folder: Path, tensors: dict, answers: dict | None = None, loss: str = "", kinds: dict | None = None
) -> OpenedModel:
    write_safetensors(folder / "m.safetensors", tensors, kinds or {})
    return open_model(folder / "m.safetensors", answers, loss)


def test_four_three_and_one_gates(tmp_path: Path) -> None:
    lstm = opened(tmp_path, rnn())
    assert (lstm.network.layers[0].cell.definition.name, lstm.answers.asked) == ("LSTM", {})
    gru = opened(tmp_path, rnn(gates=3))
    assert gru.answers.asked["cell"].choices == (
        "gru",
        "gru_reset_before",
        "gru_takes_new",
        "gru_reset_after_takes_new",
    )
    assert gru.answers.taken == {"cell": "gru"}
    simple = opened(tmp_path, rnn(gates=1))
    assert simple.answers.asked["cell"].choices == ("rnn_tanh", "rnn_relu", "rnn_identity", "rnn_logistic")
    relu = opened(tmp_path, rnn(gates=1), {"cell": "rnn_relu"})
    assert relu.network.layers[0].cell.definition.name == "Simple RNN (ReLU)"
    assert relu.answers.guessed == ()


def test_another_cell_than_pytorchs_is_said(tmp_path: Path) -> None:
    model = opened(tmp_path, rnn(gates=3), {"cell": "gru_reset_before"})
    assert any("which PyTorch's own modules do not compute" in remark for remark in model.remarks)
    assert "l0/b_hn" not in model.parameters


def test_an_answer_that_is_no_choice(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Which cell do they belong to.*Got “lstm”, expected one of: “gru”"):
        opened(tmp_path, rnn(gates=3), {"cell": "lstm"})


def test_modules_that_follow_each_other_or_not(tmp_path: Path) -> None:
    chain = {**rnn("b.", inputs=H, units=2), **rnn("a.", units=H)}  # the names say the other way round
    model = opened(tmp_path, chain)
    assert model.answers.taken == {"module": "a → b"}
    assert model.answers.asked["module"].choices == ("a → b", "a", "b")
    assert [block.cell.units for block in model.network.layers] == [4, 2]
    assert opened(tmp_path, chain, {"module": "b"}).network.inputs == H
    apart = {**rnn("one.", inputs=9), **rnn("two.", inputs=7)}
    assert opened(tmp_path, apart).answers.asked["module"].choices == ("one", "two")


def test_modules_of_different_kinds_follow_each_other_too(tmp_path: Path) -> None:
    mixed = {**rnn("a.", gates=4), **rnn("b.", gates=3, inputs=H), **rnn("c.", gates=1, inputs=H)}
    model = opened(tmp_path, mixed, {"cell of c": "rnn_relu"})
    assert model.answers.taken == {"module": "a → b → c", "cell of b": "gru", "cell of c": "rnn_relu"}
    names = [block.cell.definition.short_name for block in model.network.layers]
    assert names == ["LSTM", "GRU", "Simple RNN"]
    assert "gates in the order i, f, g, o and r, z, n" in model.found


def test_cells_with_numbers_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    cells = {k: v for n in (10, 9, 2, 1) for k, v in rnn(f"cells.{n}.", inputs=H, end="").items()}
    model = opened(tmp_path, dict(sorted(cells.items())))
    assert model.answers.taken["module"] == "cells.1 → cells.2 → cells.9 → cells.10"


def test_embeddings_are_guessed_by_their_names_only(tmp_path: Path) -> None:
    model = opened(tmp_path, {**linear("tok_embeddings", 11, D, bias=False), **rnn()})
    assert model.answers.taken == {"embedding": "tok_embeddings.weight"}
    assert model.network.inputs == 11
    other = {**linear("first", 11, D, bias=False), **rnn()}
    assert opened(tmp_path, other).answers.taken == {"embedding": "none"}
    assert opened(tmp_path, other, {"embedding": "first.weight"}).network.inputs == 11


def test_readouts_are_found_by_their_width(tmp_path: Path) -> None:
    model = opened(tmp_path, {**rnn(), **linear("norm", 5, 5), **linear("fc", 2, H)}, loss="cross-entropy")
    assert model.answers.taken == {"readout": "fc.weight", "head": "softmax"}
    assert model.network.head.cell.definition.name == "Softmax"
    assert any("ignored: “norm.weight”, “norm.bias”" in remark for remark in model.remarks)
    two = {**rnn(), **linear("policy", 3, H), **linear("out", 2, H)}
    assert opened(tmp_path, two).answers.taken["readout"] == "out.weight"
    assert opened(tmp_path, two, {"readout": "policy.weight", "head": "logistic"}).network.outputs == 3
    assert opened(tmp_path, two, {"readout": "none"}).network.head.cell.definition.name == "Direct"


def test_a_readout_of_several_layers_is_not_guessed(tmp_path: Path) -> None:
    model = opened(tmp_path, {**rnn(), **linear("fc1", 6, H), **linear("fc2", 2, 6)})
    assert model.answers.taken == {"readout": "none"}
    assert "no readout, so the output is that of the last layer" in model.remarks


def test_a_readout_without_bias_stays_without(tmp_path: Path) -> None:
    model = opened(tmp_path, {**rnn(), **linear("fc", 2, H, bias=False)}, {"readout": "fc.weight"})
    assert "head/b" not in model.parameters
    np.testing.assert_array_equal(model.parameters["head/V"], model.tensors["fc.weight"].load())


def test_classes_need_a_readout(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no readout, so it gives no scores"):
        opened(tmp_path, rnn(), loss="cross-entropy")


def test_tensors_that_are_tied_are_named(tmp_path: Path) -> None:
    tensors = {**rnn(units=D), "emb.weight": GENERATOR.normal(size=(5, D)), "out.bias": np.zeros(5)}
    names = {"format": "pt", "out.weight": "emb.weight"}
    safetensors.numpy.save_file(tensors, tmp_path / "tied.safetensors", metadata=names)
    model = open_model(tmp_path / "tied.safetensors", loss="cross-entropy")
    np.testing.assert_array_equal(model.parameters["head/V"], tensors["emb.weight"])
    assert any(remark.startswith("tied: “emb.weight” and “out.weight”; ") for remark in model.remarks)


def test_a_token_that_may_be_padding_is_named(tmp_path: Path) -> None:
    table = {"emb.weight": GENERATOR.normal(size=(5, D))}
    table["emb.weight"][2] = 0
    remarks = opened(tmp_path, {**rnn(), **table}).remarks
    assert any(remark.startswith("token 2 is embedded as zeros") for remark in remarks)


def test_numbers_that_are_not_finite_are_opened_and_named(tmp_path: Path) -> None:
    tensors = rnn()
    tensors["weight_hh_l0"][3, 1] = np.nan
    tensors["bias_ih_l0"][2] = np.inf
    model = opened(tmp_path, tensors)
    assert "not finite: “weight_hh_l0”[3, 1] is nan, and 1 more numbers" in model.remarks
    assert np.isnan(model.parameters["l0/U_i"][3, 1])


def test_mixed_precisions_are_opened_and_said(tmp_path: Path) -> None:
    model = opened(tmp_path, rnn(), kinds={"weight_ih_l0": "float16", "weight_hh_l0": "float32"})
    assert model.found.endswith("float16 and float32 and float64")


WRONG = {
    "nothing recurrent": (linear("fc", 2, 3), "no recurrent weights: expected names .* got “fc.weight”, “fc.bias”"),
    "no tensors": ({}, "got no tensors"),
    "rows that fit no cell": (rnn(gates=2), "“weight_ih_l0” has 2 × 4 rows, expected 1"),
    "rows that are no multiple": (
        {"weight_ih_l0": np.zeros((7, 3)), "weight_hh_l0": np.zeros((7, 4))}, "a multiple of the units",
    ),
    "no recurrent matrix": ({"weight_ih_l0": np.zeros((8, 3))}, "“weight_hh_l0” is missing beside"),
    "weights that are computed": (
        {"weight_ih_l0": np.zeros((8, 3)), "weight_hh_l0_g": np.zeros((8, 1))}, "“weight_hh_l0_g”.*remove_weight_norm",
    ),
    "all weights computed": (
        {"rnn.parametrizations.weight_ih_l0.original0": np.zeros((8, 1))}, "computed from others",
    ),
    "half the biases": (rnn(biases=1), "“bias_hh_l0” is missing: PyTorch has both biases, or none"),
    "a bias of another length": (
        {**rnn(), "bias_hh_l0": np.zeros(15)}, r"“bias_hh_l0” has shape \(15,\), expected \(16,\)",
    ),
    "a recurrent matrix of another shape": (
        {**rnn(), "weight_hh_l0": np.zeros((12, 4))}, r"“weight_hh_l0” has shape \(12, 4\), expected \(16, 4\)",
    ),
    "a layer left out": ({**rnn(), **rnn(end="_l2", inputs=H)}, "“weight_ih_l1” is missing"),
    "half a direction": (
        {**rnn(), **rnn(end="_l0_reverse"), **rnn(end="_l1", inputs=8)}, "“weight_ih_l1_reverse” is missing",
    ),
    "layers that do not fit": ({**rnn(), **rnn(end="_l1", inputs=9)}, "reads 9 numbers with 4 gates, expected 4 and 4"),
    "another cell above": ({**rnn(), **rnn(end="_l1", inputs=4, gates=3)}, "with 3 gates, expected 4 and 4"),
    "a projected GRU": (
        {**rnn(gates=3), "weight_hh_l0": np.zeros((12, 2)), "weight_hr_l0": np.zeros((2, 4))}, "of an LSTM only",
    ),
    "very many modules": (
        {k: v for n in range(70) for k, v in rnn(f"m{n}.", inputs=1, units=1).items()}, "have 70 layers, expected",
    ),
    "a layer of a thousand": (rnn(end="_l1000"), "expected at most 64 layers"),
    "no units": ({"weight_ih_l0": np.zeros((0, 3)), "weight_hh_l0": np.zeros((0, 0))}, "3 columns for 0 units"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_named(case: str, tmp_path: Path) -> None:
    tensors, said = WRONG[case]
    with pytest.raises((ShapeError, FileError), match=f"^“m.safetensors”: .*{said}"):
        opened(tmp_path, tensors)


def test_whole_numbers_are_no_weights(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="“weight_hh_l0” holds “int8”, expected weights in float16"):
        opened(tmp_path, rnn(), kinds={"weight_hh_l0": "int8"})
