"""Typeset formulas of expressions, in LaTeX, derived from the operator table's notation.

References are marked ``\\href{path}{...}`` where ``path_of`` gives a path, so that a drawing can make them clickable.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from core.operators import OPERATORS, Expression
from core.operators.expression import ADJOINT, INBOX, NUMBER, PARAMETER, TIME
from core.operators.operator import ATOM, PREFIX, PRODUCT, SUM

_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi|omega"
    "|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
_ACCENTS = frozenset({"tilde", "hat", "bar"})
_POWERS_INSIDE = frozenset({"tanh", "sin", "cos"})  # written with the exponent behind the name
_SUMS = ("sum", "matrix_sum")
_SPREADS = ("spread", "matrix_spread")
_WHOLE = frozenset(  # not element by element: no number of one unit says what goes on inside
    ["matmul", "outer", "sum", "mean", "concat", "part", "slice", "pad", "softmax", "layer_norm", "count", "spread"]
    + ["matrix_sum", "matrix_spread", "softmax_cross_entropy", "logistic_cross_entropy"]
)

Text = tuple[str, int]  # LaTeX and how tightly it binds


def number_latex(value: float) -> str:
    """A number with the digits that mean something: 0.031, 1.9, 1.2 times 10 to the -8."""
    if value != value or value in (float("inf"), float("-inf")):
        return r"\mathrm{nan}" if value != value else (r"\infty" if value > 0 else r"-\infty")
    text = f"{value:.3g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return text


def name_latex(name: str) -> str:
    """A name as mathematicians write it: W_f, h_tilde with its accent, Greek letters, words upright, h2 as h_2."""
    head, *rest = [part for part in name.split("_") if part] or [name]
    numbered = re.fullmatch(r"([A-Za-z])(\d+)", head)
    base = _word(numbered[1] if numbered else head)
    while rest and rest[0] in _ACCENTS:
        base = rf"\{rest.pop(0)}{{{base}}}"
    if numbered:
        rest = [numbered[2], *rest]
    return rf"{base}_{{{','.join(map(_word, rest))}}}" if rest else base


def _word(word: str) -> str:
    """One part of a name: a letter in italics, a word upright."""
    if _GREEK.fullmatch(word):
        return "\\" + word
    return word if len(word) == 1 or word.isdigit() else rf"\mathrm{{{word}}}"


class Notation(msgspec.Struct, frozen=True):
    """How leaves are written. ``path_of`` gives the path of a name for marking, or "" for no mark."""

    path_of: Callable[[str], str] = lambda name: ""
    shift: int = 0  # 1 writes everything one step later, as in a term that comes from t + 1
    shift_name: str = ""  # of the named delay that `shift` comes from
    direction: int = 1  # -1 where the walk goes from the last time step to the first

    def leaf(self, node: Expression) -> Text:
        """A leaf in LaTeX."""
        if node.operator == NUMBER:
            return number_latex(node.value), SUM if node.value < 0 else ATOM
        if node.operator == TIME:  # counts in walking order, in both directions
            later = f"+{name_latex(self.shift_name)}" if self.shift_name else f"+{self.shift}" if self.shift else ""
            return f"t{later}", SUM if later else ATOM
        latex = name_latex(node.name)
        if node.operator != PARAMETER:
            latex = with_time(latex, *self._offset(node))
        if node.operator == ADJOINT:
            latex = rf"\delta {latex}"
        if node.operator == INBOX:
            latex = rf"\delta {latex}^{{+}}"
        path = self.path_of(node.name)
        marked = rf"\href{{{path}}}{{{latex}}}" if path else latex
        return marked, PREFIX if node.operator == ADJOINT else ATOM

    def _offset(self, node: Expression) -> tuple[int, str]:
        """How many steps later a leaf is read: a number, and named delays with their signs."""
        later = (self.shift, self.shift_name), (-node.delay, node.delay_name)
        steps = sum(number for number, name in later if not name)
        names = [(self.direction * (1 if number > 0 else -1), name) for number, name in later if name]
        if len(names) == 2 and self.shift_name == node.delay_name:
            names = []
        return self.direction * steps, "".join(f"{'+' if sign > 0 else '-'}{name_latex(name)}" for sign, name in names)


def with_time(latex: str, offset: int, names: str = "") -> str:
    """The name with its time index: c becomes c_{t-1}; a subscript that is there already stays in front.

    ``names`` are delays that have one, with their signs: c_{t-d}.
    """
    time = f"t{names}{offset:+d}" if offset else f"t{names}"
    found = re.fullmatch(r"(.*)_\{(.*)\}", latex)
    return rf"{found[1]}_{{{found[2]},{time}}}" if found else rf"{latex}_{{{time}}}"


def latex_of(expression: Expression, notation: Notation | None = None) -> str:
    """The expression in symbols."""
    return _Writer((notation or Notation()).leaf).write(expression)[0]


def numbers_latex(expression: Expression, number_of: Callable[[Expression], float | None]) -> str:
    """The expression with numbers in it: each part that ``number_of`` knows is written as its number."""

    def leaf(node: Expression) -> Text:
        value = number_of(node)
        return (number_latex(value), SUM if value < 0 else ATOM) if value is not None else Notation().leaf(node)

    def is_number(node: Expression) -> bool:
        return node.operator in _WHOLE and number_of(node) is not None

    return _Writer(leaf, is_number, r"\cdot").write(expression)[0]


class _Writer(msgspec.Struct, frozen=True):
    """Writes expressions: ``leaf`` writes leaves, and whatever ``stops`` says is written like one."""

    leaf: Callable[[Expression], Text]
    stops: Callable[[Expression], bool] = lambda node: False
    times: str = r"\odot"  # between two vectors

    def write(self, node: Expression) -> Text:
        """An expression and how tightly what was written binds."""
        if node.is_leaf or self.stops(node):
            return self.leaf(node)
        operator = OPERATORS[node.operator]
        written = [self.write(arg) for arg in node.args]
        needs = (*operator.needs, *([0] * len(written)))
        shown = [_wrap(text, need) for text, need in zip(written, needs, strict=False)]
        match node.operator:
            case "add":
                return _sum(*shown), SUM
            case "mul" if _is_same(*node.args):
                return _square(node.args[0], written[0]), PREFIX
            case "mul":
                return self._product(node, shown), PRODUCT
            case "step":
                return rf"\mathbf{{1}}_{{{self._positive(node)}}}", ATOM
            case "where" if node.args[0].operator == "step":
                shown[0] = self._positive(node.args[0])
            case operation if operation in _SPREADS:
                return written[0]
            case "concat":
                return r"\left[" + r";\, ".join(shown) + r"\right]", ATOM
            case "part":
                return operator.latex.format(*shown, piece=written[1 + int(node.attributes[0])][0]), ATOM
        attributes = dict(zip("ab", map(number_latex, node.attributes), strict=False))
        return operator.latex.format(*shown, **attributes), operator.binds

    def _positive(self, step: Expression) -> str:
        """When a step function is 1: a > b rather than a - b > 0."""
        (arg,) = step.args
        if arg.operator == "sub":
            return " > ".join(self.write(side)[0] for side in arg.args)
        return f"{self.write(arg)[0]} > 0"

    def _product(self, node: Expression, shown: list[str]) -> str:
        """Numbers and scalars stand in front of a vector without a sign; numbers are joined by a dot."""
        first, second = node.args
        factors = list(zip(node.args, shown, strict=True))
        if _is_vector(first) and _is_vector(second):
            return f" {self.times} ".join(_set_apart(arg, text) for arg, text in factors)
        if (_is_vector(first), first.operator != NUMBER) > (_is_vector(second), second.operator != NUMBER):
            factors.reverse()
        numbers = factors[1][1][:1].isdigit() or self.times == r"\cdot"
        # a sum that ends the product needs no parentheses: nothing can be read into it
        return _set_apart(*factors[0]) + (r" \cdot " if numbers else r" \, ") + factors[1][1]


def _square(node: Expression, written: Text) -> str:
    if node.operator in _POWERS_INSIDE:
        return written[0].replace(r"\left(", r"^{2}\left(", 1)
    needed = ATOM if node.is_leaf else ATOM + 1
    return rf"{_wrap(written, needed)}^{{2}}"


def _sum(first: str, second: str) -> str:
    return rf"{first} - {second[1:]}" if second.startswith("-") else rf"{first} + {second}"


def _is_same(first: Expression, second: Expression) -> bool:
    """Whether this is one value twice."""
    if first is second:
        return True
    both = (first, second)
    return first.is_leaf and len({(node.operator, node.name, node.delay, node.attributes) for node in both}) == 1


def _wrap(text: Text, need: int) -> str:
    return text[0] if text[1] >= need else rf"\left({text[0]}\right)"


def _set_apart(arg: Expression, text: str) -> str:
    """A factor that would be read together with the other one gets parentheses."""
    inner = arg.args[0] if arg.operator in _SPREADS else arg
    return rf"\left({text}\right)" if inner.operator in ("matmul", "outer", *_SUMS) else text


def _is_vector(node: Expression) -> bool:
    return bool(node.shape) and node.operator not in _SPREADS
