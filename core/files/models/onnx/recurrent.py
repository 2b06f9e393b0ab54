"""ONNX's RNN, LSTM and GRU nodes: what one direction of a layer is, with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from core.files.models.onnx.cells import DEFAULT_ACTIVATIONS, CellForm, activations_of
from core.files.models.onnx.graph import Node
from core.files.models.onnx.operands import Operands
from core.files.models.onnx.sizes import C0, GATES, H0, LENGTHS, B, NodeSizes, P, R, W, X
from core.files.models.onnx.values import (
    Array,
    Atom,
    Embedded,
    Fed,
    Known,
    NotUnderstood,
    Part,
    Signal,
    States,
    Value,
    counted,
)
from core.tokens import shown

PEEPHOLES = ("i", "o", "f")
_DIRECTIONS = MappingProxyType({"forward": (False,), "reverse": (True,), "bidirectional": (False, True)})
_ATTRIBUTES = frozenset(
    {"activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size", "layout"}
    | {"output_sequence"}  # of versions before 7: whether Y is given at all
)
_OWN_ATTRIBUTES = MappingProxyType({"RNN": set(), "GRU": {"linear_before_reset"}, "LSTM": {"input_forget"}})
_LAYOUTS = MappingProxyType({0: (0, 1), 1: (1, 0)})  # layout -> axes of time and batch


@dataclass(frozen=True, eq=False)
class Strand:
    """One direction of a recurrent node. A parameter is the sum of its summands."""

    node: Node
    reverse: bool
    form: CellForm
    inputs: int
    units: int
    reads: Fed | Embedded | States
    parameters: Mapping[str, tuple[Known, ...]]
    initial: Mapping[str, Value]  # by variable: numbers (B, H), or what the model is given
    lengths: Value | None
    batch_first: bool  # whether what the model is given is (B, T, D), not (T, B, D)


def recurrent(operands: Operands) -> tuple[Value, ...]:
    """The outputs Y, Y_h and (of an LSTM) Y_c of a recurrent node. Raises NotUnderstood."""
    node, signal = operands.node, operands.signal(X)
    known = _ATTRIBUTES | _OWN_ATTRIBUTES[node.operator]
    for name in node.attributes:
        if name not in known:
            raise NotUnderstood(f"ONNX has no attribute {shown(name)} for it")
    layout = operands.integer("layout", 0)
    directions = _DIRECTIONS.get(operands.text("direction", "forward"))
    if layout not in _LAYOUTS or directions is None:
        raise NotUnderstood("its layout or direction is none that ONNX has")
    time, batch = _LAYOUTS[layout]
    reads = _read(signal, time)
    sizes = NodeSizes(operands, len(directions), signal)
    sizes.check()
    forms = _forms(operands, len(directions))
    strands = [
        Strand(
            node,
            reverse,
            forms[number],
            sizes.inputs,
            sizes.units,
            reads,
            dict(_parameters(operands, forms[number], number, sizes.units)),
            dict(_initial(operands, number, layout)),
            _lengths(operands, signal.shape[time]),
            _is_second(reads, signal.dims[time]),
        )
        for number, reverse in enumerate(directions)
    ]
    return tuple(_outputs(strands, signal.dims[time], signal.dims[batch], layout))


def _read(signal: Signal, time: int) -> Fed | Embedded | States:
    """What the node reads, when its axes are steps, sequences and numbers. Raises NotUnderstood."""
    content = signal.content
    if len(signal.dims) != 3 or any(len(counted(dim)) > 1 for dim in signal.dims[:2]):
        raise NotUnderstood(f"its input X has shape {list(signal.shape)}, expected steps, sequences and numbers")
    if isinstance(content, Fed):
        return content.as_whole()
    if isinstance(content, Embedded | States):
        if not signal.is_features(2):
            raise NotUnderstood("the last axis of its input X is not the units of the layer below")
        if isinstance(content, States) and (
            counted(signal.dims[time]) != counted((signal.time,) if signal.time else ())
            or any(part.at != "all" for part in content.parts)
        ):
            raise NotUnderstood("it does not walk along the time of the layer below, but along something else")
        return content
    raise NotUnderstood(
        "between it and the layer below stands a linear layer or function, and here layers read each other directly"
    )


def _is_second(reads: Fed | Embedded | States, time: tuple[Atom, ...]) -> bool:
    """Whether the steps are the second axis of what the model is given."""
    fed = reads.tokens if isinstance(reads, Embedded) else reads
    return isinstance(fed, Fed) and len(fed.axes) > 1 and fed.axes[1] in time


def _forms(operands: Operands, directions: int) -> list[CellForm]:
    """The cell of each direction."""
    operator = operands.node.operator
    alphas, betas = (list(map(_short, operands.reals(f"activation_{name}"))) for name in ("alpha", "beta"))
    each = len(DEFAULT_ACTIVATIONS[operator])
    names = operands.texts("activations") or list(DEFAULT_ACTIVATIONS[operator]) * directions
    if len(names) != each * directions:
        raise NotUnderstood(f"it names {len(names)} activations, expected {each} for each of {directions} direction(s)")
    functions = activations_of(operator, names, alphas, betas)
    clip = _short(operands.real("clip", 0.0))
    if "clip" in operands.node.attributes and clip <= 0:
        raise NotUnderstood(f"its clip is {clip:g}, expected a number above 0, or none")
    return [
        CellForm(
            operator,
            functions[number * each : (number + 1) * each],
            clip,
            bias=operands.optional(B) is not None,
            peepholes=operands.optional(P) is not None,
            coupled=bool(operands.integer("input_forget", 0)),
            reset_after=bool(operands.integer("linear_before_reset", 0)),
        )
        for number in range(directions)
    ]


def _short(number: float) -> float:
    """The shortest number that is the same in the file's float32: 0.2, not 0.20000000298."""
    return float(str(np.float32(number)))


