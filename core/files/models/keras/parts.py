"""What a Keras model is made of here: recurrent and dense layers, embeddings, activations, in the order data flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.stack import Direction

LSTM, GRU, RNN = "LSTM", "GRU", "SimpleRNN"
GATES: Mapping[str, tuple[str, ...]] = MappingProxyType(  # in the order of the columns; "n" is the candidate, Keras's h
    {LSTM: ("i", "f", "g", "o"), GRU: ("z", "r", "n"), RNN: ("",)}
)
# Keras's merge_mode -> the join.
JOINS: Mapping[str, str] = MappingProxyType(
    {"concat": "concatenation", "sum": "sum", "ave": "average", "mul": "product"}
)


@dataclass(frozen=True)
class Weights:
    """Names of the tensors of one direction or layer; "" for what is not there."""

    kernel: str
    recurrent: str = ""
    bias: str = ""


@dataclass(frozen=True)
class Recurrent:
    """A recurrent layer. ``weights``: one entry a direction; with ``sequences`` it gives every step, else the last."""

    kind: str
    name: str
    units: int
    weights: tuple[Weights, ...]
    activation: str = "tanh"
    gate_activation: str = "sigmoid"
    has_bias: bool = True
    reset_after: bool = True
    direction: Direction = Direction.FORWARD
    merge: str = "concat"
    sequences: bool = True

    @property
    def aligned(self) -> bool:
        """Whether the reverse direction is read at its own times, as Keras does in Bidirectional sequences only."""
        return self.direction is Direction.FORWARD or (self.direction is Direction.BOTH and self.sequences)

    @property
    def outputs(self) -> int:
        """How many numbers the layer gives at a step."""
        return self.units * (2 if self.direction is Direction.BOTH and self.merge == "concat" else 1)

    @property
    def words(self) -> str:
        """The layer in the line of what was found."""
        kind = {GRU: f"GRU (reset {'after' if self.reset_after else 'before'} the product)"}.get(self.kind, self.kind)
        ways = {
            Direction.FORWARD: "",
            Direction.REVERSE: ", backwards",
            Direction.BOTH: f" in both directions, {self.merge}",
        }
        bias = "" if self.has_bias else ", no biases"
        own = [a for a, usual in ((self.activation, "tanh"), (self.gate_activation, "sigmoid")) if a != usual]
        activations = f", {' and '.join(own)}" if own else ""
        return f"{kind} {self.units}{ways[self.direction]}{activations}{bias}"


@dataclass(frozen=True)
class Dense:
    """A dense layer at every step."""

    name: str
    units: int
    weights: Weights
    activation: str = "linear"

    @property
    def words(self) -> str:
        """The layer in the line of what was found."""
        return f"Dense {self.units} {self.activation}"


@dataclass(frozen=True)
class Embedding:
    """An embedding of tokens; with ``masks`` the token 0 is padding."""

    name: str
    tokens: int
    width: int
    weights: Weights
    masks: bool = False

    @property
    def words(self) -> str:
        """The layer in the line of what was found."""
        return f"Embedding {self.tokens} → {self.width}"


@dataclass(frozen=True)
class Activation:
    """A layer that only applies an activation."""

    name: str
    activation: str

    @property
    def words(self) -> str:
        """The layer in the line of what was found."""
        return self.activation


Part = Recurrent | Dense | Embedding | Activation


@dataclass(frozen=True)
class Model:
    """The parts in data-flow order, and what is to be said about how they were found."""

    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()

    @property
    def recurrent(self) -> tuple[Recurrent, ...]:
        """The recurrent layers, in order."""
        return tuple(part for part in self.parts if isinstance(part, Recurrent))
