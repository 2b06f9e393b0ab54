"""Every rule of the operator table against a complex step; a new operator is tested as soon as it is in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from core.evaluate import Evaluator
from core.operators import OPERATORS, Expression, Size
from core.operators.expression import VARIABLE, apply, leaf, total
from core.operators.shapes import Shape

STEP = 1e-30
N, M = Size(3), Size(4)
VECTOR, SCALAR, MATRIX = (N,), (), (M, N)

Arrays = Mapping[str, np.ndarray]

SHAPES: Mapping[str, tuple[Shape, ...]] = {
    "matmul": (MATRIX, VECTOR),
    "outer": ((M,), VECTOR),
    "transpose": (MATRIX,),
    "matrix_sum": (MATRIX,),
    "matrix_spread": (SCALAR, MATRIX),
    "spread": (SCALAR, VECTOR),
    "concat": (VECTOR, (M,), VECTOR),
    "part": ((Size(7),), VECTOR, (M,)),
    "slice": ((M,),),
    "pad": ((Size(2),), (M,)),
}
ATTRIBUTES: Mapping[str, tuple[float, ...]] = {"part": (1.0,), "slice": (1.0, 3.0), "pad": (1.0, 3.0)}
POSITIVE = frozenset({"log", "sqrt", "div", "mod", "power"})  # arguments away from poles
DATA = frozenset({"softmax_cross_entropy", "logistic_cross_entropy"})  # whose second argument gets no gradient
COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})
FLAT = COMPARISONS | {"sign", "step", "count", "zeros"}
SCALAR_PLACES = tuple(  # element-wise operators of several arguments also take a scalar in each place
    (name, place)
    for name in ("add", "sub", "mul", "div", "mod", "where", "maximum", "minimum")
    for place in range(OPERATORS[name].arity)
)


def argument_shapes(name: str) -> tuple[Shape, ...]:
    return SHAPES.get(name, (VECTOR,) * OPERATORS[name].arity)


def attributes_of(name: str) -> tuple[float, ...]:
    return ATTRIBUTES.get(name, tuple(OPERATORS[name].defaults.values()))


def leaves_for(shapes: tuple[Shape, ...]) -> tuple[Expression, ...]:
    return tuple(leaf(VARIABLE, f"a{index}", shape) for index, shape in enumerate(shapes))


def sizes_of(shape: Shape) -> tuple[int, ...]:
    return tuple(int(size.label or 0) for size in shape) or (1,)


def random_for(name: str, args: tuple[Expression, ...], batch: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    values = {arg.name: generator.normal(0, 1.5, size=(*batch, *sizes_of(arg.shape))) for arg in args}
    if name in POSITIVE:
        values = {key: np.abs(value) + 0.3 for key, value in values.items()}
    if name == "where":
        values["a0"] = np.round(values["a0"])
    if name in DATA:
        values["a1"] = np.exp(values["a1"]) / np.exp(values["a1"]).sum(axis=-1, keepdims=True)
    return values


def evaluate(expression: Expression, values: Arrays) -> np.ndarray:
    return Evaluator(lambda node: values[node.name]).value(expression)


def gradients(result: Expression, cotangent: Expression) -> list[Expression | None]:
    operator = OPERATORS[result.operator]
    return list(operator.vjp(cotangent, result, *result.args, *result.attributes))


def fitted(value: np.ndarray, like: np.ndarray, rank: int) -> np.ndarray:
    """A gradient in the shape of its argument: what the caller of a rule adds up."""
    axes = tuple(range(-max(rank, 1), 0))
    for axis in axes:
        if like.shape[axis] == 1 and value.shape[axis] > 1:
            value = value.sum(axis=axis, keepdims=True)
    return np.broadcast_to(value, like.shape)


def complex_step(function: Callable[[Arrays], np.ndarray], values: Arrays, name: str, weight: np.ndarray) -> np.ndarray:
    """d sum(weight * function) / d values[name], one entry after the other."""
    gradient = np.zeros(values[name].shape)
    for index in np.ndindex(gradient.shape):
        moved = values[name].astype(complex)
        moved[index] += 1j * STEP
        gradient[index] = (weight * function({**values, name: moved})).sum().imag / STEP
    return gradient


def check(name: str, args: tuple[Expression, ...], batch: tuple[int, ...], seed: int = 3) -> None:
    result = apply(name, *args, attributes=attributes_of(name))
    values = random_for(name, args, batch, seed)
    value = evaluate(result, values)
    weight = np.random.default_rng(seed + 1).normal(size=(*batch, *sizes_of(result.shape)))
    assert np.broadcast_shapes(value.shape, weight.shape) == weight.shape
    cotangent = leaf(VARIABLE, "g", result.shape)
    for arg, rule in zip(args, gradients(result, cotangent), strict=True):
        if name in DATA and arg.name == "a1":
            assert rule is None
            continue
        expected = complex_step(lambda v: evaluate(result, v), values, arg.name, weight)
        if rule is None:
            np.testing.assert_array_equal(expected, 0.0)
            continue
        found = fitted(evaluate(rule, {**values, "g": weight}), values[arg.name], len(arg.shape))
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)  # a complex step is exact to rounding


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
@pytest.mark.parametrize("name", OPERATORS)
def test_first_derivative(name: str, batch: tuple[int, ...]) -> None:
    check(name, leaves_for(argument_shapes(name)), batch)


@pytest.mark.parametrize(("name", "place"), SCALAR_PLACES)
def test_scalar_among_vectors(name: str, place: int) -> None:
    shapes = [VECTOR] * OPERATORS[name].arity
    shapes[place] = SCALAR
    check(name, leaves_for(tuple(shapes)), (2,))


@pytest.mark.parametrize("attributes", [(0.0,), (1.0,), (2.0,), (3.0,), (-1.0,), (0.5,)])
def test_powers(attributes: tuple[float, ...]) -> None:
    (x,) = leaves_for((VECTOR,))
    result = apply("power", x, attributes=attributes)
    values = {"a0": np.array([0.4, 1.0, 2.5])}
    weight = np.array([1.0, -2.0, 0.5])
    (rule,) = gradients(result, leaf(VARIABLE, "g", VECTOR))
    expected = complex_step(lambda v: evaluate(result, v), values, "a0", weight)
    found = np.zeros(3) if rule is None else evaluate(rule, {**values, "g": weight})
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", sorted(set(OPERATORS) - FLAT))
def test_second_derivative(name: str) -> None:
    """A rule is made of operators of the table, so it can be differentiated again; here through sum(rule * weight)."""
    args = leaves_for(argument_shapes(name))
    result = apply(name, *args, attributes=attributes_of(name))
    values = random_for(name, args, (), 5)
    cotangent = leaf(VARIABLE, "g", result.shape)
    values["g"] = np.random.default_rng(6).normal(size=sizes_of(result.shape))
    for rule in gradients(result, cotangent):
        if rule is None:
            continue
        weight = np.random.default_rng(7).normal(size=evaluate(rule, values).shape)
        for arg in (*args, cotangent):
            if name in DATA and arg.name == "a1":
                continue  # the target is data
            found = reverse(rule, arg.name, values, weight)
            expected = complex_step(lambda v, rule=rule: evaluate(rule, v), values, arg.name, weight)
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def reverse(root: Expression, name: str, values: Arrays, weight: np.ndarray) -> np.ndarray:
    """d sum(weight * root) / d values[name] by the rules, through the whole expression."""
    from_root = leaf(VARIABLE, "w", root.shape)
    terms = list(_walk(root, from_root, name))
    if not terms:
        return np.zeros(values[name].shape)
    return np.asarray(evaluate(total(terms), {**values, "w": weight}) + np.zeros(values[name].shape))


def _walk(node: Expression, cotangent: Expression, name: str) -> list[Expression]:
    if node.is_leaf:
        return [cotangent] if node.name == name else []
    found = []
    for arg, rule in zip(node.args, gradients(node, cotangent), strict=True):
        if rule is not None:
            found += _walk(arg, _in_shape_of(arg, rule), name)
    return found


def _in_shape_of(arg: Expression, rule: Expression) -> Expression:
    rank, wanted = len(rule.shape), len(arg.shape)
    if rank == wanted:
        return rule
    if wanted == 0:
        return apply("matrix_sum" if rank == 2 else "sum", rule)
    return apply("matrix_spread" if wanted == 2 else "spread", rule, arg)
