"""What a node is given: its values and attributes, in whichever way its version of the operators writes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.files.models.onnx.graph import Node
from core.files.models.onnx.values import Array, Known, NotUnderstood, Signal, Value, axis_of
from core.files.models.records import FileTensor
from core.tokens import shown

_MOST_LISTED = 32  # axes, sizes, steps
LEAST_LIMIT = 4_000_000  # numbers that nodes may make, however small the file


@dataclass(eq=False)
class Account:
    """What the nodes of one graph have made together."""

    limit: int  # of numbers
    made: int = 0
    notes: list[str] = field(default_factory=list)  # what had to be assumed


@dataclass(frozen=True, eq=False)
class Operands:
    """A node with its values, None for an input that is left out. Every method raises NotUnderstood."""

    node: Node
    given: tuple[Value | None, ...]
    opset: int
    account: Account

    @property
    def values(self) -> list[Value]:
        """All values that are there."""
        return [value for value in self.given if value is not None]

    def optional(self, index: int) -> Value | None:
        """A value, None where it is left out."""
        return self.given[index] if index < len(self.given) else None

    def value(self, index: int) -> Value:
        """A value that has to be there."""
        value = self.optional(index)
        if value is None:
            raise NotUnderstood(f"its input number {index + 1} is missing")
        return value

    def known(self, index: int) -> Known:
        """A value that has to follow from the file."""
        value = self.value(index)
        if isinstance(value, Signal):
            raise NotUnderstood(
                f"its input {shown(self.node.input(index))} depends on what the model is given, expected numbers of "
                "the file"
            )
        return value

    def signal(self, index: int) -> Signal:
        """A value that the network has to compute."""
        value = self.value(index)
        if isinstance(value, Known):
            raise NotUnderstood(f"its input {shown(self.node.input(index))} is a constant")
        return value

    def shape(self, index: int) -> tuple[int, ...]:
        """Sizes of a value."""
        value = self.value(index)
        return value.array.shape if isinstance(value, Known) else value.shape

    def numbers(self, index: int) -> list[int]:
        """A value that is a list of whole numbers, such as a shape."""
        array = self.known(index).array
        if array.dtype.kind not in "iu" or array.ndim > 1 or array.size > _MOST_LISTED:
            raise NotUnderstood(f"its input {shown(self.node.input(index))} is no list of whole numbers")
        return [int(number) for number in array.ravel()]

    def integer(self, name: str, default: int) -> int:
        """An attribute that is a whole number."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int):
            raise NotUnderstood(f"its attribute {name} is no whole number")
        return value

    def real(self, name: str, default: float) -> float:
        """An attribute that is a number."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise NotUnderstood(f"its attribute {name} is no finite number")
        return float(value)

    def integers(self, name: str, default: list[int]) -> list[int]:
        """An attribute that is a list of whole numbers."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, list) or not all(isinstance(number, int) for number in value):
            raise NotUnderstood(f"its attribute {name} is no list of whole numbers")
        return value

    def reals(self, name: str) -> list[float]:
        """An attribute that is a list of numbers."""
        value = self.node.attributes.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, int | float) and np.isfinite(v) for v in value):
            raise NotUnderstood(f"its attribute {name} is no list of finite numbers")
        return [float(number) for number in value]

    def texts(self, name: str) -> list[str]:
        """An attribute that is a list of names."""
        value = self.node.attributes.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise NotUnderstood(f"its attribute {name} is no list of names")
        return value

    def text(self, name: str, default: str) -> str:
        """An attribute that is a name."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, str):
            raise NotUnderstood(f"its attribute {name} is no name")
        return value

    def tensor(self, name: str) -> Array | None:
        """An attribute that is a tensor; None where it is left out."""
        value = self.node.attributes.get(name)
        if value is not None and not isinstance(value, FileTensor):
            raise NotUnderstood(f"its attribute {name} is no tensor")
        return None if value is None else value.load()

    def axes(self, index: int, default: list[int]) -> list[int]:
        """Axes: an input in newer versions, an attribute in older ones."""
        return self.numbers(index) if self.optional(index) is not None else self.integers("axes", default)

    def split_sizes(self) -> list[int]:
        """Sizes of the parts of a Split; empty for parts as equal as possible."""
        return self.numbers(1) if self.optional(1) is not None else self.integers("split", [])

    def slices(self, shape: tuple[int, ...]) -> Mapping[int, slice]:
        """What a Slice takes of each axis: inputs in newer versions, attributes in older ones."""
        if self.optional(1) is None:
            starts, ends = self.integers("starts", []), self.integers("ends", [])
            axes, steps = self.integers("axes", list(range(len(starts)))), [1] * len(starts)
        else:
            starts, ends = self.numbers(1), self.numbers(2)
            axes = self.numbers(3) if self.optional(3) is not None else list(range(len(starts)))
            steps = self.numbers(4) if self.optional(4) is not None else [1] * len(starts)
        if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
            raise NotUnderstood("its starts, ends, axes and steps do not fit each other")
        rank = len(shape)
        cuts = zip(axes, starts, ends, steps, strict=True)
        return {axis_of(axis, rank): _cut(shape[axis], start, end, step) for axis, start, end, step in cuts}

    def check_shape(self, shape: Sequence[int]) -> None:
        """Refuse a result of this shape where it is out of all proportion to the file, even if it is empty."""
        self.check_size(math.prod(max(size, 1) for size in shape))

    def check_size(self, numbers: int) -> None:
        """Refuse a result that is out of all proportion to the file."""
        self.account.made += numbers
        if self.account.made > self.account.limit:
            raise NotUnderstood(
                f"it would make {numbers:,} numbers out of a file that holds fewer; expected at most "
                f"{self.account.limit:,} of all nodes together"
            )


def _cut(size: int, start: int, end: int, step: int) -> slice:
    """ONNX's bounds as Python's: a negative bound counts from the end, one beyond the end means the end."""
    first = min(max(start + size if start < 0 else start, 0), size if step > 0 else size - 1)
    if step > 0:
        return slice(first, min(max(end + size if end < 0 else end, 0), size), step)
    last = min(max(end + size if end < 0 else end, -1), size - 1)
    return slice(first, None if last < 0 else last, step)
