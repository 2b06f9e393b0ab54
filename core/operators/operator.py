"""What the table says of one operator: value, derivative, notation and fast kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.operators.expression import Expression, apply, as_expression

Array = NDArray[Any]
Call = tuple[Callable[..., Any], tuple[Any, ...]]  # a function and the arguments to call it with
Value = Callable[..., Array]
Kernel = Callable[..., list[Call]]
Vjp = Callable[..., tuple[Expression | None, ...]]

COMPARED, SUM, PRODUCT, PREFIX, ATOM = range(5)  # how tightly a notation binds
ANY = 0  # arity of an operator that takes as many arguments as it is given
_NO_OPTIONS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Operator:
    """One row of the table.

    ``value`` and ``branch`` get (*arrays, *attributes), ``vjp`` gets (g, y, *expressions, *attributes), where ``g`` is
    dL/d(result) and ``y`` the result, and gives one expression an argument, None where nothing flows.
    """

    name: str
    value: Value
    vjp: Vjp
    latex: str  # template; {0}, {1} the arguments, {a}, {b} the attributes
    sign: str  # short sign for diagrams
    arity: int = 1
    binds: int = ATOM
    needs: tuple[int, ...] = (0, 0, 0)  # how tightly each argument must bind to go without parentheses
    defaults: Mapping[str, float] = field(default_factory=lambda: _NO_OPTIONS)  # attributes by name
    kernel: Kernel | None = None  # (out, *arrays, *attributes) -> calls that write into out
    kernel_of_negative: Kernel | None = None  # the same, where the one argument comes with the opposite sign
    branch: Value | None = None  # which side of its kinks the arguments are on


def function_row(name: str, value: Value, vjp: Vjp, sign: str, latex: str = "", **rest: Any) -> Operator:
    """A row that is written as a function: its sign upright before the arguments, unless ``latex`` says otherwise."""
    return Operator(name, value, vjp, latex or upright(sign) + r"\left({0}\right)", sign, **rest)


def upright(sign: str) -> str:
    """The template of a name that is not in italics."""
    return r"\mathrm{{" + sign.replace(" ", r"\,") + "}}"


def call_of(function: np.ufunc) -> Kernel:
    """The kernel of an operator that is a NumPy function."""
    return lambda out, *args: [(function, (*args, out))]


def unary(name: str, x: Expression, *attributes: float) -> Expression:
    """An operator applied to one expression."""
    return apply(name, x, attributes=attributes)


def choose(condition: Expression, yes: Expression | float, no: Expression | float) -> Expression:
    """``where`` as an expression."""
    return apply("where", condition, as_expression(yes), as_expression(no))


def step(x: Expression) -> Expression:
    """1 where x > 0, else 0, as an expression."""
    return apply("step", x)


def transposed(matrix: Expression) -> Expression:
    """The transpose, simplified where the matrix is itself a transpose or an outer product."""
    if matrix.operator == "transpose":
        return matrix.args[0]
    if matrix.operator == "outer":
        return apply("outer", matrix.args[1], matrix.args[0])
    return apply("transpose", matrix)


def positive(x: Array, *_: float) -> Array:
    """Branch of an operator with a kink at 0."""
    return x.real > 0
