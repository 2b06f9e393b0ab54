"""Expressions: what an equation says, as a tree of operators over leaves, each with its inferred shape.

Forward equations and the backward equations derived from them are both made of these, so that everything that can be
done with one (evaluate, typeset, compile, differentiate) can be done with the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from core.operators.shapes import Shape, shape_of

NUMBER = "number"  # a literal
INPUT = "input"  # x, or what a readout reads
PARAMETER = "parameter"
VARIABLE = "variable"  # the value of an equation, `delay` steps earlier
ADJOINT = "adjoint"  # dL/d(variable), complete
INBOX = "inbox"  # the part of dL/d(variable) that comes from later steps and from the blocks that read the output
TIME = "time"  # t, counted from 0 in walking order
LEAVES = frozenset({NUMBER, INPUT, PARAMETER, VARIABLE, ADJOINT, INBOX, TIME})


class Span(msgspec.Struct, frozen=True):
    """Where an expression stands in its text: line and columns from 1, in characters; ``end`` is exclusive."""

    line: int
    column: int
    end: int


class Expression(msgspec.Struct, frozen=True, eq=False):
    """An operator applied to arguments, or a leaf. Compared by identity: each occurrence in a text is its own."""

    operator: str
    args: tuple[Expression, ...] = ()
    shape: Shape = ()
    name: str = ""
    delay: int = 0
    delay_name: str = ""  # of the named delay that `delay` comes from
    attributes: tuple[float, ...] = ()
    span: Span | None = None

    @property
    def is_leaf(self) -> bool:
        """Whether this reads something instead of computing it."""
        return self.operator in LEAVES

    @property
    def value(self) -> float:
        """The number of a literal."""
        return self.attributes[0]

    def __add__(self, other: Expression | float) -> Expression:
        return add(self, as_expression(other))

    def __radd__(self, other: float) -> Expression:
        return add(number(other), self)

    def __sub__(self, other: Expression | float) -> Expression:
        return apply("sub", self, as_expression(other))

    def __rsub__(self, other: float) -> Expression:
        return apply("sub", number(other), self)

    def __mul__(self, other: Expression | float) -> Expression:
        return multiply(self, as_expression(other))

    def __rmul__(self, other: float) -> Expression:
        return multiply(number(other), self)

    def __truediv__(self, other: Expression | float) -> Expression:
        return apply("div", self, as_expression(other))

    def __neg__(self) -> Expression:
        return apply("neg", self)


def number(value: float, span: Span | None = None) -> Expression:
    """A literal."""
    return Expression(NUMBER, attributes=(float(value),), span=span)


def leaf(
    kind: str, name: str, shape: Shape, delay: int = 0, span: Span | None = None, delay_name: str = ""
) -> Expression:
    """A leaf that reads a named value."""
    return Expression(kind, shape=shape, name=name, delay=delay, delay_name=delay_name, span=span)


def as_expression(value: Expression | float) -> Expression:
    """The value itself, or a literal of it."""
    return value if isinstance(value, Expression) else number(value)


def apply(operator: str, *args: Expression, attributes: tuple[float, ...] = (), span: Span | None = None) -> Expression:
    """``operator`` applied to ``args``. Raises ShapeError where their shapes do not fit."""
    shape = shape_of(operator, tuple(arg.shape for arg in args), attributes)
    return Expression(operator, args, shape, attributes=attributes, span=span)


def is_number(expression: Expression, value: float) -> bool:
    """Whether this is the literal ``value``."""
    return expression.operator == NUMBER and expression.value == value


def add(first: Expression, second: Expression) -> Expression:
    """The sum, without a term that is literally zero."""
    if is_number(first, 0.0):
        return second
    if is_number(second, 0.0):
        return first
    return apply("add", first, second)


def multiply(first: Expression, second: Expression) -> Expression:
    """The element-wise product, without a factor that is literally one."""
    if is_number(first, 1.0):
        return second
    if is_number(second, 1.0):
        return first
    return apply("mul", first, second)


def total(terms: list[Expression]) -> Expression:
    """The sum of one or more terms, left to right."""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def operations(expression: Expression) -> Iterator[Expression]:
    """The operator nodes in evaluation order: arguments before what reads them."""
    for arg in expression.args:
        yield from operations(arg)
    if not expression.is_leaf:
        yield expression


def leaves(expression: Expression) -> Iterator[Expression]:
    """The leaves from left to right, literals included."""
    if expression.is_leaf:
        yield expression
    for arg in expression.args:
        yield from leaves(arg)
