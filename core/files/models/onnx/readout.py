"""Nodes behind the last layer, and an embedding in front of the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from core.files.models.onnx.operands import Operands
from core.files.models.onnx.values import (
    Affine,
    Atom,
    Content,
    Embedded,
    Fed,
    Known,
    NotUnderstood,
    Readout,
    Signal,
    States,
    Value,
    axis_of,
    computed,
)

SOFTMAX, LOG_SOFTMAX = "softmax({})", "log(softmax({}))"
_NORMALISED = MappingProxyType({"Softmax": SOFTMAX, "LogSoftmax": LOG_SOFTMAX})
_PLAIN = MappingProxyType(
    {"Sigmoid": "sigmoid({})", "Tanh": "tanh({})", "Relu": "relu({})", "Softplus": "softplus({})",
     "Softsign": "softsign({})"}
)  # fmt: skip
# Functions with options: their names in the language, ONNX's defaults.
_WITH_OPTIONS: Mapping[str, tuple[str, Mapping[str, float]]] = MappingProxyType(
    {
        "LeakyRelu": ("leaky_relu", {"alpha": 0.01}),
        "ThresholdedRelu": ("thresholded_relu", {"alpha": 1.0}),
        "Elu": ("elu", {"alpha": 1.0}),
        "HardSigmoid": ("hard_sigmoid", {"alpha": 0.2, "beta": 0.5}),
    }
)


def embedded(operands: Operands) -> tuple[Value, ...]:
    """Rows of a table for the tokens that the model is given. Raises NotUnderstood."""
    table, tokens = operands.known(0), operands.signal(1)
    if not isinstance(tokens.content, Fed):
        raise NotUnderstood("it looks up rows for what a layer computed")
    fed = tokens.content.as_whole()
    if table.array.ndim != 2 or table.array.dtype.kind != "f" or operands.integer("axis", 0) not in (0, -2):
        raise NotUnderstood(f"its table has shape {list(table.array.shape)}, expected words × width")
    width = Atom(table.array.shape[1])
    return (Signal((*tokens.dims, (width,)), Embedded(table, fed), (width,)),)


def _matmul(operands: Operands) -> tuple[Value, ...]:
    signal, matrix = operands.signal(0), operands.known(1)
    return (_linear(signal, matrix.moved(np.transpose), None),)


def _gemm(operands: Operands) -> tuple[Value, ...]:
    signal, matrix = operands.signal(0), operands.known(1)
    if operands.integer("transA", 0):
        raise NotUnderstood("it turns what the network computes around")
    matrix = matrix if operands.integer("transB", 0) else matrix.moved(np.transpose)
    bias = None if operands.optional(2) is None else operands.known(2)
    return (
        _linear(
            signal,
            _times(matrix, operands.real("alpha", 1.0)),
            None if bias is None else _times(bias, operands.real("beta", 1.0)),
        ),
    )


def _times(known: Known, factor: float) -> Known:
    return known if factor == 1 else computed(known.array * factor)


def _linear(signal: Signal, matrix: Known, bias: Known | None) -> Signal:
    """``V @ x + b`` along the last axis. Raises NotUnderstood."""
    readout = _readout(signal.content)
    if matrix.array.ndim != 2 or matrix.array.shape[1] != signal.shape[-1] or not signal.is_features(-1):
        raise NotUnderstood(
            f"it multiplies a value of shape {list(signal.shape)} with a matrix of shape {list(matrix.array.shape)}, "
            "which is no linear layer on the units"
        )
    _check_numbers(matrix)
    width = Atom(matrix.array.shape[0])
    steps = readout.then(Affine(matrix, None if bias is None else _bias(bias, width.size)))
    return replace(signal, dims=(*signal.dims[:-1], (width,)), content=steps, features=(width,))


def _add(operands: Operands) -> tuple[Value, ...]:
    """The bias of a linear layer: the network's value may stand on either side."""
    first = operands.value(0)
    signal, known = (operands.signal(0), operands.known(1)) if isinstance(first, Signal) else (
        operands.signal(1), operands.known(0))  # fmt: skip
    content = signal.content
    last = content.steps[-1] if isinstance(content, Readout) else None
    if not isinstance(content, Readout) or not isinstance(last, Affine) or last.bias is not None:
        raise NotUnderstood("it adds a constant to what is not the product of a linear layer")
    bias = _bias(known, signal.shape[-1])
    steps = (*content.steps[:-1], Affine(last.matrix, bias))
    return (replace(signal, content=Readout(content.of, steps)),)


def _bias(known: Known, width: int) -> Known:
    """A vector of this width. Raises NotUnderstood."""
    shape = known.array.shape
    if known.array.size not in (1, width) or (shape and shape[-1] not in (1, width)) or known.array.dtype.kind != "f":
        raise NotUnderstood(f"its bias has shape {list(shape)}, expected {width} numbers")
    _check_numbers(known)
    if known.array.size == width:
        return known.moved(np.ravel)
    return known.moved(lambda array: np.broadcast_to(array.ravel(), (width,)))


def _check_numbers(known: Known) -> None:
    if known.array.dtype.kind != "f":
        raise NotUnderstood(f"its weights are no real numbers, but {known.array.dtype}")


def _readout(content: Content) -> Readout:
    if isinstance(content, Readout):
        return content
    if isinstance(content, States):
        return Readout(content, ())
    raise NotUnderstood(
        "it stands before the first layer, where only an embedding can be; feed the layer directly and export again"
    )


def _function(operands: Operands) -> tuple[Value, ...]:
    signal, operator = operands.signal(0), operands.node.operator
    if operator in _NORMALISED:
        axis = axis_of(operands.integer("axis", -1 if operands.opset >= 13 else 1), len(signal.dims))
        if axis != len(signal.dims) - 1 or not signal.is_features(axis):
            raise NotUnderstood("it works along another axis than that of the units")
        return (replace(signal, content=_readout(signal.content).then(_NORMALISED[operator])),)
    function = _PLAIN.get(operator) or _with_options(operands)
    return (replace(signal, content=_readout(signal.content).then(function)),)


def _with_options(operands: Operands) -> str:
    name, defaults = _WITH_OPTIONS[operands.node.operator]
    given = {option: operands.real(option, default) for option, default in defaults.items()}
    return f"{name}({{}}, {', '.join(f'{o}={float(str(np.float32(v)))!r}' for o, v in given.items())})"


READOUTS: Mapping[str, Callable[[Operands], tuple[Value, ...]]] = MappingProxyType(
    {
        "MatMul": _matmul,
        "Gemm": _gemm,
        "Add": _add,
        **dict.fromkeys((*_NORMALISED, *_PLAIN, *_WITH_OPTIONS), _function),
    }
)
"""By operator: what a node makes of what the network computes."""
