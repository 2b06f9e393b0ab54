"""Layouts: what is read, handed back and written agrees, also where pieces are summed."""

import numpy as np
import pytest

from core.errors import ShapeError
from core.files.models import Layout, Piece

LAYOUT = Layout(
    (
        Piece("weight", "l0/W_i", ((0, 2),)),
        Piece("weight", "l0/W_f", ((2, 4),)),
        Piece("bias_a", "l0/b_i", ((0, 2),)),
        Piece("bias_b", "l0/b_i", ((0, 2),)),
        Piece("kernel", "head/V", transposed=True),
        Piece("stacked", "l0/U", (0, (0, 2))),
    ),
    {"weight": (5, 3), "bias_a": (4,), "bias_b": (4,), "kernel": (3, 2), "stacked": (1, 4, 2)},
)
SHAPES = {"l0/W_i": (2, 3), "l0/W_f": (2, 3), "l0/b_i": (2,), "head/V": (2, 3), "l0/U": (2, 2)}


def tensors():
    generator = np.random.default_rng(3)
    return {name: generator.normal(size=shape) for name, shape in LAYOUT.shapes.items()}


def test_parameters_are_sums_of_pieces():
    given = tensors()
    read = LAYOUT.read(given, SHAPES)
    assert np.array_equal(read["l0/W_f"], given["weight"][2:4])
    assert np.array_equal(read["l0/b_i"], given["bias_a"][:2] + given["bias_b"][:2])
    assert np.array_equal(read["head/V"], given["kernel"].T)
    assert np.array_equal(read["l0/U"], given["stacked"][0, :2])


def test_gradients_are_the_transpose_of_reading():
    """⟨gradient, read(d)⟩ = ⟨gradients(gradient), d⟩ for any change d of the tensors, since reading is linear."""
    generator = np.random.default_rng(4)
    gradient = {path: generator.normal(size=shape) for path, shape in SHAPES.items()}
    change = tensors()
    through = sum(np.vdot(gradient[path], value) for path, value in LAYOUT.read(change, SHAPES).items())
    back = LAYOUT.gradients(gradient)
    assert {name: array.shape for name, array in back.items()} == LAYOUT.shapes
    assert np.isclose(sum(np.vdot(back[name], change[name]) for name in back), through, rtol=1e-13)
    assert not back["weight"][4].any()  # rows that no parameter reads


def test_a_part_that_two_parameters_read_has_the_sum_of_their_gradients():
    tied = Layout((Piece("table", "embedding/E", transposed=True), Piece("table", "head/V")), {"table": (4, 3)})
    gradient = {"embedding/E": np.full((3, 4), 2.0), "head/V": np.arange(12.0).reshape(4, 3)}
    np.testing.assert_array_equal(tied.gradients(gradient)["table"], 2 + gradient["head/V"])


def test_what_is_written_reads_the_same():
    given = tensors()
    wanted = {path: value + 0.5 for path, value in LAYOUT.read(given, SHAPES).items()}
    written = LAYOUT.write(wanted, given)
    read = LAYOUT.read(written, SHAPES)
    assert all(np.allclose(read[path], wanted[path], rtol=0, atol=1e-15) for path in wanted)
    assert np.array_equal(written["bias_b"], given["bias_b"])  # the first summand takes the change
    assert np.array_equal(written["weight"][4], given["weight"][4])


def test_what_did_not_change_is_written_bit_for_bit():
    given = tensors()
    written = LAYOUT.write(LAYOUT.read(given, SHAPES), given)
    assert all(np.array_equal(written[name], given[name]) for name in given)


def test_without_tensors_the_other_summands_are_zero():
    wanted = LAYOUT.read(tensors(), SHAPES)
    written = LAYOUT.write(wanted)
    assert np.array_equal(written["bias_a"][:2], wanted["l0/b_i"])
    assert not written["bias_b"].any()


def test_a_tensor_that_does_not_fit_is_named():
    with pytest.raises(ShapeError, match=r"kernel.*\(2, 2\), expected \(2, 3\) for head/V"):
        LAYOUT.read({**tensors(), "kernel": np.zeros((2, 2))}, SHAPES)


def test_a_tensor_without_gradients_is_left_out():
    assert set(LAYOUT.gradients({"head/V": np.ones((2, 3))})) == {"kernel"}
