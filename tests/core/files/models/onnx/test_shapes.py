"""Whatever moves numbers: the same for numbers of the file, and for what the network computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.files.models.onnx.graph import Node
from core.files.models.onnx.operands import Account, Operands
from core.files.models.onnx.shapes import MOVES
from core.files.models.onnx.values import Atom, Fed, Known, NotUnderstood, Signal, Value, computed

ATOMS = [Atom(5), Atom(2), Atom(1), Atom(2), Atom(3)]
SIGNAL = Signal(tuple((atom,) for atom in ATOMS), Fed("x", ()))
NUMBERS = np.arange(60).reshape([atom.size for atom in ATOMS])


def moved(operator: str, value: Value, *others: NDArray[Any], **attributes: Any) -> Value:
    node = Node(operator, "", 1, ("a", "b", "c", "d", "e"), ("y",), attributes)
    given = (value, *(computed(np.asarray(other)) for other in others))
    (found,) = MOVES[operator](Operands(node, given, 17, Account(1000)))
    return found


def numbers_of(signal: Signal) -> NDArray[np.int64]:
    """The numbers of SIGNAL in the order that the atoms of a signal are in."""
    left = [atom for dim in signal.dims for atom in dim]
    order = [next(n for n, atom in enumerate(ATOMS) if atom is other) for other in left]
    order += [n for n in range(len(ATOMS)) if n not in order]  # of size 1
    return NUMBERS.transpose(order).reshape(signal.shape)


@given(st.data())
def test_a_signal_is_moved_as_its_numbers_are(data: st.DataObject):
    """Transposes, reshapes, squeezes and unsqueezes one after the other, beside NumPy doing the same."""
    signal: Value = SIGNAL
    numbers: Value = computed(NUMBERS)
    for _ in range(data.draw(st.integers(1, 6))):
        assert isinstance(signal, Signal)
        operator, others, attributes = data.draw(_move(signal.shape))
        try:
            signal = moved(operator, signal, *others, **attributes)
        except NotUnderstood:
            assert operator == "Reshape"  # nothing else can cut an atom
            continue
        numbers = moved(operator, numbers, *others, **attributes)
        assert isinstance(signal, Signal)
        assert isinstance(numbers, Known)
        assert signal.shape == numbers.array.shape
        np.testing.assert_array_equal(numbers_of(signal), numbers.array)


@st.composite
def _move(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[str, list[NDArray[Any]], dict[str, Any]]:
    """A node that can follow on a value of this shape."""
    operator = draw(st.sampled_from(["Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten"]))
    if operator == "Transpose":
        return operator, [], {"perm": draw(st.permutations(range(len(shape))))}
    if operator == "Unsqueeze":
        return operator, [np.array([draw(st.integers(-len(shape) - 1, len(shape)))])], {}
    if operator == "Flatten":
        return operator, [], {"axis": draw(st.integers(0, len(shape)))}
    if operator == "Squeeze":
        return operator, [], {}
    wanted, rest = [], 60
    while rest > 1 and len(wanted) < 5:
        wanted.append(draw(st.sampled_from([size for size in range(1, rest + 1) if rest % size == 0])))
        rest //= wanted[-1]
    return operator, [np.array([*wanted, -1])], {}


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (([0], [2]), slice(0, 2)),
        (([-2], [2**62]), slice(3, 5)),
        (([1], [-1]), slice(1, 4)),
        (([-(2**62)], [2**62]), slice(0, 5)),
        (([4], [1], [0], [-2]), slice(4, 1, -2)),
        (([-1], [-(2**62)], [0], [-1]), slice(None, None, -1)),
    ],
)
def test_bounds_of_a_slice_are_those_of_onnx(bounds: tuple[list[int], ...], expected: slice):
    found = moved("Slice", computed(NUMBERS), *map(np.array, bounds))
    assert isinstance(found, Known)
    np.testing.assert_array_equal(found.array, NUMBERS[expected])


def test_numbers_keep_where_they_come_from():
    """Each number of a result is still the number of the file that it was."""
    table = Known(np.arange(12.0).reshape(3, 4) * 10, lambda: np.arange(100, 112).reshape(3, 4))
    found = moved("Transpose", moved("Slice", table, [1], [3]), perm=[1, 0])
    assert isinstance(found, Known)
    np.testing.assert_array_equal(found.origin, [[104, 108], [105, 109], [106, 110], [107, 111]])
    np.testing.assert_array_equal(found.array, (found.origin - 100) * 10)
    joined = moved("Concat", found, np.zeros((4, 1)), axis=1)
    assert isinstance(joined, Known)
    np.testing.assert_array_equal(joined.origin[:, -1], [-1] * 4)


@pytest.mark.parametrize(
    ("operator", "others", "attributes"),
    [
        ("Transpose", [], {"perm": [0, 0, 1, 2, 3]}),
        ("Reshape", [[7, -1]], {}),
        ("Reshape", [[-1, -1]], {}),
        ("Reshape", [[-2, 60]], {}),
        ("Reshape", [[0, 0, 0, 0, 0, 0]], {}),
        ("Squeeze", [[0]], {}),
        ("Unsqueeze", [[0, 0]], {}),
        ("Unsqueeze", [[9]], {}),
        ("Slice", [[0], [1], [9]], {}),
        ("Slice", [[0], [1], [0], [0]], {}),
        ("Slice", [[0, 1], [1]], {}),
        ("Gather", [[9]], {}),
        ("Expand", [[7, 1, 1, 1, 1]], {}),
    ],
)
@pytest.mark.parametrize("value", [SIGNAL, computed(NUMBERS)], ids=["signal", "numbers"])
def test_what_does_not_fit_is_not_understood(
    value: Value, operator: str, others: list[list[int]], attributes: dict[str, Any]
):
    with pytest.raises(NotUnderstood):
        moved(operator, value, *map(np.array, others), **attributes)


def test_numbers_of_an_unknown_kind_are_not_understood():
    with pytest.raises(NotUnderstood):
        moved("Cast", computed(NUMBERS), to=8)
