"""An ONNX graph as plain records: nodes, inputs, outputs and tensors, none of them checked for meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from core.files.models.records import FileTensor
from core.tokens import shown

Dim = int | str  # of a graph input: a fixed size, or the name of one that is only known when the model runs
RECURRENT = ("RNN", "LSTM", "GRU")


@dataclass(frozen=True, eq=False)
class Node:
    """One operation. ``attributes`` are Python values, a tensor one a FileTensor, a subgraph None."""

    operator: str  # with its domain, where that is not ONNX's own
    name: str
    number: int  # in the file, from 1
    inputs: tuple[str, ...]  # "" where one is left out
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def label(self) -> str:
        """The node in a sentence."""
        return f"node {shown(self.name) if self.name else self.number} ({shown(self.operator).strip('“”')})"

    def input(self, index: int) -> str:
        """Name of an input, "" where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else ""


@dataclass(frozen=True, eq=False)
class GraphInput:
    """What the model is fed: its type (None where the file does not say) and sizes (None likewise)."""

    name: str
    kind: str | None
    dims: tuple[Dim, ...] | None


@dataclass(frozen=True, eq=False)
class Graph:
    """A model: nodes in order, what goes in and comes out, and the initialisers by name."""

    file: str  # its name, for messages
    opset: int
    producer: str
    nodes: tuple[Node, ...]
    inputs: tuple[GraphInput, ...]
    outputs: tuple[str, ...]
    tensors: Mapping[str, FileTensor]

    @cached_property
    def starts(self) -> Mapping[str, int]:
        """The number of each tensor's first number, where all numbers are counted through the file."""
        ends = accumulate((math.prod(tensor.shape) for tensor in self.tensors.values()), initial=0)
        return dict(zip(self.tensors, ends, strict=False))

    @property
    def numbers(self) -> int:
        """How many numbers the tensors hold together."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())
