"""Text to checked equations: a subset of Python's expression syntax, read with ``ast`` and never executed."""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from core.errors import LanguageError, ShapeError
from core.language.definition import Equation
from core.operators import FUNCTIONS, OPERATORS, Expression, Size, Span
from core.operators.expression import INPUT, PARAMETER, TIME, VARIABLE, apply, leaf, number
from core.operators.shapes import Shape, describe, is_fixed, join_shapes

MAX_OPERATIONS = 5_000
MAX_DELAY = 10_000

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul", ast.Mod: "mod"}
_COMPARE = {ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal", ast.Eq: "equal",
            ast.NotEq: "not_equal"}  # fmt: skip


@dataclass
class Scope:
    """The names an equation may read, with their shapes; free names are added as parameters on first use."""

    inputs: Mapping[str, Shape]
    assigned: frozenset[str]  # every name that some equation assigns
    variables: dict[str, Shape] = field(default_factory=dict)  # shapes of the variables seen so far
    done: set[str] = field(default_factory=set)  # variables whose equation has been read
    parameters: dict[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """The text of the equations and where it stands in its file."""

    text: str
    file: str = ""
    first_line: int = 1
    first_column: int = 1

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where a node stands in the file, in characters (``ast`` counts UTF-8 bytes)."""
        line = self._characters(node.lineno, node.col_offset)
        last = node.end_col_offset if node.end_lineno == node.lineno else None
        end = self._characters(node.lineno, last) if last is not None else line + 1
        return Span(self.first_line + node.lineno - 1, self.first_column + line, self.first_column + end)

    def _characters(self, line: int, bytes_before: int) -> int:
        text = self.text.split("\n")[line - 1]
        return len(text.encode()[:bytes_before].decode(errors="ignore"))


def parse_equations(source: Source, scope: Scope) -> tuple[Equation, ...]:
    """All equations of the text in order. Raises LanguageError with line and column."""
    reader = _Reader(source, scope)
    return tuple(reader.equation(statement) for statement in syntax_tree(source).body)


def assigned_names(source: Source) -> frozenset[str]:
    """The names that the text assigns. Raises LanguageError where it is not a list of equations."""
    names = (s.targets[0] for s in syntax_tree(source).body if isinstance(s, ast.Assign))
    return frozenset(name.id for name in names if isinstance(name, ast.Name))


def syntax_tree(source: Source) -> ast.Module:
    """The text as Python syntax. Raises LanguageError."""
    try:
        return ast.parse(source.text)
    except SyntaxError as error:
        line, column = (error.lineno or 1), (error.offset or 1)
        raise LanguageError(
            f"this cannot be read as an equation ({error.msg}); write for example: h = tanh(W @ x + U @ h[-1] + b)",
            file=source.file,
            line=source.first_line + line - 1,
            column=source.first_column + column - 1,
        ) from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise LanguageError(
            f"the equations cannot be read ({error}); they may be nested too deeply or hold a number that is too long",
            file=source.file,
            line=source.first_line,
        ) from None


class _Reader:
    """Turns syntax nodes into expressions, and refuses every node that is not in the language."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source, self.scope, self.operations = source, scope, 0

    def equation(self, statement: ast.stmt) -> Equation:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            self.fail(statement, "expected an equation, name = expression")
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            self.fail(target, "the left side of an equation must be a name")
        self._check_target(target)
        try:
            expression = self.read(statement.value)
        except RecursionError:
            self.fail(statement, "this equation is nested too deeply; split it into several equations")
        self._join_variable(target, expression)
        self.scope.done.add(target.id)
        text = ast.get_source_segment(self.source.text, statement) or ""
        return Equation(target.id, expression, self.source.span(statement).line, text)

    def _check_target(self, target: ast.Name) -> None:
        name = target.id
        if name in self.scope.done:
            self.fail(target, f"{name} is assigned twice; give the second one another name")
        if name in self.scope.inputs or name == "t":
            self.fail(target, f"{name} is an input and cannot be assigned")
        if name in self.scope.parameters:
            self.fail(target, f"{name} is a parameter or constant and cannot be assigned")
        if name in OPERATORS:
            self.fail(target, f"{name} is a function and cannot be assigned")

    def _join_variable(self, target: ast.Name, expression: Expression) -> None:
        known = self.scope.variables.get(target.id)
        if known is None:
            if len(expression.shape) > 1:
                self.fail(target, f"{target.id} would be {describe(expression.shape)}; a variable is a vector or scalar")
            self.scope.variables[target.id] = expression.shape
            return
        try:
            join_shapes(known, expression.shape)
        except ShapeError as error:
            self.fail(target, f"{target.id} is used as {describe(known)} but its equation gives "
                              f"{describe(expression.shape)}: {error}")  # fmt: skip

    def read(self, node: ast.expr) -> Expression:
        """The expression of a syntax node."""
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            self.fail(node, f"the equations have more than {MAX_OPERATIONS} terms")
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                if isinstance(operand, ast.Constant):
                    return number(-self._number(operand).value, self.source.span(node))
                return self._apply(node, "neg", self.read(operand))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.read(operand)
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARE:
                return self._apply(node, _COMPARE[type(operator)], self.read(left), self.read(right))
            case ast.List(elts=elements) if elements:
                return self._apply(node, "concat", *(self.read(element) for element in elements))
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
        self.fail(node, f"{type(node).__name__} is not part of the language; "
                        "use + - * / @ % **, [a, b], v[-k], numbers, names and functions")  # fmt: skip

    def _number(self, node: ast.Constant) -> Expression:
        if type(node.value) not in (int, float):
            self.fail(node, f"expected a number, got {node.value!r}")
        try:
            value = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            self.fail(node, "this number is too large")
        return number(value, self.source.span(node))

    def _name(self, node: ast.Name) -> Expression:
        name, scope, span = node.id, self.scope, self.source.span(node)
        if name in scope.inputs:
            return leaf(INPUT, name, scope.inputs[name], span=span)
        if name in scope.done:
            return leaf(VARIABLE, name, scope.variables[name], span=span)
        if name in scope.assigned:
            self.fail(node, f"{name} is used before its equation; move the equation up, or write {name}[-1] for its "
                            "value one step earlier")  # fmt: skip
        if name == "t":
            return leaf(TIME, "t", (), span=span)
        if name in OPERATORS:
            self.fail(node, f"{name} is a function; write {name}(...)")
        if name not in scope.parameters:
            scope.parameters[name] = (Size(), Size()) if name[0].isupper() else (Size(),)
        return leaf(PARAMETER, name, scope.parameters[name], span=span)

    def _binary(self, node: ast.BinOp) -> Expression:
        if isinstance(node.op, ast.Pow):
            exponent = self.read(node.right)
            if exponent.operator != "number":
                self.fail(node.right, "the exponent must be a number")
            return self._apply(node, "power", self.read(node.left), attributes=(exponent.value,))
        if type(node.op) not in _BINARY:
            self.fail(node, f"the operator {type(node.op).__name__} is not part of the language; use + - * / @ % **")
        return self._apply(node, _BINARY[type(node.op)], self.read(node.left), self.read(node.right))

    def _subscript(self, node: ast.Subscript) -> Expression:
        if isinstance(node.slice, ast.Slice):
            first, last = self._bound(node.slice.lower, 0), self._bound(node.slice.upper, -1)
            if node.slice.step is not None or not 0 <= first < last:
                self.fail(node, "a slice is written v[first:last] with 0 <= first < last")
            return self._apply(node, "slice", self.read(node.value), attributes=(float(first), float(last)))
        if not isinstance(node.value, ast.Name) or node.value.id not in self.scope.assigned:
            self.fail(node, "only a variable of this cell has earlier values, as in h[-1]")
        delay = -self._bound(node.slice, 0)
        if not 1 <= delay <= MAX_DELAY:
            self.fail(node.slice, f"a delay is written {node.value.id}[-1], {node.value.id}[-2], ... "
                                  f"down to [-{MAX_DELAY}]")  # fmt: skip
        shape = self.scope.variables.setdefault(node.value.id, (Size(),))
        return leaf(VARIABLE, node.value.id, shape, delay, self.source.span(node))

    def _bound(self, node: ast.expr | None, default: int) -> int:
        if node is None:
            return default
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            value = None
        if type(value) is not int:
            self.fail(node, "expected a whole number between the brackets")
        return value

    def _call(self, node: ast.Call) -> Expression:
        if not isinstance(node.func, ast.Name):
            self.fail(node, "only functions of the language can be called")
        name = node.func.id
        if name not in FUNCTIONS:
            near = difflib.get_close_matches(name, FUNCTIONS, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(FUNCTIONS))}"
            self.fail(node.func, f"there is no function {name}; {hint}")
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            self.fail(node, "arguments cannot be unpacked")
        args = [self.read(argument) for argument in node.args]
        attributes = self._attributes(node, OPERATORS[name].defaults)
        expected = _arity(name)
        if len(args) != expected:
            self.fail(node, f"{name} takes {expected} argument{'s' * (expected > 1)}, got {len(args)}")
        return self._apply(node, name, *args, attributes=attributes)

    def _attributes(self, node: ast.Call, defaults: Mapping[str, float]) -> tuple[float, ...]:
        given = dict(defaults)
        for keyword in node.keywords:
            if keyword.arg not in defaults:
                known = ", ".join(defaults) or "none"
                self.fail(keyword.value, f"there is no option {keyword.arg}; known: {known}")
            value = self.read(keyword.value)
            if value.operator != "number":
                self.fail(keyword.value, f"the option {keyword.arg} must be a number")
            given[keyword.arg] = value.value
        return tuple(given.values())

    def _apply(
        self, node: ast.expr, operator: str, *args: Expression, attributes: tuple[float, ...] = ()
    ) -> Expression:
        try:
            return apply(operator, *args, attributes=attributes, span=self.source.span(node))
        except ShapeError as error:
            self.fail(node, str(error))

    def fail(self, node: ast.expr | ast.stmt, message: str) -> NoReturn:
        span = self.source.span(node)
        raise LanguageError(message, file=self.source.file, line=span.line, column=span.column)


def _arity(name: str) -> int:
    """How many arguments a function takes, read off its derivative rule: (g, y, *arguments, *attributes)."""
    operator = OPERATORS[name]
    return operator.vjp.__code__.co_argcount - 2 - len(operator.defaults)


def unfixed(names: Iterable[str], shapes: Mapping[str, Shape]) -> list[str]:
    """Those of ``names`` that have a size nothing fixes."""
    return [name for name in names if not all(is_fixed(size) for size in shapes[name])]
