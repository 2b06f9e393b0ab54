"""Which parameters multiply something of an earlier step."""

from __future__ import annotations

import pytest

from core.language import parse_cell, read_cell
from core.language.recurrence import recurrent_matrices


@pytest.mark.parametrize(
    ("cell", "matrices"),
    [
        ("rnn_by_hand", ["W_s"]),
        ("lstm", ["U_f", "U_i", "U_g", "U_o"]),
        ("gru_reset_before", ["U_r", "U_z", "U_n"]),
        ("gru_simplified", ["W_n", "W_u"]),
        ("gru_concatenated", ["W_r", "W_z", "W_n"]),
        ("rnn_skip_only", ["U_d"]),
        ("rnn_skip_learned", ["U"]),
        ("leaky", []),
    ],
)
def test_recurrent_matrices_of_cells(cell: str, matrices: list[str]) -> None:
    assert list(recurrent_matrices(read_cell(cell))) == matrices


def test_a_matrix_used_twice_is_named_once_and_one_of_the_new_alone_is_not() -> None:
    assert recurrent_matrices(parse_cell("n = V @ x\nm = U @ h[-1]\nh = tanh(n + U @ m)")) == ("U",)
