"""From what the outputs of a graph are to layers, bottom to top, and the readout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import FileError
from core.files.models.onnx.graph import RECURRENT, Graph
from core.files.models.onnx.recurrent import Strand
from core.files.models.onnx.values import (
    Content,
    Embedded,
    Fed,
    Known,
    NotUnderstood,
    Part,
    Readout,
    ReadoutStep,
    Signal,
    States,
    Value,
)
from core.tokens import shown


@dataclass(frozen=True, eq=False)
class Layer:
    """One direction, or the forward and the reverse one that are read together."""

    strands: tuple[Strand, ...]
    aligned: bool = True  # whether the reverse direction is read at its own times


@dataclass(frozen=True, eq=False)
class Plan:
    """What a graph is, as a network."""

    fed: str  # name of the input
    embedding: Known | None
    layers: tuple[Layer, ...]
    steps: tuple[ReadoutStep, ...]
    last_only: bool  # whether the output is that of the last step alone
    output: str  # name of the output that the network computes
    others: Mapping[str, str]  # the other outputs in words, by name


def plan_of(graph: Graph, values: Mapping[str, Value]) -> Plan:
    """The layers and the readout that the outputs of a graph are made by. Raises FileError."""
    plans: dict[str, Plan] = {}
    for name in graph.outputs:
        value = values.get(name)
        if not isinstance(value, Signal):
            raise FileError(
                f"{shown(graph.file)}: its output {shown(name)} does not depend on what it is given. "
                "Choose the file of a recurrent network."
            )
        try:
            plans[name] = _plan(value.content, name)
        except NotUnderstood as error:
            if len(graph.outputs) == 1 or not _is_state(value.content):
                raise FileError(
                    f"{shown(graph.file)}: its output {shown(name)} is not understood: {error}. Save the model's state "
                    "dict (.safetensors, .pt) and open that."
                ) from None
    if not plans:
        raise FileError(
            f"{shown(graph.file)}: none of its outputs is the output of a layer at all steps or after them. "
            "Export the model with its output."
        )
    main = max(plans.values(), key=_weight)
    others = {name: _words(values[name], main) for name in graph.outputs if name != main.output}
    return Plan(main.fed, main.embedding, main.layers, main.steps, main.last_only, main.output, others)


def unused(graph: Graph, plan: Plan) -> list[str]:
    """The recurrent nodes that the output does not depend on."""
    used = {strand.node.number for layer in plan.layers for strand in layer.strands}
    return [node.label for node in graph.nodes if node.operator in RECURRENT and node.number not in used]


def _weight(plan: Plan) -> tuple[int, int, bool]:
    """Of several outputs the one is taken that most stands in front of, and that says something of every step."""
    return sum(len(layer.strands) for layer in plan.layers), len(plan.steps), not plan.last_only


def _plan(content: Content, output: str) -> Plan:
    """Raises NotUnderstood."""
    states = content.of if isinstance(content, Readout) else content
    if not isinstance(states, States):
        raise NotUnderstood("no layer stands between it and the input")
    top, last_only = _top(states.parts)
    layers = [top]
    while isinstance(reads := _read(layers[0]), States):
        layers.insert(0, _layer(reads.parts))
    table, fed = (reads.table, reads.tokens) if isinstance(reads, Embedded) else (None, reads)
    steps = content.steps if isinstance(content, Readout) else ()
    return Plan(fed.name, table, tuple(layers), steps, last_only, output, {})


def _top(parts: tuple[Part, ...]) -> tuple[Layer, bool]:
    """The last layer, and whether only its last step is read. Raises NotUnderstood."""
    at = [part.at for part in parts]
    if all(place == "all" for place in at):
        return _layer(parts), False
    if all(place in ("last", "final") for place in at if place) and not _reads_ends(parts):
        return _layer(parts), True
    if all(part.at in (("first", "final") if part.strand.reverse else ("last", "final")) for part in parts):
        return Layer(_layer(parts).strands, aligned=False), True
    raise NotUnderstood("it reads the directions of a layer at steps that do not belong together")


def _reads_ends(parts: tuple[Part, ...]) -> bool:
    """Whether a reverse direction is read after its own last step, which is the first one in time."""
    return any(part.strand.reverse and part.at == "final" for part in parts)


def _layer(parts: tuple[Part, ...]) -> Layer:
    """The layer of these parts. Raises NotUnderstood."""
    strands = tuple(part.strand for part in parts)
    if any(part.variable != "h" for part in parts):
        raise NotUnderstood("it reads the cell state of an LSTM, where here only the hidden state can be read")
    if [strand.reverse for strand in strands] not in ([False], [True], [False, True]):
        raise NotUnderstood(f"it reads {len(strands)} states that are not the forward and then the reverse direction")
    if len(strands) == 2 and not _same(strands[0].reads, strands[1].reads):
        raise NotUnderstood("it joins a forward and a reverse direction that read different things")
    if len({strand.units for strand in strands}) > 1:
        raise NotUnderstood("the two directions that it joins have different numbers of units")
    return Layer(strands)


def _read(layer: Layer) -> Fed | Embedded | States:
    return layer.strands[0].reads


def _same(one: Content, other: Content) -> bool:
    """Whether two contents are the same numbers."""
    if one is other:
        return True
    if isinstance(one, Embedded) and isinstance(other, Embedded):
        return one.table is other.table and _same(one.tokens, other.tokens)
    if isinstance(one, Fed) and isinstance(other, Fed):
        return one.name == other.name
    if isinstance(one, States) and isinstance(other, States):
        return [(p.strand, p.variable, p.at) for p in one.parts] == [(p.strand, p.variable, p.at) for p in other.parts]
    return False


def _is_state(content: Content) -> bool:
    """Whether this is no more than a state after the last step, which models give beside their output."""
    return isinstance(content, States) and all(part.at != "all" for part in content.parts)


def _words(value: Value, plan: Plan) -> str:
    """Another output in words."""
    content = value.content if isinstance(value, Signal) else None
    if not isinstance(content, States):
        return "another readout, left out"
    paths = [path_of(part.strand, plan) for part in content.parts]
    if None in paths:
        return "a state of another layer, left out"
    named = ", ".join(f"{path}/{part.variable}" for path, part in zip(paths, content.parts, strict=True))
    return f"{named}{_WHEN[content.parts[0].at]}"


_WHEN = {"all": "", "final": " after its last step", "last": " at the last step", "first": " at the first step"}


def path_of(strand: Strand, plan: Plan) -> str | None:
    """Name of the block that a direction becomes, "l0.reverse"; None where it is not in the plan."""
    for number, layer in enumerate(plan.layers):
        if strand in layer.strands:
            return f"l{number}.reverse" if strand.reverse else f"l{number}"
    return None
