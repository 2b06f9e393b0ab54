"""Text to checked equations: a subset of Python's expression syntax, read with ``ast`` and never executed."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping

from core.errors import LanguageError, ShapeError
from core.language.definition import Equation
from core.language.derive import backward_of
from core.language.limits import MAX_DELAY, MAX_OPERATIONS, is_too_large
from core.language.scope import TIME_NAME, Scope, name_problem
from core.language.source import Source
from core.operators import FUNCTIONS, OPERATORS, Expression, Size
from core.operators.expression import INPUT, NUMBER, PARAMETER, TIME, VARIABLE, apply, leaf, number
from core.operators.shapes import describe, join_shapes

NESTED = "this equation is nested too deeply; split it into several equations"
_BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.MatMult: "matmul",
    ast.Mod: "mod",
}
_COMPARE = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_IN_WORDS: Mapping[type[ast.AST], str] = {
    ast.Attribute: "a dot behind a name",
    ast.BoolOp: "and / or",
    ast.Compare: "this comparison",
    ast.Dict: "a dictionary",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "if / else (write where(condition, a, b))",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "lambda",
    ast.List: "an empty list",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: ":=",
    ast.Set: "a set",
    ast.SetComp: "a comprehension",
    ast.Starred: "* before a name",
    ast.Tuple: "a comma (write [a, b] to put vectors behind each other)",
    ast.UnaryOp: "this sign",
}


def parse_equations(source: Source, scope: Scope) -> tuple[Equation, ...]:
    """All equations of the text in order. Raises LanguageError with line and column."""
    reader = _Reader(source, scope)
    return tuple(reader.equation(statement) for statement in source.syntax_tree().body)


def assigned_names(source: Source) -> frozenset[str]:
    """The names that the text assigns. Raises LanguageError where it cannot be read."""
    names = (s.targets[0] for s in source.syntax_tree().body if isinstance(s, ast.Assign))
    return frozenset(name.id for name in names if isinstance(name, ast.Name))


class _Reader:
    """Turns syntax nodes into expressions, and refuses every node that is not in the language."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source, self.scope, self.operations = source, scope, 0

    def equation(self, statement: ast.stmt) -> Equation:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            raise self.error(statement, "expected an equation, name = expression")
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            raise self.error(target, "the left side of an equation must be a name")
        self._check_target(target)
        try:
            expression = self.read(statement.value)
        except RecursionError:
            raise self.error(statement, NESTED) from None
        self._join_variable(target, expression)
        self.scope.done.add(target.id)
        equation = Equation(target.id, expression, self.source.span(statement).line, self.source.segment(statement))
        self._check_size(equation, statement)
        return equation

    def _check_target(self, target: ast.Name) -> None:
        name = target.id
        if problem := name_problem(name):
            raise self.error(target, problem)
        if name in self.scope.done:
            raise self.error(target, f"{name} is assigned twice; give the second one another name")
        if name in self.scope.inputs:
            raise self.error(target, f"{name} is an input and cannot be assigned")
        if name in self.scope.parameters:
            raise self.error(target, f"{name} is a parameter or constant and cannot be assigned")

    def _join_variable(self, target: ast.Name, expression: Expression) -> None:
        known = self.scope.variables.get(target.id)
        if known is None:
            if len(expression.shape) > 1:
                shape = describe(expression.shape)
                raise self.error(target, f"{target.id} would be {shape}; a variable is a vector or scalar")
            self.scope.variables[target.id] = expression.shape
            return
        try:
            join_shapes(known, expression.shape)
        except ShapeError as error:
            hint = f'; declare it: [variables] {target.id} = "scalar"' if not expression.shape else ""
            raise self.error(
                target,
                f"{target.id} is used as {describe(known)} but its equation gives {describe(expression.shape)} "
                f"({error}){hint}",
            ) from None

    def _check_size(self, equation: Equation, statement: ast.stmt) -> None:
        try:
            sent = [contribution.expression for contribution in backward_of(equation).contributions]
        except RecursionError:
            raise self.error(statement, NESTED) from None
        except ShapeError as error:
            raise self.error(statement, f"no derivative can be formed: {error}") from None
        if is_too_large([equation.expression, *sent]):
            raise self.error(statement, NESTED)

    def read(self, node: ast.expr) -> Expression:
        """The expression of a syntax node."""
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise self.error(node, f"the equations have more than {MAX_OPERATIONS} terms")
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return self._signed(node)
            case ast.Compare(ops=[operator]) if type(operator) in _COMPARE:
                return self._apply(node, _COMPARE[type(operator)], self.read(node.left), self.read(node.comparators[0]))
            case ast.List(elts=[_, *_]):
                return self._apply(node, "concat", *[self.read(element) for element in node.elts])
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node)
        found = _IN_WORDS.get(type(node), type(node).__name__)
        known = "use + - * / @ % **, comparisons, [a, b], v[-1], numbers, names and functions"
        raise self.error(node, f"{found} is not part of the language; {known}")

    def _signed(self, node: ast.UnaryOp) -> Expression:
        if isinstance(node.op, ast.UAdd):
            return self.read(node.operand)
        if isinstance(node.operand, ast.Constant):
            return number(-self._number(node.operand).value, self.source.span(node))
        return self._apply(node, "neg", self.read(node.operand))

    def _number(self, node: ast.Constant) -> Expression:
        if type(node.value) not in (int, float):
            raise self.error(node, f"expected a number, got {str(node.value)[:40]!r}")
        try:
            value = float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            raise self.error(node, "this number is too large")
        return number(value, self.source.span(node))

    def _name(self, node: ast.Name) -> Expression:
        name, scope, span = node.id, self.scope, self.source.span(node)
        scope.read.add(name)
        if name in scope.inputs:
            return leaf(INPUT, name, scope.inputs[name], span=span)
        if name in scope.done:
            return leaf(VARIABLE, name, scope.variables[name], span=span)
        if name in scope.assigned:
            raise self.error(
                node,
                f"{name} is used before its equation; move the equation up, or write {name}[-1] for its value one "
                "step earlier",
            )
        if name == TIME_NAME:
            return leaf(TIME, name, (), span=span)
        if name in FUNCTIONS:
            raise self.error(node, f"{name} is a function; write {name}(...)")
        if name in scope.delays:
            raise self.error(node, f"{name} is a delay; it stands between brackets, as in h[-{name}]")
        if problem := name_problem(name):
            raise self.error(node, problem)
        if name not in scope.parameters:
            scope.parameters[name] = (Size(), Size()) if name[0].isupper() else (Size(),)
        return leaf(PARAMETER, name, scope.parameters[name], span=span)

    def _binary(self, node: ast.BinOp) -> Expression:
        if isinstance(node.op, ast.Pow):
            exponent = self.read(node.right)
            if exponent.operator != NUMBER:
                raise self.error(node.right, "the exponent must be a number")
            return self._apply(node, "power", self.read(node.left), attributes=(exponent.value,))
        if type(node.op) not in _BINARY:
            hint = "write ** for a power" if isinstance(node.op, ast.BitXor) else "use + - * / @ % **"
            raise self.error(node, f"this operator is not part of the language; {hint}")
        return self._apply(node, _BINARY[type(node.op)], self.read(node.left), self.read(node.right))

    def _subscript(self, node: ast.Subscript) -> Expression:
        if isinstance(node.slice, ast.Slice):
            return self._slice(node, node.slice)
        if not isinstance(node.value, ast.Name) or node.value.id not in self.scope.assigned:
            raise self.error(
                node,
                "only a variable of this cell has earlier values, as in h[-1]; a part of a vector is v[first:last]",
            )
        name = node.value.id
        delay_name = _name_behind_minus(node.slice)
        delay = self.scope.delays.get(delay_name) or -(_whole_number(node.slice) or 0)
        if delay_name and delay_name not in self.scope.delays:
            raise self.error(node.slice, f"there is no delay {delay_name}; declare it: [delays] {delay_name} = 4")
        if not 1 <= delay <= MAX_DELAY:
            raise self.error(node.slice, f"a delay is written {name}[-1], {name}[-2], ... down to [-{MAX_DELAY}]")
        self.scope.read |= {name, delay_name}
        shape = self.scope.variables.setdefault(name, (Size(),))
        return leaf(VARIABLE, name, shape, delay, self.source.span(node), delay_name)

    def _slice(self, node: ast.Subscript, bounds: ast.Slice) -> Expression:
        first = 0 if bounds.lower is None else _whole_number(bounds.lower)
        last = None if bounds.upper is None else _whole_number(bounds.upper)
        if bounds.step is not None or first is None or last is None or not 0 <= first < last:
            raise self.error(node, "a slice is written v[first:last] with whole numbers 0 <= first < last")
        return self._apply(node, "slice", self.read(node.value), attributes=(float(first), float(last)))

    def _call(self, node: ast.Call) -> Expression:
        if not isinstance(node.func, ast.Name):
            raise self.error(node, "only functions of the language can be called")
        name = node.func.id
        if name not in FUNCTIONS:
            import difflib  # only for a hint, which most starts never give

            near = difflib.get_close_matches(name, FUNCTIONS, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(FUNCTIONS))}"
            raise self.error(node.func, f"there is no function {name}; {hint}")
        operator = OPERATORS[name]
        args = [self.read(argument) for argument in node.args]
        if len(args) != operator.arity:
            plural = "s" * (operator.arity > 1)
            options = f"; its options are given by name: {', '.join(operator.defaults)}" * bool(operator.defaults)
            raise self.error(node, f"{name} takes {operator.arity} argument{plural}, got {len(args)}{options}")
        return self._apply(node, name, *args, attributes=self._options(node, operator.defaults))

    def _options(self, node: ast.Call, defaults: Mapping[str, float]) -> tuple[float, ...]:
        given = dict(defaults)
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in defaults:
                known = ", ".join(defaults) or "none"
                raise self.error(keyword.value, f"there is no option {keyword.arg or '**'}; known: {known}")
            value = self.read(keyword.value)
            if value.operator != NUMBER:
                raise self.error(keyword.value, f"the option {keyword.arg} must be a number")
            given[keyword.arg] = value.value
        return tuple(given.values())

    def _apply(
        self, node: ast.expr, operator: str, *args: Expression, attributes: tuple[float, ...] = ()
    ) -> Expression:
        try:
            return apply(operator, *args, attributes=attributes, span=self.source.span(node))
        except ShapeError as error:
            raise self.error(node, str(error)) from None

    def error(self, node: ast.expr | ast.stmt, message: str) -> LanguageError:
        """The error to raise for a node."""
        span = self.source.span(node)
        return LanguageError(message, file=self.source.file, line=span.line, column=span.column)


def _name_behind_minus(node: ast.expr) -> str:
    """The name of a delay between brackets; "" where there is something else."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Name(id=name)):
            return name
    return ""


def _whole_number(node: ast.expr) -> int | None:
    """The number between brackets; None where there is something else."""
    match node:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if not isinstance(value, bool):
            return -value
    return None
