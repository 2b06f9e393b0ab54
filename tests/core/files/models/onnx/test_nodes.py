"""One RNN, LSTM or GRU node each: ONNX's own tests of the operators, and what those leave out."""

from __future__ import annotations

import numpy as np
import pytest

from core.files.models import open_model
from tests.core.files.models.onnx.walks import DATA, expected_of, node_outputs
from tests.data.onnx_node_cases import NodeCase, node_cases

pytest.importorskip("onnx")

FLOAT32 = 2e-6  # the expected numbers come from ONNX Runtime, which computes in float32
BACKEND = sorted(path.stem for path in (DATA / "backend").glob("*.onnx"))


@pytest.mark.parametrize("case", node_cases(), ids=lambda case: case.name)
def test_node_gives_what_onnx_runtime_gives(case: NodeCase):
    expected = expected_of("nodes", case.name)
    found = node_outputs(DATA / "nodes" / f"{case.name}.onnx", expected)
    assert set(found) == set(expected) & {"Y", "Y_h", "Y_c"}
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=0, atol=FLOAT32, err_msg=name)


def test_every_stored_case_is_tested():
    assert {path.stem for path in (DATA / "nodes").glob("*.onnx")} == {case.name for case in node_cases()}
    assert len(BACKEND) == 18


@pytest.mark.parametrize("name", BACKEND)
def test_node_of_onnx_own_tests(name: str):
    """All 18 tests that ONNX has of the three operators."""
    expected, layout = expected_of("backend", name), int(name.endswith("batchwise"))
    found = node_outputs(DATA / "backend" / f"{name}.onnx", expected, layout)
    outputs = set(expected) & {"Y", "Y_h", "Y_c"}
    assert outputs
    for output in outputs:
        values = found[output]
        if layout:  # (T, D, B, H) -> (B, T, D, H), (D, B, H) -> (B, D, H)
            values = np.moveaxis(values, -2, 0)
        np.testing.assert_allclose(values, expected[output], rtol=1e-5, atol=1e-6, err_msg=output)


def test_alphas_are_used_up_by_functions_that_take_one():
    """Sigmoid takes none, so the first alpha is HardSigmoid's; the second one is nobody's."""
    opened = open_model(DATA / "nodes" / "gru_spare_alphas.onnx")
    assert (
        "hard_sigmoid(W_n @ x + U_n @ (r * h[-1]) + b_n, alpha=0.3, beta=0.5)"
        in opened.network.layers[0].cell.definition.equation("n").text
    )


@pytest.mark.parametrize(
    ("case", "cell"),
    [
        ("lstm", "LSTM"),
        ("lstm_peepholes", "LSTM with peepholes"),
        ("lstm_input_forget", "LSTM with coupled gates"),
        ("gru_before", "GRU (reset before the product, z keeps the old state)"),
        ("gru_after", "GRU (reset after the product, z keeps the old state)"),
        ("rnn", "Simple RNN (tanh)"),
        ("rnn_relu", "Simple RNN (ReLU)"),
        ("rnn_no_bias", "Simple RNN (tanh) (no biases)"),
        ("lstm_clip", "LSTM (clipped at 0.6)"),
    ],
)
def test_cell_is_a_shipped_one_where_it_says_the_same(case: str, cell: str):
    assert open_model(DATA / "nodes" / f"{case}.onnx").network.layers[0].cell.definition.name == cell


def test_directions_may_have_cells_of_their_own():
    network = open_model(DATA / "nodes" / "rnn_both_different.onnx").network
    texts = [network.block(name).cell.definition.equation("h").text for name in ("l0", "l0.reverse")]
    assert texts == [
        "h = hard_sigmoid(W @ x + U @ h[-1] + b, alpha=0.3, beta=0.45)",
        "h = elu(W @ x + U @ h[-1] + b, alpha=0.7)",
    ]


def test_fixed_lengths_are_said():
    remarks = " ".join(open_model(DATA / "nodes" / "lstm_baked_lengths.onnx").remarks)
    assert "the file fixes the lengths of its sequences (5, 2, 4)" in remarks
