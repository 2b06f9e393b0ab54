"""A made-up data-flow diagram of an LSTM, folded (affine maps are one node) or not, and values to go with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from core.frame import Detail, Frame, OperationFrame, Phase
from tests.desktop.fake_frames import fake_frame


@dataclass(frozen=True)
class FakeNode:
    number: int
    kind: str
    label: str
    latex: str
    variable: str
    args: tuple[int, ...]
    layer: int


@dataclass(frozen=True)
class FakeDiagram:
    nodes: tuple[FakeNode, ...]


class _Builder:
    def __init__(self) -> None:
        self.nodes: list[FakeNode] = []

    def add(self, kind: str, label: str, *args: int, variable: str = "") -> int:
        layer = 1 + max((self.nodes[arg].layer for arg in args), default=-1)
        self.nodes.append(FakeNode(len(self.nodes), kind, label, label, variable, args, layer))
        return len(self.nodes) - 1


def lstm_diagram(folded: bool = True) -> FakeDiagram:
    """f, i, g, o, c, h of an LSTM."""
    made = _Builder()
    x, h, c = (made.add("input", label) for label in ("x", "hₜ₋₁", "cₜ₋₁"))
    gates = {}
    for name in "figo":
        if folded:
            affine = made.add("operation", f"W {name}", x, h)
        else:
            weight, state, bias = (made.add("parameter", f"{letter} {name}") for letter in "WUb")
            products = made.add("operation", f"W {name}", weight, x), made.add("operation", f"U {name}", state, h)
            affine = made.add("operation", "+", made.add("operation", "+", *products), bias)
        gates[name] = made.add("operation", "tanh" if name == "g" else "σ", affine, variable=name)
    kept, new = made.add("operation", "⊙", gates["f"], c), made.add("operation", "⊙", gates["i"], gates["g"])
    cell = made.add("operation", "+", kept, new, variable="c")
    made.add("operation", "⊙", gates["o"], made.add("operation", "tanh", cell), variable="h")
    return FakeDiagram(tuple(made.nodes))


def gru_diagram() -> FakeDiagram:
    """z, r, n, h of a GRU; has a constant."""
    made = _Builder()
    x, h = made.add("input", "x"), made.add("input", "hₜ₋₁")
    z = made.add("operation", "σ", made.add("operation", "W z", x, h), variable="z")
    r = made.add("operation", "σ", made.add("operation", "W r", x, h), variable="r")
    n = made.add("operation", "tanh", made.add("operation", "W n", x, made.add("operation", "⊙", r, h)), variable="n")
    rest = made.add("operation", "−", made.add("constant", "1"), z)
    parts = made.add("operation", "⊙", rest, n), made.add("operation", "⊙", z, h)
    made.add("operation", "+", *parts, variable="h")
    return FakeDiagram(tuple(made.nodes))


def inside_frame(diagram: FakeDiagram, phase: Phase, lit: int, H: int = 12) -> Frame:
    """A frame whose walk stands at node ``lit``: those before it are computed, or those after it have sent."""
    rng = np.random.default_rng(1)
    operations = {}
    for node in diagram.nodes:
        done = phase is Phase.BACKWARD or node.number <= lit or node.kind == "input"
        value = np.tanh(rng.standard_normal(H))
        value = 1 / (1 + np.exp(-2 * value)) if node.label == "σ" else value
        sends = phase is Phase.BACKWARD and node.number >= lit
        fed = phase is Phase.BACKWARD and any(
            lit <= other.number and node.number in other.args for other in diagram.nodes
        )
        fed = fed or (phase is Phase.BACKWARD and node.number == len(diagram.nodes) - 1)
        scale = 10.0 ** (node.layer - 7)
        sent = tuple(scale * rng.standard_normal(H) if sends else None for _ in node.args)
        adjoint = scale * rng.standard_normal(H) if fed else None
        operations[node.number] = OperationFrame(value if done else None, adjoint, sent, node.number == lit)
    frame = fake_frame(phase=phase, detail=Detail.INSIDE, H=H)
    return replace(frame, operations=operations)
