"""Nodes that compute with numbers of the file and with sizes: what exporters write for shapes and initial states."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from core.files.models.onnx.operands import Operands
from core.files.models.onnx.values import Array, Known, NotUnderstood, computed

Compute = Callable[[Operands], Array]
_LISTS = {"value_int": np.int64, "value_ints": np.int64, "value_float": np.float32, "value_floats": np.float32}


def _shape(operands: Operands) -> Array:
    shape = operands.shape(0)
    start, end = operands.integer("start", 0), operands.integer("end", len(shape))
    return np.array(shape[slice(start, end)], np.int64)


def _constant(operands: Operands) -> Array:
    tensor = operands.tensor("value")
    if tensor is not None:
        return tensor
    for name, kind in _LISTS.items():
        if name in operands.node.attributes:
            return np.array(operands.node.attributes[name], kind)
    raise NotUnderstood("its value is of a kind that is not read")


def _constant_of_shape(operands: Operands) -> Array:
    shape, value = operands.numbers(0), operands.tensor("value")
    if min(shape, default=0) < 0:
        raise NotUnderstood(f"it makes a value of shape {shape}")
    operands.check_shape(shape)
    value = np.zeros(1, np.float32) if value is None else value
    if value.size != 1:
        raise NotUnderstood("it fills a value with more than one number")
    return np.broadcast_to(value.reshape(()), shape)


def _range(operands: Operands) -> Array:
    start, limit, step = (operands.known(index).array.reshape(-1)[:1] for index in range(3))
    if not start.size == limit.size == step.size == 1 or not step[0]:
        raise NotUnderstood("its start, limit and step are no single numbers")
    operands.check_size(max(0, math.ceil((float(limit[0]) - float(start[0])) / float(step[0]))))
    return np.asarray(np.arange(start[0], limit[0], step[0])).astype(start.dtype)


def _tile(operands: Operands) -> Array:
    array, repeats = operands.known(0).array, operands.numbers(1)
    if len(repeats) != array.ndim or min(repeats, default=0) < 0:
        raise NotUnderstood(f"it repeats a value of shape {list(array.shape)} {repeats} times")
    operands.check_shape((*array.shape, *repeats))
    return np.tile(array, repeats)


def _product(operands: Operands) -> Array:
    array = operands.known(0).array
    axes = tuple(operands.axes(1, list(range(array.ndim))))
    return np.prod(array, axis=axes, keepdims=bool(operands.integer("keepdims", 1)), dtype=array.dtype)


def _elementwise(function: Callable[..., Any]) -> Compute:
    def compute(operands: Operands) -> Array:
        arrays = [operands.known(index).array for index in range(len(operands.given))]
        try:
            operands.check_shape(np.broadcast_shapes(*[array.shape for array in arrays]))
        except ValueError:
            raise NotUnderstood(f"its shapes do not fit: {[list(array.shape) for array in arrays]}") from None
        with np.errstate(all="ignore"):
            return np.asarray(function(*arrays))

    return compute


def _divide(a: Array, b: Array) -> Array:
    """Whole numbers are divided as in C: towards zero."""
    if a.dtype.kind not in "iu":
        return np.divide(a, b)
    if not np.all(b):
        raise NotUnderstood("it divides by zero")
    return np.trunc(np.divide(a, b)).astype(a.dtype)


_CONSTANTS: Mapping[str, Compute] = MappingProxyType(
    {
        "Shape": _shape,
        "Size": lambda operands: np.array(math.prod(operands.shape(0)), np.int64),
        "Constant": _constant,
        "ConstantOfShape": _constant_of_shape,
        "Range": _range,
        "Tile": _tile,
        "ReduceProd": _product,
        "Add": _elementwise(np.add),
        "Sub": _elementwise(np.subtract),
        "Mul": _elementwise(np.multiply),
        "Div": _elementwise(_divide),
        "Neg": _elementwise(np.negative),
        "Equal": _elementwise(np.equal),
        "Less": _elementwise(np.less),
        "Greater": _elementwise(np.greater),
        "Where": _elementwise(np.where),
        "Min": _elementwise(lambda *arrays: np.min(np.broadcast_arrays(*arrays), axis=0)),
        "Max": _elementwise(lambda *arrays: np.max(np.broadcast_arrays(*arrays), axis=0)),
    }
)


def constant(operands: Operands) -> tuple[Known, ...]:
    """The one value that a node of ``CONSTANTS`` makes of numbers of the file, and of sizes. Raises NotUnderstood."""
    return (computed(_CONSTANTS[operands.node.operator](operands)),)


CONSTANTS = frozenset(_CONSTANTS)
"""The operators that compute with numbers."""
