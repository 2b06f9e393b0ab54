"""The operator table: value, derivative, notation and fast kernel of every operator, one place for each.

A vector-Jacobian product is written with expressions, so it is made of the operators of this very table: a derived
backward equation can be evaluated, typeset, compiled and differentiated again. ``g`` is dL/d(result), ``y`` the result
itself; a rule gives one expression an argument, None where nothing flows. Sums over broadcast scalars are added by the
caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.operators import numeric
from core.operators.expression import Expression, apply, as_expression

Array = NDArray[Any]
Call = tuple[Callable[..., Any], tuple[Any, ...]]  # a function and the arguments to call it with
Vjp = Callable[..., tuple[Expression | None, ...]]

COMPARED, SUM, PRODUCT, PREFIX, ATOM = range(5)  # how tightly a notation binds


@dataclass(frozen=True)
class Operator:
    """One row of the table."""

    name: str
    value: Callable[..., Array]  # (*arrays, *attributes) -> array
    vjp: Vjp  # (g, y, *expressions, *attributes) -> an expression or None for each argument
    latex: str  # template; {0}, {1} the arguments, {a}, {b} the attributes
    sign: str  # short sign for diagrams
    binds: int = ATOM
    needs: tuple[int, ...] = (0, 0, 0)  # how tightly each argument must bind to go without parentheses
    defaults: Mapping[str, float] = field(default_factory=dict)  # attributes by name
    kernel: Callable[..., list[Call]] | None = None  # (out, *arrays, *attributes) -> calls that write into out
    branch: Callable[..., Array] | None = None  # which side of its kinks the arguments are on


def _ufunc(function: np.ufunc) -> Callable[..., list[Call]]:
    return lambda out, *args: [(function, (*args, out))]


def _sigmoid_kernel(out: Array, x: Array) -> list[Call]:
    return [(np.negative, (x, out)), (np.exp, (out, out)), (np.add, (out, 1.0, out)), (np.divide, (1.0, out, out))]


def _function(name: str, value: Callable[..., Array], vjp: Vjp, latex: str = "", sign: str = "", **rest: Any) -> Operator:
    shown = latex or r"\mathrm{{" + name.replace("_", r"\,") + r"}}\left({0}\right)"
    return Operator(name, value, vjp, shown, sign or name.replace("_", " "), **rest)


def _compare(name: str, function: np.ufunc, latex: str, sign: str) -> Operator:
    def value(a: Array, b: Array) -> Array:
        return numeric.compare(function, a, b)

    return Operator(name, value, lambda g, y, a, b: (None, None), "{0} " + latex + " {1}", sign, COMPARED, (1, 1),
                    branch=value)  # fmt: skip


def _positive(x: Array, *_: float) -> Array:
    return x.real > 0


def _concat_vjp(g: Expression, _: Expression, *args: Expression) -> tuple[Expression, ...]:
    return tuple(apply("part", g, *args, attributes=(float(index),)) for index in range(len(args)))


def _part(index: int, whole: Array, *like: Array) -> Array:
    first = sum(vector.shape[-1] for vector in like[:index])
    return whole[..., first : first + like[index].shape[-1]]


def _layer_norm_vjp(g: Expression, y: Expression, x: Expression, epsilon: float) -> tuple[Expression]:
    centred = x - mean(x)
    deviation = apply("sqrt", mean(centred * centred) + epsilon)
    return ((g - mean(g) - y * mean(g * y)) / deviation,)


def _part_vjp(g: Expression, _: Expression, *args: Any) -> tuple[Expression | None, ...]:
    *expressions, index = args
    pieces = [apply("zeros", piece) for piece in expressions[1:]]
    pieces[int(index)] = g
    return (apply("concat", *pieces), *(None for _ in expressions[1:]))


def mean(x: Expression) -> Expression:
    """The mean of a vector, as a scalar."""
    return apply("mean", x)


def _where(condition: Expression, yes: Expression | float, no: Expression | float) -> Expression:
    return apply("where", condition, as_expression(yes), as_expression(no))


def _step(x: Expression) -> Expression:
    return apply("step", x)


def _f(name: str, x: Expression, *attributes: float) -> Expression:
    return apply(name, x, attributes=attributes)


_ARITHMETIC = (
    Operator("add", np.add, lambda g, y, a, b: (g, g), "{0} + {1}", "+", SUM, (SUM, SUM), kernel=_ufunc(np.add)),
    Operator("sub", np.subtract, lambda g, y, a, b: (g, -g), "{0} - {1}", "−", SUM, (SUM, PRODUCT),
             kernel=_ufunc(np.subtract)),
    Operator("mul", np.multiply, lambda g, y, a, b: (g * b, g * a), r"{0} \odot {1}", "⊙", PRODUCT, (PRODUCT, PRODUCT),
             kernel=_ufunc(np.multiply)),
    Operator("div", np.divide, lambda g, y, a, b: (g / b, -(g * y / b)), r"\frac{{{0}}}{{{1}}}", "÷",
             kernel=_ufunc(np.divide)),
    Operator("neg", np.negative, lambda g, y, a: (-g,), "-{0}", "−", SUM, (PRODUCT,), kernel=_ufunc(np.negative)),
    Operator("power", np.power, lambda g, y, x, n: (g * (n * _f("power", x, n - 1.0)),), "{0}^{{{a}}}", "xⁿ", PREFIX,
             (ATOM,), {"n": 2.0}),
    Operator("mod", numeric.modulo, lambda g, y, a, b: (g, g * (y - a) / b), r"{0} \bmod {1}", "mod", PRODUCT,
             (PREFIX, PREFIX), branch=lambda a, b: np.floor(a.real / b.real)),
)  # fmt: skip

_VECTORS = (
    Operator("matmul", numeric.matmul, lambda g, y, m, v: (apply("outer", g, v), apply("matmul", transposed(m), g)),
             r"{0} \, {1}", "@", PRODUCT, (PREFIX, PREFIX)),
    Operator("outer", numeric.outer, lambda g, y, a, b: (apply("matmul", g, b), apply("matmul", transposed(g), a)),
             r"{0} \, {1}^{{\top}}", "a bᵀ", PRODUCT, (PREFIX, ATOM)),
    Operator("transpose", numeric.transpose, lambda g, y, m: (transposed(g),), r"{0}^{{\top}}", "ᵀ", PREFIX, (ATOM,)),
    _function("sum", lambda x: x.sum(axis=-1, keepdims=True), lambda g, y, x: (apply("spread", g, x),),
              r"\sum \left({0}\right)", "Σ"),
    _function("mean", lambda x: x.mean(axis=-1, keepdims=True),
              lambda g, y, x: (apply("spread", g / apply("count", x), x),), sign="mean"),
    _function("count", lambda x: np.full((1,), float(x.shape[-1])), lambda g, y, x: (None,), sign="n"),
    _function("zeros", np.zeros_like, lambda g, y, x: (None,), "0", "0"),
    Operator("spread", lambda s, like: s + np.zeros_like(like), lambda g, y, s, like: (apply("sum", g), None),
             "{0}", "1", ATOM, (ATOM, 0)),
    Operator("concat", numeric.concat, _concat_vjp, "[{all}]", "[ ]"),
    Operator("part", lambda *a: _part(int(a[-1]), *a[:-1]), _part_vjp, r"\left[{0}\right]_{{\mathrm{{{piece}}}}}", "[ ]ᵢ"),
    Operator("slice", lambda v, first, last: v[..., int(first) : int(last)],
             lambda g, y, v, first, last: (apply("pad", g, v, attributes=(first, last)),), "{0}_{{[{a}:{b}]}}", "[:]", ATOM,
             (ATOM,), {"first": 0, "last": 0}),
    Operator("pad", lambda v, like, first, last: numeric.pad(v, like, int(first), int(last)),
             lambda g, y, v, like, first, last: (_f("slice", g, first, last), None), r"\mathrm{{pad}}\left({0}\right)", "pad"),
)  # fmt: skip

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

_ACTIVATIONS = (
    _function("identity", np.positive, lambda g, y, x: (g,), "{0}", "id", binds=ATOM, needs=(ATOM,),
              kernel=_ufunc(np.positive)),
    _function("sigmoid", numeric.sigmoid, lambda g, y, x: (g * (y * (1.0 - y)),), r"\sigma\left({0}\right)", "σ",
              kernel=_sigmoid_kernel),
    _function("tanh", np.tanh, lambda g, y, x: (g * (1.0 - y * y),), r"\tanh\left({0}\right)", "tanh",
              kernel=_ufunc(np.tanh)),
    _function("relu", lambda x: np.where(x.real > 0, x, 0.0), lambda g, y, x: (g * _step(x),), sign="ReLU",
              kernel=lambda out, x: [(np.maximum, (x, 0.0, out))], branch=_positive),
    _function("leaky_relu", lambda x, a: np.where(x.real > 0, x, a * x), lambda g, y, x, a: (_where(_step(x), g, g * a),),
              sign="leaky ReLU", defaults={"alpha": 0.01}, branch=_positive),
    _function("thresholded_relu", lambda x, a: np.where(x.real > a, x, 0.0), lambda g, y, x, a: (g * _step(x - a),),
              sign="thr. ReLU", defaults={"alpha": 1.0}, branch=lambda x, a: x.real > a),
    _function("elu", lambda x, a: np.where(x.real > 0, x, a * (np.exp(np.where(x.real > 0, 0.0, x)) - 1.0)),
              lambda g, y, x, a: (_where(_step(x), g, g * (y + a)),), sign="ELU", defaults={"alpha": 1.0}, branch=_positive),
    _function("selu", lambda x: _SELU_SCALE * np.where(x.real > 0, x, _SELU_ALPHA * (np.exp(np.where(x.real > 0, 0.0, x)) - 1.0)),
              lambda g, y, x: (_where(_step(x), g * _SELU_SCALE, g * (y + _SELU_SCALE * _SELU_ALPHA)),), sign="SELU",
              branch=_positive),
    _function("silu", lambda x: x * numeric.sigmoid(x), lambda g, y, x: (g * (_f("sigmoid", x) * (1.0 + x * (1.0 - _f("sigmoid", x)))),),
              sign="SiLU"),
    _function("softplus", numeric.softplus, lambda g, y, x: (g * _f("sigmoid", x),), sign="softplus"),
    _function("softsign", lambda x: x / (1.0 + numeric.absolute(x)),
              lambda g, y, x: (g / _f("power", 1.0 + _f("abs", x), 2.0),), sign="softsign"),
    _function("hard_sigmoid", lambda x, a, b: numeric.minimum(numeric.maximum(a * x + b, np.zeros(1)), np.ones(1)),
              lambda g, y, x, a, b: (g * a * (_step(y) * _step(1.0 - y)),), sign="hard σ",
              defaults={"alpha": 0.2, "beta": 0.5}, branch=lambda x, a, b: np.clip(np.floor(a * x.real + b), -1, 1)),
    _function("affine", lambda x, a, b: a * x + b, lambda g, y, x, a, b: (g * a,), sign="affine",
              defaults={"alpha": 1.0, "beta": 0.0}),
    _function("scaled_tanh", lambda x, a, b: a * np.tanh(b * x), lambda g, y, x, a, b: (g * (a * b) * (1.0 - _f("power", y / a, 2.0)),),
              sign="scaled tanh", defaults={"alpha": 1.0, "beta": 1.0}),
    _function("clip", lambda x, low, high: np.where(x.real < low, low, np.where(x.real > high, high, x)),
              lambda g, y, x, low, high: (g * (_step(x - low) * _step(high - x)),), sign="clip",
              defaults={"low": -1.0, "high": 1.0}, branch=lambda x, low, high: (x.real > low) * 1 + (x.real > high)),
    _function("softmax", numeric.softmax, lambda g, y, x: (y * (g - apply("sum", g * y)),), sign="softmax"),
    _function("layer_norm", numeric.normalise, _layer_norm_vjp, r"\mathrm{{LN}}\left({0}\right)", "LN",
              defaults={"epsilon": 1e-5}),
    _function("exp", np.exp, lambda g, y, x: (g * y,), r"\exp\left({0}\right)", "exp", kernel=_ufunc(np.exp)),
    _function("log", np.log, lambda g, y, x: (g / x,), r"\ln\left({0}\right)", "ln", kernel=_ufunc(np.log)),
    _function("sqrt", np.sqrt, lambda g, y, x: (0.5 * g / y,), r"\sqrt{{{0}}}", "√", kernel=_ufunc(np.sqrt)),
    _function("sin", np.sin, lambda g, y, x: (g * _f("cos", x),), r"\sin\left({0}\right)", kernel=_ufunc(np.sin)),
    _function("cos", np.cos, lambda g, y, x: (-(g * _f("sin", x)),), r"\cos\left({0}\right)", kernel=_ufunc(np.cos)),
    _function("abs", numeric.absolute, lambda g, y, x: (g * _f("sign", x),), r"\left|{0}\right|", "abs", branch=_positive),
    _function("sign", numeric.sign, lambda g, y, x: (None,), sign="sign", branch=_positive),
    _function("step", numeric.step, lambda g, y, x: (None,), r"\mathbf{{1}}_{{{0} > 0}}", "step", branch=_positive,
              kernel=lambda out, x: [(np.greater, (x, 0.0, out))]),
)  # fmt: skip

_CHOICES = (
    _function("where", numeric.where, lambda g, y, c, a, b: (None, _where(c, g, 0.0), _where(c, 0.0, g)),
              r"\mathrm{{if}}\left({0};\, {1};\, {2}\right)", "if", branch=lambda c, a, b: c.real != 0),
    _function("maximum", numeric.maximum, lambda g, y, a, b: (_where(apply("greater_equal", a, b), g, 0.0), _where(apply("less", a, b), g, 0.0)),
              r"\max\left({0}, {1}\right)", "max", branch=lambda a, b: a.real >= b.real),
    _function("minimum", numeric.minimum, lambda g, y, a, b: (_where(apply("less_equal", a, b), g, 0.0), _where(apply("greater", a, b), g, 0.0)),
              r"\min\left({0}, {1}\right)", "min", branch=lambda a, b: a.real <= b.real),
    _compare("less", np.less, "<", "<"),
    _compare("less_equal", np.less_equal, r"\leq", "≤"),
    _compare("greater", np.greater, ">", ">"),
    _compare("greater_equal", np.greater_equal, r"\geq", "≥"),
    _compare("equal", np.equal, "=", "="),
    _compare("not_equal", np.not_equal, r"\neq", "≠"),
)  # fmt: skip

# The target is data: nothing flows back to it. Its rows must sum to 1, or to 0 where there is no loss.
_LOSSES = (
    _function("softmax_cross_entropy", numeric.softmax_cross_entropy,
              lambda g, y, z, target: (g * (_f("softmax", z) - target), None),
              r"-\sum {1} \odot \ln \mathrm{{softmax}}\left({0}\right)", "CE", needs=(0, PREFIX), binds=SUM),
    _function("logistic_cross_entropy", numeric.logistic_cross_entropy,
              lambda g, y, z, target: (g * (_f("sigmoid", z) - target), None),
              r"\mathrm{{CE}}\left(\sigma\left({0}\right), {1}\right)", "CE"),
)  # fmt: skip


def transposed(matrix: Expression) -> Expression:
    """The transpose, simplified where the matrix is itself a transpose or an outer product."""
    if matrix.operator == "transpose":
        return matrix.args[0]
    if matrix.operator == "outer":
        return apply("outer", matrix.args[1], matrix.args[0])
    return apply("transpose", matrix)


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {row.name: row for row in (*_ARITHMETIC, *_VECTORS, *_ACTIVATIONS, *_CHOICES, *_LOSSES)}
)

_INTERNAL = {"add", "sub", "mul", "div", "neg", "power", "matmul", "concat", "part", "slice", "pad", "count", "zeros"}
_INTERNAL |= {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"}  # written as signs

FUNCTIONS: tuple[str, ...] = tuple(name for name in OPERATORS if name not in _INTERNAL)
