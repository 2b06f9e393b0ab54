"""Reads an ``.onnx`` file into records, with suspicion. Nothing outside the folder of the file is opened.

The format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import FileError
from core.files.models.onnx.graph import Dim, Graph, GraphInput, Node
from core.files.models.onnx.tensors import kind_of, tensor_of, text_of
from core.files.models.records import FileTensor
from core.files.reading import read_bytes
from core.tokens import shown

LIMIT_BYTES = 2_147_483_647  # no protobuf message is longer
MAX_NODES = 10_000
_OWN_DOMAINS = ("", "ai.onnx")


def read_graph(path: Path) -> Graph:
    """The graph of an ONNX file. Raises FileError."""
    onnx = _onnx(path)
    model = _parsed(onnx, path)
    graph = model.graph
    if not model.ir_version or not graph.node or not graph.output:
        raise FileError(
            f"{shown(path.name)} is not an ONNX model: expected a graph of nodes, got "
            f"{len(graph.node)} nodes and {len(graph.output)} outputs. Export the model again."
        )
    if len(graph.node) > MAX_NODES:
        raise FileError(
            f"{shown(path.name)} has {len(graph.node):,} nodes, expected at most {MAX_NODES:,}. Such a graph was "
            "unrolled over time: export the layer as one node, or open its state dict (.safetensors, .pt)."
        )
    tensors = {text_of(proto.name): tensor_of(proto, path) for proto in graph.initializer}
    nodes = tuple(_nodes(onnx, graph, path))
    return Graph(
        path.name,
        _opset(model, path),
        " ".join(filter(None, map(text_of, (model.producer_name, model.producer_version)))),
        tuple(node for node in nodes if not _is_tensor(node)),
        tuple(_input(entry) for entry in graph.input if text_of(entry.name) not in tensors),
        tuple(text_of(entry.name) for entry in graph.output),
        tensors | {node.outputs[0]: node.attributes["value"] for node in nodes if _is_tensor(node)},
    )


def _is_tensor(node: Node) -> bool:
    """Whether a node is nothing but numbers: as good as an initialiser."""
    return (
        node.operator == "Constant" and len(node.outputs) == 1 and isinstance(node.attributes.get("value"), FileTensor)
    )


def _onnx(path: Path) -> Any:
    """The package that knows the format, which is only imported when such a file is opened. Raises FileError."""
    try:
        import onnx
    except ImportError:
        raise FileError(
            f"{shown(path.name)} is an ONNX model, and reading one needs the package onnx, which is not installed. "
            'Install it with "pip install onnx".'
        ) from None
    return onnx


def _parsed(onnx: Any, path: Path) -> Any:
    from google.protobuf.message import DecodeError  # comes with onnx

    # No more room than the file takes: what is read at once is made room for at once.
    limit = min(LIMIT_BYTES, path.stat().st_size)
    data = read_bytes(path, limit, "Export a smaller model, or open its state dict.")
    try:
        return onnx.ModelProto.FromString(data)
    except DecodeError:
        raise FileError(
            f"{shown(path.name)} is not a whole ONNX model: its {len(data):,} bytes are cut off, or of another kind. "
            "Copy or export it again."
        ) from None


def _opset(model: Any, path: Path) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in _OWN_DOMAINS]
    if not versions:
        raise FileError(
            f"{shown(path.name)} does not say which version of ONNX's operators it uses, so its nodes have no "
            "certain meaning. Export the model again."
        )
    return int(max(versions))


def _input(entry: Any) -> GraphInput:
    tensor, name = entry.type.tensor_type, text_of(entry.name)
    kind = kind_of(tensor.elem_type)
    if not tensor.HasField("shape"):
        return GraphInput(name, kind, None)
    return GraphInput(name, kind, tuple(_dims(name, tensor.shape.dim)))


def _dims(name: str, dims: Any) -> Iterator[Dim]:
    for index, dim in enumerate(dims):
        yield int(dim.dim_value) if dim.dim_value > 0 else text_of(dim.dim_param) or f"{name}[{index}]"


def _nodes(onnx: Any, graph: Any, path: Path) -> Iterator[Node]:
    for number, node in enumerate(graph.node, 1):
        operator, domain = text_of(node.op_type), text_of(node.domain)
        yield Node(
            operator if domain in _OWN_DOMAINS else f"{domain}.{operator}",
            text_of(node.name),
            number,
            tuple(map(text_of, node.input)),
            tuple(map(text_of, node.output)),
            {text_of(attribute.name): _value(onnx, attribute, path) for attribute in node.attribute},
        )


def _value(onnx: Any, attribute: Any, path: Path) -> Any:
    """The value of an attribute as Python has it; None for kinds that no operator here takes."""
    kinds = onnx.AttributeProto
    if attribute.type == kinds.TENSOR:
        return tensor_of(attribute.t, path)
    if attribute.type == kinds.STRING:
        return text_of(attribute.s)
    if attribute.type == kinds.STRINGS:
        return [text_of(text) for text in attribute.strings]
    plain = {kinds.FLOAT: "f", kinds.INT: "i", kinds.FLOATS: "floats", kinds.INTS: "ints"}
    if attribute.type not in plain:
        return None
    value = getattr(attribute, plain[attribute.type])
    return list(value) if attribute.type in (kinds.FLOATS, kinds.INTS) else value
