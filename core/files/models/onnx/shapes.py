"""Nodes that move numbers and change none: the same for numbers of the file and for what the network computes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from core.files.models.numbers import is_possible
from core.files.models.onnx.operands import Operands
from core.files.models.onnx.select import joined, selected, without_axis
from core.files.models.onnx.tensors import kind_of
from core.files.models.onnx.values import Atom, Known, NotUnderstood, Signal, Value, axis_of, counted

Move = Callable[[Operands], tuple[Value, ...]]
_FLOATS = ("float16", "bfloat16", "float32", "float64")


def _same(operands: Operands) -> tuple[Value, ...]:
    return (operands.value(0),)


def _cast(operands: Operands) -> tuple[Value, ...]:
    value, kind = operands.value(0), kind_of(operands.integer("to", 1))
    if isinstance(value, Signal):
        return (value,)
    if kind is None:
        raise NotUnderstood("it makes numbers of a kind that is not read")
    operands.check_size(value.array.size)
    # A rounded weight is still the weight of the file; other kinds of numbers are counts.
    array = value.array.astype("float32" if kind == "bfloat16" else kind)
    if kind in _FLOATS:
        return (Known(array, lambda: value.origin, value.depth + 1),)
    return (value.moved(lambda a: a.astype(kind)),)


def _transpose(operands: Operands) -> tuple[Value, ...]:
    value = operands.value(0)
    rank = len(value.array.shape if isinstance(value, Known) else value.dims)
    order = [axis_of(axis, rank) for axis in operands.integers("perm", list(range(rank))[::-1])]
    if sorted(order) != list(range(rank)):
        raise NotUnderstood(f"it puts {rank} axes into the order {order}")
    if isinstance(value, Known):
        return (value.moved(lambda array: array.transpose(order)),)
    return (value.with_dims(tuple(value.dims[axis] for axis in order)),)


def _reshape(operands: Operands) -> tuple[Value, ...]:
    value, wanted = operands.value(0), operands.numbers(1)
    shape = operands.shape(0)
    if not operands.integer("allowzero", 0):
        if any(size == 0 and axis >= len(shape) for axis, size in enumerate(wanted)):
            raise NotUnderstood(f"it copies a size from an axis that {list(shape)} does not have")
        wanted = [shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    if isinstance(value, Signal) and not _fits(shape, wanted):
        wanted = _left_open(value, wanted, operands.account.notes)
    return (_regrouped(operands, wanted),)


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    total, known = math.prod(shape), math.prod(size for size in wanted if size != -1)
    return known > 0 and total % known == 0 if -1 in wanted else total == known


def _left_open(value: Signal, wanted: list[int], notes: list[str]) -> list[int]:
    """The sizes with the stand-in of what is left open, where the exporter wrote the size of its example instead.

    Such a size has to stand where the value has it: counted from the front, or from the back behind a -1.
    """
    found = list(wanted)
    atoms = list(counted(tuple(atom for dim in value.dims for atom in dim)))
    end = wanted.index(-1) if -1 in wanted else len(wanted)
    for axes, step in ((range(end), 0), (range(len(wanted) - 1, end, -1), -1)):
        for axis in axes:
            found[axis] = _size_taken(atoms, step, wanted[axis])
    if _fits(value.shape, found) and found != wanted:
        for old, new in zip(wanted, found, strict=True):
            what = "steps" if value.time is not None and value.time.size == new else "sequences"
            notes += [f"the file itself takes {old} {what} only; here any number is walked"] * (old != new)
    return found


def _size_taken(atoms: list[Atom], step: int, size: int) -> int:
    """The size of the atoms that ``size`` means, taken from the front (``step`` 0) or the back (-1)."""
    if atoms and not atoms[step].fixed and size > 1 and size % atoms[step].size:
        return atoms.pop(step).size
    taken = 1
    while taken < size and atoms:
        taken *= atoms.pop(step).size
    return size


def _flatten(operands: Operands) -> tuple[Value, ...]:
    shape = operands.shape(0)
    axis = operands.integer("axis", 1)
    axis += len(shape) if axis < 0 else 0
    return (_regrouped(operands, [math.prod(shape[:axis]), math.prod(shape[axis:])]),)


def _regrouped(operands: Operands, wanted: list[int]) -> Value:
    value, shape = operands.value(0), operands.shape(0)
    total, known = math.prod(shape), math.prod(size for size in wanted if size != -1)
    if wanted.count(-1) == 1 and known and total % known == 0:
        wanted = [total // known if size == -1 else size for size in wanted]
    if not is_possible(wanted) or math.prod(wanted) != total:
        raise NotUnderstood(f"it gives a value of shape {list(shape)} the shape {wanted}, which does not fit")
    if isinstance(value, Known):
        operands.check_size(value.array.size)  # which are copied where they stand in another order
        return value.moved(lambda array: array.reshape(wanted))
    return value.with_dims(_grouped([atom for dim in value.dims for atom in dim], wanted))


def _grouped(atoms: list[Atom], wanted: list[int]) -> tuple[tuple[Atom, ...], ...]:
    """The atoms in groups of these sizes, in order. Raises NotUnderstood where one would have to be cut."""
    dims: list[tuple[Atom, ...]] = []
    for size in wanted:
        taken: list[Atom] = [atoms.pop(0)] if atoms and atoms[0].size == 1 == size else []
        while math.prod(atom.size for atom in taken) < size and atoms:
            taken.append(atoms.pop(0))
        if math.prod(atom.size for atom in taken) != size:
            raise NotUnderstood("it cuts the steps, sequences or units into groups")
        dims.append(tuple(taken))
    if dims:
        dims[-1] += tuple(atoms)  # no more than atoms of size 1 are left
    return tuple(dims)


def _squeeze(operands: Operands) -> tuple[Value, ...]:
    value, shape = operands.value(0), operands.shape(0)
    every = [axis for axis, size in enumerate(shape) if size == 1]
    axes = {axis_of(axis, len(shape)) for axis in operands.axes(1, every)}
    if any(shape[axis] != 1 for axis in axes):
        raise NotUnderstood(f"it drops an axis of a value of shape {list(shape)} that is not 1 long")
    if isinstance(value, Known):
        return (value.moved(lambda array: array.squeeze(tuple(axes))),)
    return (value.with_dims(tuple(dim for axis, dim in enumerate(value.dims) if axis not in axes)),)


def _unsqueeze(operands: Operands) -> tuple[Value, ...]:
    value, axes = operands.value(0), operands.axes(1, [])
    rank = len(operands.shape(0)) + len(axes)
    places = sorted({axis_of(axis, rank) for axis in axes})
    if len(places) != len(axes):
        raise NotUnderstood(f"it adds the same axis twice: {axes}")
    if not is_possible([1] * rank):
        raise NotUnderstood(f"it makes a value with {rank} axes")
    if isinstance(value, Known):
        return (value.moved(lambda array: np.expand_dims(array, tuple(places))),)
    dims = list(value.dims)
    for place in places:
        dims.insert(place, ())
    return (value.with_dims(tuple(dims)),)


def _slice(operands: Operands) -> tuple[Value, ...]:
    value, shape = operands.value(0), operands.shape(0)
    for axis, part in operands.slices(shape).items():
        if isinstance(value, Known):
            index = (*[slice(None)] * axis, part)
            value = value.moved(lambda array, index=index: array[index])  # type: ignore[misc]
        else:
            value = selected(value, axis, range(*part.indices(shape[axis])))
    return (value,)


def _gather(operands: Operands) -> tuple[Value, ...]:
    """Rows of an axis. A table of numbers at places that are only known later is an embedding, and not for here."""
    value, places = operands.value(0), operands.known(1)
    shape = operands.shape(0)
    axis = axis_of(operands.integer("axis", 0), len(shape))
    size = shape[axis]
    if (places.array < -size).any() or (places.array >= size).any():
        raise NotUnderstood(f"it takes something beyond the {size} of axis {axis}")
    if isinstance(value, Known):
        made = (*shape[:axis], *places.array.shape, *shape[axis + 1 :])
        operands.check_shape(made)
        if not is_possible(made):
            raise NotUnderstood(f"it makes a value with {len(made)} axes")
        return (value.moved(lambda array: np.take(array, places.array, axis=axis)),)
    if places.array.ndim > 1:
        raise NotUnderstood("it arranges the steps, sequences or units anew")
    found = selected(value, axis, [int(place) % size for place in places.array.ravel()])
    return (found if places.array.ndim else without_axis(found, axis),)


def _concat(operands: Operands) -> tuple[Value, ...]:
    values = operands.values
    axis = axis_of(operands.integer("axis", 0), len(operands.shape(0)))
    known = [value for value in values if isinstance(value, Known)]
    signals = [value for value in values if isinstance(value, Signal)]
    if len(signals) == len(values):
        return (joined(signals, axis),)
    if len(known) < len(values):
        raise NotUnderstood("it joins numbers of the file with what the network computes")
    others = [(*shape[:axis], *shape[axis + 1 :], len(shape)) for shape in (value.array.shape for value in known)]
    if any(other != others[0] for other in others):
        raise NotUnderstood(f"it joins shapes that do not fit: {[list(value.array.shape) for value in known]}")
    operands.check_size(sum(value.array.size for value in known))
    array = np.concatenate([value.array for value in known], axis)
    depth = 1 + max(value.depth for value in known)
    return (Known(array, lambda: np.concatenate([value.origin for value in known], axis), depth),)


def _split(operands: Operands) -> tuple[Value, ...]:
    value, shape = operands.value(0), operands.shape(0)
    axis = axis_of(operands.integer("axis", 0), len(shape))
    parts = len(operands.node.outputs)
    sizes = operands.split_sizes() or [
        min(-(-shape[axis] // parts), shape[axis] - start) for start in range(0, shape[axis], -(-shape[axis] // parts))
    ]
    if sum(sizes) != shape[axis] or len(sizes) != parts:
        raise NotUnderstood(f"it splits {shape[axis]} into {sizes}")
    ends = np.cumsum(sizes)
    ranges = [range(int(end) - size, int(end)) for size, end in zip(sizes, ends, strict=True)]
    if isinstance(value, Signal):
        return tuple(selected(value, axis, part) for part in ranges)
    index = [(*[slice(None)] * axis, slice(part.start, part.stop)) for part in ranges]
    return tuple(value.moved(lambda array, at=at: array[at]) for at in index)  # type: ignore[misc]


def _expand(operands: Operands) -> tuple[Value, ...]:
    value, shape, wanted = operands.value(0), operands.shape(0), operands.numbers(1)
    try:
        result = np.broadcast_shapes(shape, tuple(wanted))
    except ValueError:
        raise NotUnderstood(f"it spreads the shape {list(shape)} over {wanted}, which does not fit") from None
    if isinstance(value, Known):
        operands.check_shape(result)
        return (value.moved(lambda array: np.broadcast_to(array, result)),)
    if result[len(result) - len(shape) :] != tuple(shape) or math.prod(result) != math.prod(shape):
        raise NotUnderstood("it repeats what the network computes")
    return (value.with_dims((*[()] * (len(result) - len(shape)), *value.dims)),)


MOVES: Mapping[str, Move] = MappingProxyType(
    {
        "Identity": _same,
        "Dropout": _same,  # nothing is dropped when a model is only used
        "Cast": _cast,
        "Transpose": _transpose,
        "Reshape": _reshape,
        "Flatten": _flatten,
        "Squeeze": _squeeze,
        "Unsqueeze": _unsqueeze,
        "Slice": _slice,
        "Gather": _gather,
        "Concat": _concat,
        "Split": _split,
        "Expand": _expand,
    }
)
"""By operator: what a node makes of its operands."""
