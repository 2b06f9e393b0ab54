"""Random equations of the grammar: they parse, evaluate, typeset, and the plan equals Evaluator and complex steps."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cell import cell_from_text
from core.errors import LanguageError
from core.language import parse_cell
from core.language.latex import latex_of
from tests.core.walks import check_gradients, check_values, random_walk

UNITS, INPUTS = 3, 2
# Smooth and bounded, so that rounding is not blown up and no kink lies under a complex step
BOUNDED = ("tanh", "sigmoid", "softsign", "sin", "cos", "softmax", "layer_norm")
PLAIN = (*BOUNDED, "softplus", "silu", "relu", "elu", "leaky_relu", "hard_sigmoid", "abs", "identity", "clip")


@st.composite
def vectors(draw: st.DrawFn, names: tuple[str, ...], depth: int) -> str:
    """Text of an expression that is a vector of one number a unit."""
    if depth == 0:
        return draw(st.sampled_from(names))
    inner = vectors(names, depth - 1)
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.sampled_from(names))
    if kind <= 2:
        return f"{draw(st.sampled_from(PLAIN))}({draw(inner)})"
    if kind <= 4:
        return f"({draw(inner)} {draw(st.sampled_from('+-'))} {draw(inner)})"
    if kind == 5:
        bounded = st.sampled_from(BOUNDED)
        return f"({draw(bounded)}({draw(inner)}) * {draw(bounded)}({draw(inner)}))"
    if kind == 6:
        matrix = draw(st.sampled_from(["U", "R", "transpose(U)", "(U * R)", "tanh(R)", "(0.5 * U)", "(U - R)"]))
        return f"({matrix} @ {draw(inner)})"
    if kind == 7:
        return f"(C @ [x, {draw(inner)}])"
    if kind == 8:
        return draw(st.sampled_from(["(W @ x)", "(-b)", "where(t % 2 == 0, h[-1], W @ x)"]))
    return f"({draw(scalars(names, depth - 1))} * {draw(inner)})"


@st.composite
def scalars(draw: st.DrawFn, names: tuple[str, ...], depth: int) -> str:
    """Text of an expression that is a number."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return str(draw(st.floats(-2, 2, allow_nan=False).map(lambda value: round(value, 3))))
    if kind == 1:
        return "(t / 5)"
    return f"{draw(st.sampled_from(['mean', 'sum']))}(tanh({draw(vectors(names, depth))}))"


@st.composite
def cells(draw: st.DrawFn) -> str:
    """Text of a cell of one to three equations."""
    names: tuple[str, ...] = ("h[-1]", "h[-2]", "b")
    lines = []
    for name in ("a", "c")[: draw(st.integers(0, 2))]:
        lines.append(f"{name} = {draw(vectors(names, 2))} + b * 0")
        names = (*names, name, f"{name}[-1]")
    lines.append(f"h = tanh(W @ x + U @ h[-1] + R @ h[-2] + C @ [x, b] + b + {draw(vectors(names, 3))})")
    return "\n".join(lines)


def with_shapes(equations: str) -> str:
    shapes = {"W": '["units", "inputs"]', "U": '["units", "units"]', "R": '["units", "units"]', "b": '["units"]'}
    tables = [f"[parameters.{name}]\nshape = {shape}" for name, shape in shapes.items()]
    return f'equations = """\n{equations}\n"""\n' + "\n".join(tables)


def refusal(text: str) -> LanguageError | None:
    """The error that a text is refused with; None where it is a cell."""
    try:
        parse_cell(text)
    except LanguageError as error:
        return error
    return None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cells(), st.sampled_from([(), (2,)]), st.integers(0, 99))
def test_plan_equals_evaluator_and_complex_steps(equations: str, batch: tuple[int, ...], seed: int) -> None:
    cell = cell_from_text(with_shapes(equations), inputs=INPUTS, units=UNITS)
    walk = random_walk(cell, steps=3, batch=batch, seed=seed, spread=0.4)
    tape = walk.walked()
    check_values(walk, tape)
    check_gradients(walk, tape, 1e-9)  # a softmax or norm of nearly equal numbers costs digits
    assert all(latex_of(equation.expression) for equation in cell.definition.equations)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("hWx=+-*/@()[]{}:,.'\"\\\n \t0123456789_#σЖ字\0\r%<>!&|^~`$;fe"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    error = refusal(text)
    assert error is None or str(error)


@settings(max_examples=200, deadline=None)
@given(cells(), st.data())
def test_damaged_equations_are_read_or_refused_in_their_place(equations: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(equations)))
    damaged = equations[:at] + data.draw(st.sampled_from([")", "(", "[", "]", ".", " = ", "@", "é", "\n", ",", "'"]))
    damaged += equations[at + data.draw(st.integers(0, 3)) :]
    error = refusal(damaged)
    if error is not None and error.line:
        lines = damaged.split("\n")
        assert error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 1


def test_random_numbers_are_finite() -> None:
    walk = random_walk(cell_from_text(with_shapes("h = tanh(W @ x + U @ h[-1] + R @ b)"), inputs=INPUTS, units=UNITS))
    assert np.isfinite(walk.walked().values("h")).all()
