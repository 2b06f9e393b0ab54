"""What is said about an opened ONNX file: what was found, and how what is shown differs from what the file does."""

from __future__ import annotations

from collections.abc import Iterator

from core.files.models.layout import Layout
from core.files.models.onnx.graph import Graph
from core.files.models.onnx.head import gets_softmax, head_of, outputs_of
from core.files.models.onnx.plan import Layer, Plan, path_of, unused
from core.files.models.onnx.readout import LOG_SOFTMAX
from core.files.models.onnx.recurrent import Strand
from core.files.models.onnx.sizes import GATES
from core.files.models.onnx.values import Known
from core.tables import count
from core.tokens import shown

_MOST_NAMED = 6
_GATE_NAMES = {"f": "f", "i": "i", "o": "o", "g": "c", "z": "z", "r": "r", "n": "h"}  # as ONNX calls them


def found_in(graph: Graph, plan: Plan) -> str:
    """What was found, in one line."""
    producer = f" by {shown(graph.producer).strip('“”')}" if graph.producer else ""
    words = [f"ONNX opset {graph.opset}{producer}"]
    if plan.embedding is not None:
        words.append("embedding of {} tokens in {} numbers".format(*plan.embedding.array.shape))
    words += _layers(plan)
    operator = plan.layers[0].strands[0].form.operator
    if len(GATES[operator]) > 1:
        words.append(f"gates in the order {', '.join(_GATE_NAMES[gate] for gate in GATES[operator])}")
    head = head_of(plan.steps, "")
    outputs = outputs_of(plan.steps)
    width = f" of {outputs}" if outputs else ""
    words.append(f"readout{width} ({head.name.lower()})" if plan.steps else "no readout")
    return "; ".join(words)


def _layers(plan: Plan) -> list[str]:
    """The layers in words; those that are alike as one."""
    found: list[list[str]] = []
    for layer in plan.layers:
        words = f"{layer.strands[0].form.definition().name} of {count(layer.strands[0].units, 'unit')}{_ways(layer)}"
        if found and found[-1][0] == words:
            found[-1].append(words)
        else:
            found.append([words])
    return [words[0] if len(words) == 1 else f"{len(words)} layers of {words[0]}" for words in found]


def _ways(layer: Layer) -> str:
    if len(layer.strands) > 1:
        return " in both directions"
    return " walking backward in time" if layer.strands[0].reverse else ""


def remarks_on(graph: Graph, plan: Plan, loss: str, layout: Layout, unnamed: list[str]) -> tuple[str, ...]:
    """What was assumed and what was ignored."""
    strands = [strand for layer in plan.layers for strand in layer.strands]
    return tuple(
        dict.fromkeys(
            [
                *_on_input(plan, strands[0]),
                *_on_output(plan, loss),
                *(remark for strand in strands for remark in _on_strand(strand, str(path_of(strand, plan)))),
                *(f"the file's output {shown(name)} is {words}" for name, words in plan.others.items()),
                *(f"ignored: {label}, which the output does not depend on" for label in unused(graph, plan)),
                *_on_names(graph, layout, unnamed),
            ]
        )
    )


def _on_input(plan: Plan, first: Strand) -> Iterator[str]:
    if first.batch_first:
        yield f"the file's input {shown(plan.fed)} has the sequences first; here steps come first, then sequences"
    if plan.embedding is not None:
        yield f"the file's input {shown(plan.fed)} is numbers of tokens; here each token is a one-hot vector"


def _on_output(plan: Plan, loss: str) -> Iterator[str]:
    if plan.last_only:
        yield f"the file's output {shown(plan.output)} is that of the last step alone; here every step has one"
    if not plan.layers[-1].aligned:
        yield "the reverse direction is read after its own last step, as the file does: at step t, its step t"
    if plan.steps and plan.steps[-1] == LOG_SOFTMAX:
        yield f"the file's output {shown(plan.output)} is the logarithm of the output here"
    if gets_softmax(plan.steps, loss):
        yield "the file gives scores; the cross-entropy puts a softmax behind them"


def _on_strand(strand: Strand, path: str) -> Iterator[str]:
    for variable, value in strand.initial.items():
        if not isinstance(value, Known):
            yield f"the initial value of {path}/{variable} is an input of the file; here it is zero unless it is given"
        elif value.array.any() and not (value.array == value.array[:1]).all():
            yield f"the initial values of {path}/{variable} are for a batch of {len(value.array)} sequences"
    if isinstance(strand.lengths, Known):
        lengths = ", ".join(str(int(length)) for length in strand.lengths.array.ravel()[:_MOST_NAMED])
        yield f"the file fixes the lengths of its sequences ({lengths}); give the input these lengths to walk it so"
    elif strand.lengths is not None:
        yield "the lengths of the sequences are an input of the file; here they are given with the input"
    if strand.form.coupled:
        yield f"{path}: the forget gate is 1 − i (input_forget), so the file's rows for it are read by nothing"


def _on_names(graph: Graph, layout: Layout, unnamed: list[str]) -> Iterator[str]:
    if unnamed:
        yield f"computed in the graph, so without gradients under the file's names: {_some(unnamed)}"
    floats = ("float16", "bfloat16", "float32", "float64")
    other = [
        n for n, tensor in graph.tensors.items() if n not in layout.shapes and tensor.kind in floats and tensor.shape
    ]
    if other:
        yield f"not weights: {_some(list(map(shown, other)))}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
