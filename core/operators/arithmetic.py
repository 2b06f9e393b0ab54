"""Rows of the table: sums, products and choices, element by element."""

from __future__ import annotations

import numpy as np

from core.operators import numeric
from core.operators.expression import Expression, apply
from core.operators.operator import (
    ATOM,
    COMPARED,
    PREFIX,
    PRODUCT,
    SUM,
    Array,
    Operator,
    call_of,
    choose,
    function_row,
    unary,
)

Pair = tuple[Expression | None, ...]


def _power_vjp(g: Expression, _: Expression, x: Expression, n: float) -> Pair:
    """g n x^(n-1), with no power left where n is 0, 1 or 2: 0 times an infinite one would not be a number."""
    if n == 0.0:
        return (None,)
    if n == 1.0:
        return (g,)
    return (n * (g * (x if n == 2.0 else unary("power", x, n - 1.0))),)


def _maximum_vjp(g: Expression, _: Expression, a: Expression, b: Expression) -> Pair:
    return choose(apply("greater_equal", a, b), g, 0.0), choose(apply("less", a, b), g, 0.0)


def _minimum_vjp(g: Expression, _: Expression, a: Expression, b: Expression) -> Pair:
    return choose(apply("less_equal", a, b), g, 0.0), choose(apply("greater", a, b), g, 0.0)


def _compare(name: str, function: np.ufunc, latex: str, sign: str) -> Operator:
    def value(a: Array, b: Array) -> Array:
        return numeric.compare(function, a, b)

    def vjp(*_: Expression) -> Pair:
        return None, None

    return Operator(
        name, value, vjp, "{0} " + latex + " {1}", sign, arity=2, binds=COMPARED, needs=(SUM, SUM), branch=value
    )


ARITHMETIC = (
    Operator(
        "add",
        np.add,
        lambda g, y, a, b: (g, g),
        "{0} + {1}",
        "+",
        arity=2,
        binds=SUM,
        needs=(SUM, SUM),
        kernel=call_of(np.add),
    ),
    Operator(
        "sub",
        np.subtract,
        lambda g, y, a, b: (g, -g),
        "{0} - {1}",
        "−",
        arity=2,
        binds=SUM,
        needs=(SUM, PRODUCT),
        kernel=call_of(np.subtract),
    ),
    Operator(
        "mul",
        np.multiply,
        lambda g, y, a, b: (g * b, g * a),
        r"{0} \odot {1}",
        "⊙",
        arity=2,
        binds=PRODUCT,
        needs=(PRODUCT, PRODUCT),
        kernel=call_of(np.multiply),
    ),
    Operator(
        "div",
        np.divide,
        lambda g, y, a, b: (g / b, -(g * y / b)),
        r"\frac{{{0}}}{{{1}}}",
        "÷",
        arity=2,
        kernel=call_of(np.divide),
    ),
    Operator(
        "neg",
        np.negative,
        lambda g, y, a: (-g,),
        "-{0}",
        "−",
        binds=SUM,
        needs=(PRODUCT,),
        kernel=call_of(np.negative),
    ),
    Operator(
        "power",
        np.power,
        _power_vjp,
        "{0}^{{{a}}}",
        "xⁿ",
        binds=PREFIX,
        needs=(ATOM,),
        defaults={"n": 2.0},
    ),
    Operator(
        "mod",
        numeric.modulo,
        lambda g, y, a, b: (g, g * ((y - a) / b)),
        r"{0} \,\mathrm{{mod}}\, {1}",
        "mod",
        arity=2,
        binds=PRODUCT,
        needs=(PREFIX, PREFIX),
        branch=lambda a, b: np.floor(a.real / b.real),
    ),
)

CHOICES = (
    function_row(
        "where",
        numeric.where,
        lambda g, y, c, a, b: (None, choose(c, g, 0.0), choose(c, 0.0, g)),
        "if",
        r"\mathrm{{if}}\left({0};\, {1};\, {2}\right)",
        arity=3,
        branch=lambda c, a, b: c.real != 0,
    ),
    function_row(
        "maximum",
        numeric.maximum,
        _maximum_vjp,
        "max",
        r"\max\left({0}, {1}\right)",
        arity=2,
        branch=lambda a, b: a.real >= b.real,
    ),
    function_row(
        "minimum",
        numeric.minimum,
        _minimum_vjp,
        "min",
        r"\min\left({0}, {1}\right)",
        arity=2,
        branch=lambda a, b: a.real <= b.real,
    ),
    _compare("less", np.less, "<", "<"),
    _compare("less_equal", np.less_equal, r"\leq", "≤"),
    _compare("greater", np.greater, ">", ">"),
    _compare("greater_equal", np.greater_equal, r"\geq", "≥"),
    _compare("equal", np.equal, "=", "="),
    _compare("not_equal", np.not_equal, r"\neq", "≠"),
)