def _parameters(
    operands: Operands, form: CellForm, direction: int, units: int
) -> Iterator[tuple[str, tuple[Known, ...]]]:
    """The parameters of a direction by their names in the cell, each with its summands."""
    gates = GATES[form.operator]
    for number, gate in enumerate(gates):
        if gate == "f" and form.coupled:
            continue  # the file has rows for it, which nothing reads
        end = f"_{gate}" if gate else ""
        rows = slice(number * units, (number + 1) * units)
        yield f"W{end}", (_part(operands.known(W), direction, rows),)
        yield f"U{end}", (_part(operands.known(R), direction, rows),)
        if form.bias:
            behind = slice(rows.start + len(gates) * units, rows.stop + len(gates) * units)
            both = (_part(operands.known(B), direction, rows), _part(operands.known(B), direction, behind))
            if gate == "n" and form.reset_after:
                yield "b_n", both[:1]
                yield "b_hn", both[1:]
            else:
                yield f"b{end}", both
    for number, gate in enumerate(PEEPHOLES if form.peepholes else ()):
        if gate != "f" or not form.coupled:
            rows = slice(number * units, (number + 1) * units)
            yield f"p_{gate}", (_part(operands.known(P), direction, rows),)


def _part(value: Known, direction: int, rows: slice) -> Known:
    return value.moved(lambda array: array[direction, rows])


def _initial(operands: Operands, direction: int, layout: int) -> Iterator[tuple[str, Value]]:
    for index, variable in ((H0, "h"), (C0, "c")):
        value = operands.optional(index)
        if isinstance(value, Known):
            at = (direction,) if layout == 0 else (slice(None), direction)
            yield variable, value.moved(lambda array, at=at: array[at])  # type: ignore[misc]
        elif value is not None:
            yield variable, value


def _lengths(operands: Operands, steps: int) -> Value | None:
    """The lengths of the sequences; None where all are as long as the input."""
    value = operands.optional(LENGTHS)
    if isinstance(value, Known):
        lengths: Array = value.array
        if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or (lengths < 0).any() or (lengths > steps).any():
            raise NotUnderstood("its input sequence_lens is no list of lengths within the input")
        return None if (lengths == steps).all() else value
    return value


def _outputs(strands: list[Strand], time: tuple[Atom, ...], batch: tuple[Atom, ...], layout: int) -> Iterator[Signal]:
    """Y at all steps, and Y_h and Y_c after all of them."""
    directions, units = Atom(len(strands)), Atom(strands[0].units)
    steps = next(iter(counted(time)), None)

    def states(variable: str, at: str) -> States:
        return States(tuple(Part(strand, variable, at) for strand in strands))

    d, u = (directions,), (units,)
    whole, last = ((time, d, batch, u), (d, batch, u)) if layout == 0 else ((batch, time, d, u), (batch, d, u))
    yield Signal(whole, states("h", "all"), (directions, units), steps)
    yield Signal(last, states("h", "final"), (directions, units))
    if strands[0].form.operator == "LSTM":
        yield Signal(last, states("c", "final"), (directions, units))
