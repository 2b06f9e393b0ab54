"""Which variables are gates."""

from __future__ import annotations

import pytest

from core.language import parse_cell, read_cell
from core.language.gates import gates_of


@pytest.mark.parametrize(
    ("cell", "gates"),
    [
        ("lstm", "fio"),
        ("lstm_coupled", "ifo"),
        ("gru", "rz"),
        ("gru_simplified", "u"),
        ("rnn_tanh", ""),
        ("rnn_logistic", "h"),
        ("rnn_leaky", "a"),
        ("rnn_leaky_trained", "a"),
    ],
)
def test_gates_of_cells(cell: str, gates: str) -> None:
    assert gates_of(read_cell(cell)) == tuple(gates)


def test_one_minus_a_gate_is_one_and_two_minus_a_gate_is_none() -> None:
    text = "a = hard_sigmoid(W @ x)\nb = 1 - a\nc = 2 - a\nd = 1 - tanh(a)\ne = 1 - h[-1]\nh = b + c + d + e"
    assert gates_of(parse_cell(text)) == ("a", "b")
