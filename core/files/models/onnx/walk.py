"""Follows the data through an ONNX graph, node by node: what each value is, by what it does and not by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

import numpy as np

from core.errors import FileError
from core.files.models.onnx.constants import CONSTANTS, constant
from core.files.models.onnx.graph import RECURRENT, Graph, GraphInput, Node
from core.files.models.onnx.operands import LEAST_LIMIT, Account, Operands
from core.files.models.onnx.readout import READOUTS, embedded
from core.files.models.onnx.recurrent import recurrent
from core.files.models.onnx.shapes import MOVES
from core.files.models.onnx.values import Atom, Fed, Known, NotUnderstood, Signal, Value
from core.tokens import shown

_FIRST_STAND_IN = 101  # for sizes that the file leaves open: primes from here on
_MOST_LAYERS = 64  # each with two directions, perhaps of nodes of their own
_MOST_COPIES = 4  # of the numbers of the file that nodes may make on the way
# What Python and NumPy raise for an invalid node; it can be wrong in more ways than can be listed.
_MISFITS = (TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError)
_LONGEST = 1_000_000  # size of an input that a file may state
_DEEPEST = 100  # nodes behind each other that move the same numbers
_LOOPS = frozenset({"Loop", "Scan", "If"})
_CURVES = frozenset({"Tanh", "Sigmoid", "Relu"})
_PRODUCTS = frozenset({"MatMul", "Gemm"})
_ADVICE = (
    "Export the model so that nothing but reshaping, an embedding and linear layers stands around its RNN, LSTM and "
    "GRU nodes, or save its state dict (.safetensors, .pt) and open that."
)


def walk(graph: Graph) -> tuple[Mapping[str, Value], tuple[str, ...]]:
    """Every value that the outputs depend on, by name, and what was assumed. Raises FileError naming the node."""
    _check_recurrent(graph)
    values: dict[str, Value] = {}
    sizes = _StandIns()
    for entry in graph.inputs:
        values[entry.name] = _fed(entry, sizes, graph.file)
    account = Account(LEAST_LIMIT + _MOST_COPIES * graph.numbers)
    for node in _needed(graph):
        given = tuple(_value(name, values, graph, node) for name in node.inputs)
        operands = Operands(node, given, graph.opset, account)
        try:
            found = _understood(operands)
        except NotUnderstood as error:
            raise FileError(f"{shown(graph.file)}, {node.label}: {error}. {error.advice or _ADVICE}") from None
        except _MISFITS:
            raise FileError(
                f"{shown(graph.file)}, {node.label}: its inputs and attributes do not fit this operator. The file is "
                "invalid: export the model again."
            ) from None
        values.update(zip(node.outputs, found, strict=False))
    return values, tuple(account.notes)


def _known(graph: Graph, name: str) -> Known:
    """The numbers of a tensor. Raises FileError."""
    array, start = graph.tensors[name].load(), graph.starts[name]
    kind = np.int32 if graph.numbers < 2**31 else np.int64
    return Known(array, lambda: np.arange(start, start + array.size, dtype=kind).reshape(array.shape))


class _StandIns:
    """A prime of its own for every size that the file leaves open."""

    def __init__(self) -> None:
        self._primes = (n for n in count(_FIRST_STAND_IN, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
        self._found: dict[str, int] = {}

    def size(self, name: str) -> int:
        if name not in self._found:
            self._found[name] = next(self._primes)
        return self._found[name]


def _fed(entry: GraphInput, sizes: _StandIns, file: str) -> Signal:
    """What the model is given. Where the file does not say how many axes that has, the usual ones. Raises FileError."""
    usual = 3 if entry.kind in ("float16", "bfloat16", "float32", "float64") else 2
    dims = entry.dims if entry.dims is not None else [f"{entry.name}[{axis}]" for axis in range(usual)]
    for dim in dims:
        if isinstance(dim, int) and dim > _LONGEST:
            raise FileError(
                f"{shown(file)}: its input {shown(entry.name)} has an axis of {dim:,}, expected at most {_LONGEST:,}. "
                "Export the model again."
            )
    atoms = tuple(Atom(dim) if isinstance(dim, int) else Atom(sizes.size(dim), fixed=False) for dim in dims)
    return Signal(tuple((atom,) for atom in atoms), Fed(entry.name, atoms))


def _needed(graph: Graph) -> Iterator[Node]:
    """The nodes that outputs depend on, in order. Raises FileError where the order makes no sense."""
    wanted, needed = set(graph.outputs), set()
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs):
            needed.add(node.number)
            wanted.update(filter(None, node.inputs))
    return (node for node in graph.nodes if node.number in needed)


def _value(name: str, values: dict[str, Value], graph: Graph, node: Node) -> Value | None:
    if not name:
        return None
    if name not in values and name in graph.tensors:
        values[name] = _known(graph, name)
    if name not in values:
        raise FileError(
            f"{shown(graph.file)}, {node.label} reads {shown(name)}, which nothing before it gives. "
            "The file is damaged: export the model again."
        )
    return values[name]


def _understood(operands: Operands) -> tuple[Value, ...]:
    """What a node gives. Raises NotUnderstood."""
    operator, given = operands.node.operator, operands.values
    fed = any(isinstance(value, Signal) for value in given)
    handler: Callable[[Operands], tuple[Value, ...]] | None
    if operator in RECURRENT:
        handler = recurrent
    elif operator == "Gather" and len(given) == 2 and isinstance(given[0], Known) and isinstance(given[1], Signal):
        handler = embedded
    elif operator in ("Shape", "Size") or (operator in CONSTANTS and not fed):
        handler = constant
    else:
        handler = MOVES.get(operator) or READOUTS.get(operator)
    if handler is None:
        raise NotUnderstood("this operator is not understood here")
    found = handler(operands)
    if any(isinstance(value, Known) and value.depth > _DEEPEST for value in found):
        raise NotUnderstood(f"what it gives went through {_DEEPEST} other nodes, which no weight or size has to")
    return found


def _check_layers(graph: Graph, layers: int) -> None:
    if layers > _MOST_LAYERS:
        raise FileError(
            f"{shown(graph.file)} has {layers:,} RNN, LSTM and GRU nodes, expected at most {_MOST_LAYERS}. "
            "Export a part of the model."
        )


def _check_recurrent(graph: Graph) -> None:
    """Refuse a graph without a recurrent node, saying what became of it. Raises FileError."""
    operators = [node.operator for node in graph.nodes]
    if layers := sum(operator in RECURRENT for operator in operators):
        _check_layers(graph, layers)
        return
    curves, products = (sum(op in kinds for op in operators) for kinds in (_CURVES, _PRODUCTS))
    name, state = shown(graph.file), "or save the model's state dict (.safetensors, .pt) and open that"
    loops = sorted(_LOOPS.intersection(operators))
    if loops:
        raise FileError(
            f"{name} has no RNN, LSTM or GRU node; its layer is a {loops[0]} node with a program of its own, which is "
            f"not followed. Export it with such a node, {state}."
        )
    if curves > 1 and products > 1:
        raise FileError(
            f"{name} has no RNN, LSTM or GRU node: the exporter unrolled the layer into {products} MatMul or Gemm and "
            f"{curves} Tanh, Sigmoid or Relu nodes, one after the other for a fixed number of steps, so no layer is "
            f"left to walk. Export nn.RNN with torch.onnx.export(..., dynamo=False), which keeps it as one node, "
            f"{state}."
        )
    raise FileError(
        f"{name} has no RNN, LSTM or GRU node, so it is no recurrent network; its nodes are: "
        f"{', '.join(map(shown, sorted(set(operators))[:8]))}. Choose the file of a recurrent network."
    )
