"""Parts of what the network computes: a step, a direction, and parts put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from core.files.models.onnx.values import (
    Atom,
    Content,
    Fed,
    NotUnderstood,
    Readout,
    Signal,
    States,
    counted,
)

Dims = tuple[tuple[Atom, ...], ...]


def selected(signal: Signal, axis: int, indices: Sequence[int]) -> Signal:
    """What stands at these indices of an axis, which stays. Raises NotUnderstood."""
    size = signal.shape[axis]
    if len(indices) == size and list(indices) == list(range(size)):
        return signal
    if any(not 0 <= index < size for index in indices):
        raise NotUnderstood(f"it takes index {max(indices)} of an axis of {size}")
    if signal.is_time(axis):
        return _at_step(signal, axis, indices)
    if isinstance(signal.content, Fed):
        dims = (*signal.dims[:axis], (Atom(len(indices)),), *signal.dims[axis + 1 :])
        return replace(signal, dims=dims, content=replace(signal.content, whole=False))
    if isinstance(signal.content, States) and indices:
        if signal.is_parts(axis):
            return _parts(signal, axis, list(indices))
        if signal.is_features(axis):
            return _parts(signal, axis, _parts_at(signal.content, indices))
    raise NotUnderstood("it takes some of the sequences, inputs or units, which no network here can do")


def without_axis(signal: Signal, axis: int) -> Signal:
    """The signal without an axis of size 1."""
    return signal.with_dims((*signal.dims[:axis], *signal.dims[axis + 1 :]))


def joined(signals: Sequence[Signal], axis: int) -> Signal:
    """States behind each other along the features, or along the directions. Raises NotUnderstood."""
    first = signals[0]
    contents = [signal.content for signal in signals if isinstance(signal.content, States)]
    if len(contents) != len(signals):
        raise NotUnderstood("it joins what is not the state of a layer")
    along_parts = all(signal.is_parts(axis) for signal in signals) and not first.is_features(axis)
    if not along_parts and not all(signal.is_features(axis) for signal in signals):
        raise NotUnderstood("it joins states along another axis than that of the units")
    states = States(tuple(part for content in contents for part in content.parts))
    features = _features(states)
    if along_parts and len(features) == 1:
        raise NotUnderstood("it stacks states of different widths")
    dims = [_outside(signal, axis, features) for signal in signals]
    if any(_counted(other) != _counted(dims[0]) for other in dims):
        raise NotUnderstood("it joins states of different steps or sequences")
    own = features[:1] if along_parts else features
    return Signal((*dims[0][:axis], own, *dims[0][axis + 1 :]), states, features, first.time)


def _counted(dims: Dims) -> Dims:
    return tuple(counted(dim) for dim in dims)


def _outside(signal: Signal, axis: int, features: tuple[Atom, ...]) -> Dims:
    """The axes but one, with the units of the joined states in place of the signal's own."""
    units = counted(signal.features[-1:])
    return tuple(
        () if index == axis else features[-1:] if units and counted(dim) == units else dim
        for index, dim in enumerate(signal.dims)
    )


def _features(states: States) -> tuple[Atom, ...]:
    """Atoms for these states: parts and units where all are equally wide."""
    widths = {part.strand.units for part in states.parts}
    return (Atom(len(states.parts)), Atom(widths.pop())) if len(widths) == 1 else (Atom(states.width),)


def _at_step(signal: Signal, axis: int, indices: Sequence[int]) -> Signal:
    """The states at one step: the first or the last one. Raises NotUnderstood."""
    steps = {0: "first", signal.shape[axis] - 1: "last"}
    if len(indices) != 1 or indices[0] not in steps:
        raise NotUnderstood(
            "it takes some of the time steps, neither all of them nor the first or the last alone, or takes them in "
            "another order"
        )
    content = _with_step(signal.content, steps[indices[0]])
    return replace(signal, dims=(*signal.dims[:axis], (), *signal.dims[axis + 1 :]), content=content, time=None)


def _with_step(content: Content, at: str) -> Content:
    if isinstance(content, States):
        return States(tuple(replace(part, at=at) for part in content.parts))
    if isinstance(content, Readout):
        return Readout(States(tuple(replace(part, at=at) for part in content.of.parts)), content.steps)
    raise NotUnderstood("it takes one step of the input")


def _parts(signal: Signal, axis: int, numbers: list[int]) -> Signal:
    """The parts of these numbers, in this order."""
    assert isinstance(signal.content, States)
    states = States(tuple(signal.content.parts[number] for number in numbers))
    features = _features(states)
    own = features if signal.is_features(axis) else features[:1]
    dims = _outside(signal, axis, features)
    return replace(signal, dims=(*dims[:axis], own, *dims[axis + 1 :]), content=states, features=features)


def _parts_at(states: States, indices: Sequence[int]) -> list[int]:
    """Which parts these features are, each of them whole. Raises NotUnderstood."""
    ends = list(accumulate(part.strand.units for part in states.parts))
    places = [list(range(end - part.strand.units, end)) for end, part in zip(ends, states.parts, strict=True)]
    left, numbers = list(indices), []
    while left:
        found = next((n for n, place in enumerate(places) if left[: len(place)] == place), None)
        if found is None:
            raise NotUnderstood("it takes some of the units, not a direction as a whole")
        numbers.append(found)
        left = left[len(places[found]) :]
    return numbers
