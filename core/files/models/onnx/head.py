"""The readout of an ONNX graph as a cell file: a shipped one where it says the same, else one that is written here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from core.files.models.biasless import without_biases
from core.files.models.onnx.readout import LOG_SOFTMAX, SOFTMAX
from core.files.models.onnx.values import Affine, Known, ReadoutStep
from core.language import CellDefinition, parse_cell, read_cell

_SIGMOID = "sigmoid({})"
_SHIPPED: Mapping[tuple[str, ...], str] = MappingProxyType(
    {(): "identity", (SOFTMAX,): "softmax", (LOG_SOFTMAX,): "softmax", (_SIGMOID,): "logistic"}
)
# The cross-entropy that belongs to the last function, taken from what that function reads.
_CROSS_ENTROPY = MappingProxyType({SOFTMAX: "softmax_cross_entropy", _SIGMOID: "logistic_cross_entropy"})


def head_of(steps: tuple[ReadoutStep, ...], loss: str) -> CellDefinition:
    """The readout that these steps are. Scores without a function get a softmax where the loss needs one."""
    if not steps:
        return read_cell("direct", "heads")
    first, functions = steps[0], tuple(step for step in steps[1:] if isinstance(step, str))
    if isinstance(first, Affine) and len(functions) == len(steps) - 1 and functions in _SHIPPED:
        name = "softmax" if gets_softmax(steps, loss) else _SHIPPED[functions]
        shipped = read_cell(name, "heads")
        return shipped if first.bias else without_biases(shipped)
    return parse_cell(_text([*steps, SOFTMAX] if gets_softmax(steps, loss) else list(steps)))


def gets_softmax(steps: tuple[ReadoutStep, ...], loss: str) -> bool:
    """Whether the loss needs a softmax behind the file's scores."""
    return loss == "cross-entropy" and bool(steps) and isinstance(steps[-1], Affine)


def numbers_of(steps: tuple[ReadoutStep, ...]) -> Mapping[str, Known]:
    """The parameters of the readout by name."""
    found: dict[str, Known] = {}
    for number, step in _affine(steps):
        found[f"V{number}"] = step.matrix
        if step.bias is not None:
            found[f"b{number}"] = step.bias
    return found


def outputs_of(steps: tuple[ReadoutStep, ...]) -> int | None:
    """The width of the output; None for that of the last layer."""
    return next((step.matrix.array.shape[0] for step in reversed(steps) if isinstance(step, Affine)), None)


def _affine(steps: tuple[ReadoutStep, ...] | list[ReadoutStep]) -> Iterator[tuple[str, Affine]]:
    """The linear layers, numbered where there are several."""
    layers = [step for step in steps if isinstance(step, Affine)]
    return zip(([""] if len(layers) == 1 else map(str, range(1, len(layers) + 1))), layers, strict=True)


def _text(steps: list[ReadoutStep]) -> str:
    """The steps as a cell file."""
    steps = [SOFTMAX if step == LOG_SOFTMAX else step for step in steps]
    numbers = {id(layer): number for number, layer in _affine(steps)}
    value, before, lines = "h", "h", []
    for place, step in enumerate(steps):
        name = "y" if place == len(steps) - 1 else f"a{place + 1}"
        if isinstance(step, Affine):
            bias = f" + b{numbers[id(step)]}" if step.bias else ""
            lines.append(f"{name} = V{numbers[id(step)]} @ {value}{bias}")
        else:
            lines.append(f"{name} = {step.format(value)}")
        before, value = value, name
    losses = 'squared = "L = 0.5 * sum((y - target) ** 2)"'
    if steps[-1] in _CROSS_ENTROPY:
        losses = f'cross-entropy = "L = {_CROSS_ENTROPY[str(steps[-1])]}({before}, target)"\n{losses}'
    equations = "\n".join(lines)
    return (
        f'name = "Readout of {len(steps)} steps"\nsource = "An ONNX graph"\ninputs = ["h", "target"]\noutput = "y"\n'
        f'equations = """\n{equations}\n"""\n\n{_sizes(steps)}[losses]\n{losses}\n\n[roles]\ny = "prediction"\n'
    )


def _sizes(steps: list[ReadoutStep]) -> str:
    """Declarations of what lies between several linear layers."""
    layers = list(_affine(steps))
    if len(layers) < 2:
        return ""
    widths = [f"width{number}" for number, _ in layers[:-1]]
    sizes = "".join(
        f"{width} = {layer.matrix.array.shape[0]}\n" for width, (_, layer) in zip(widths, layers, strict=False)
    )
    rows, columns = [*widths, "units"], ["inputs", *widths]
    shapes = "".join(
        f'[parameters.V{number}]\nshape = ["{row}", "{column}"]\n\n'
        for (number, _), row, column in zip(layers, rows, columns, strict=True)
    )
    return f"[sizes]\n{sizes}\n{shapes}"
