"""Equations as Python, with NumPy or PyTorch, derived from how the operators are spelled."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Literal

from core.operators import Expression
from core.operators.expression import NUMBER, TIME, VARIABLE
from core.operators.shapes import is_elementwise
from core.operators.spelling import ATOM, PRODUCT, SIGN, SPELLINGS
from core.resources import resource_path

Library = Literal["numpy", "torch"]
_TAKEN = frozenset({"np", "torch", "self", "weights", "past", "xs"})  # names that the sources use themselves
_ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg", "power"})  # what works on plain numbers in both libraries
_COMPARISONS = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})
_HELPER = re.compile(r"^def (\w+)\(", re.MULTILINE)
Text = tuple[str, int]


def safe_name(name: str) -> str:
    """The name, with an underscore where Python or the source means something else by it."""
    return f"{name}_" if name in _TAKEN or keyword.iskeyword(name) else name


def before_name(name: str, delay: int) -> str:
    """The name of a variable's value ``delay`` steps earlier; no name of an equation begins with an underscore."""
    return f"_{name}" if delay == 1 else f"_{name}_{delay}"


def python_of(expression: Expression, library: Library, first: str = "x") -> str:
    """The expression as Python. ``first`` is a tensor that PyTorch makes constants like."""
    return _Writer(library, first).write(expression)[0]


def helpers_in(source: str, library: Library) -> str:
    """The helpers that a source calls, those that they call included, in the order of their file."""
    text = resource_path("helpers", f"{library}.txt").read_text(encoding="utf-8")
    functions = {found[1]: found[0] for part in text.split("\n\n") if (found := _named(part))}
    wanted: set[str] = set()
    new = {name for name in functions if _calls(source, name)}
    while new - wanted:
        wanted |= new
        new = {name for name in functions for caller in wanted if _calls(functions[caller], name)}
    return "\n\n\n".join(text for name, text in functions.items() if name in wanted)


def _named(part: str) -> tuple[str, str] | None:
    found = _HELPER.search(part)
    return (part.strip(), found[1]) if found else None


def _calls(source: str, name: str) -> bool:
    return re.search(rf"(?<![\w.]){name}\(", source) is not None


@dataclass(frozen=True)
class _Writer:
    library: Library
    first: str

    def write(self, node: Expression) -> Text:
        """An expression and how tightly what was written binds."""
        if node.is_leaf:
            return self._leaf(node)
        spelling = SPELLINGS[node.operator]
        if node.operator == "matmul" and node.args[0].is_leaf:
            return self._product(node)
        needs = (*spelling.needs, *([0] * len(node.args)))
        shown = [self._argument(arg, node, need) for arg, need in zip(node.args, needs, strict=False)]
        attributes = dict(zip("ab", (self._attribute(node, value) for value in node.attributes), strict=False))
        template = getattr(spelling, self.library)
        return template.format(*shown, all=", ".join(shown), x=self.first, **attributes), spelling.binds

    def _leaf(self, node: Expression) -> Text:
        if node.operator == NUMBER:
            return repr(node.value), SIGN if node.value < 0 else ATOM
        if node.operator == TIME:
            return "t", ATOM
        name = before_name(node.name, node.delay) if node.operator == VARIABLE and node.delay else safe_name(node.name)
        return name, ATOM

    def _product(self, node: Expression) -> Text:
        """A matrix of the cell times a vector, as it is written for rows of vectors: v @ W.T."""
        matrix, vector = (self.write(arg) for arg in node.args)
        return f"{_wrapped(vector, ATOM)} @ {matrix[0]}.T", PRODUCT

    def _argument(self, arg: Expression, reader: Expression, need: int) -> str:
        text = self.write(arg)
        if self.library == "torch" and _is_constant(arg) and reader.operator not in _ARITHMETIC | _COMPARISONS:
            return f"{self.first}.new_tensor([{text[0]}])"
        lifted = not arg.shape and len(reader.shape) == 2 and is_elementwise(reader.operator)
        if lifted and arg.operator not in (NUMBER, TIME):
            return f"{_wrapped(text, ATOM)}[..., None]"
        return _wrapped(text, need)

    def _attribute(self, node: Expression, value: float) -> str:
        whole = node.operator in ("slice", "pad", "part")
        return str(int(value)) if whole else repr(value)


def _is_constant(node: Expression) -> bool:
    """Whether this is a plain number in the source, which PyTorch's functions do not take."""
    if node.is_leaf:
        return node.operator == NUMBER
    return node.operator in _ARITHMETIC and all(_is_constant(arg) for arg in node.args)


def _wrapped(text: Text, need: int) -> str:
    return text[0] if text[1] >= need else f"({text[0]})"
