"""Makes the ONNX files in ``onnx/``, with what they give. Run by hand where torch, onnx and onnxruntime are installed:

    python -m tests.data.make_onnx_files

``onnx/exported``: models as both of PyTorch's exporters write them. The expected output is that of the same model in
PyTorch in float64, whose weights are the float32 ones of the file; ONNX Runtime has to agree with it here.
``onnx/nodes``: one RNN, LSTM or GRU node each, with what ONNX Runtime gives (float32), for what the tests that come
with ONNX leave out. ``onnx/backend``: those tests, as ``onnx.backend.test.case.node`` states them, with the weights as
initialisers instead of inputs.
"""

from __future__ import annotations

import copy
import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from torch import nn

from tests.data.onnx_node_cases import BATCH, INPUTS, STEPS, UNITS, NodeCase, node_cases

FOLDER = Path(__file__).parent / "onnx"
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
TIMES, SEQUENCES, TOKENS = 4, 2, 7
RUNTIME = 2e-6  # how closely float32 agrees


class Model(nn.Module):
    """An optional embedding, recurrent layers, and what people do with their output."""

    def __init__(self, kind, *, tokens=0, outputs=0, mode="all", deep=False, **options):
        super().__init__()
        self.embedding = nn.Embedding(tokens, 4) if tokens else None
        self.rnn = getattr(nn, kind)(4, 5, **options)
        width = (options.get("proj_size") or 5) * (2 if options.get("bidirectional") else 1)
        self.linear = nn.Linear(width, outputs, bias=options.get("bias", True)) if outputs else None
        self.deep = nn.Sequential(nn.Linear(width, 6), nn.ReLU(), nn.Linear(6, 2), nn.Sigmoid()) if deep else None
        self.mode = mode

    def forward(self, x, *state):
        x = self.embedding(x) if self.embedding else x
        output, state = self.rnn(x, *state)
        hidden = state[0] if isinstance(state, tuple) else state
        if self.mode == "states":
            return output, state
        if self.mode == "last":
            output = output[:, -1] if self.rnn.batch_first else output[-1]
        if self.mode == "final":
            output = torch.cat([hidden[-2], hidden[-1]], 1) if self.rnn.bidirectional else hidden[-1]
        if self.mode == "ends":
            output = torch.cat([output[:, -1, :5], output[:, 0, 5:]], 1)
        output = self.linear(output) if self.linear else output
        output = self.deep(output) if self.deep else output
        return torch.log_softmax(output, -1) if self.mode == "log" else output


class Loop(nn.Module):
    """A layer written as a loop over a cell, which every exporter unrolls."""

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(4, 5)

    def forward(self, x):
        state, found = (x.new_zeros(x.shape[1], 5), x.new_zeros(x.shape[1], 5)), []
        for x_t in x:
            state = self.cell(x_t, state)
            found.append(state[0])
        return torch.stack(found)


LEGACY, LEGACY_FREE, DYNAMO, DYNAMO_FREE = "legacy", "legacy_free", "dynamo", "dynamo_free"
ALL = (LEGACY, LEGACY_FREE, DYNAMO, DYNAMO_FREE)
SENTENCE = {"bidirectional": True, "batch_first": True, "tokens": TOKENS, "outputs": 3}
# name -> exporters ("free" ones leave steps and sequences open), the model, and options of the exporter
EXPORTED = {
    "lstm": (ALL, {"kind": "LSTM", "mode": "states"}, {}),
    "gru_two_layers": ((LEGACY_FREE, DYNAMO), {"kind": "GRU", "num_layers": 2}, {}),
    "rnn": ((LEGACY, LEGACY_FREE), {"kind": "RNN", "batch_first": True, "outputs": 3, "mode": "log"}, {}),
    "sentences": (
        (LEGACY, LEGACY_FREE, DYNAMO_FREE),
        {"kind": "LSTM", "num_layers": 2, "mode": "last", **SENTENCE},
        {},
    ),
    "final_states": ((LEGACY_FREE, DYNAMO), {"kind": "GRU", "mode": "final", **SENTENCE}, {}),
    "rnn_relu_final": (
        (LEGACY,),
        {"kind": "RNN", "num_layers": 2, "nonlinearity": "relu", "mode": "final", "outputs": 2},
        {},
    ),
    "no_bias": ((LEGACY_FREE, DYNAMO), {"kind": "LSTM", "bias": False, "outputs": 2}, {}),
    "given_states": ((LEGACY_FREE, DYNAMO), {"kind": "GRU", "num_layers": 2, "outputs": 2}, {}),
    "named_weights": ((LEGACY,), {"kind": "LSTM", "bidirectional": True}, {"do_constant_folding": False}),
    "beside": ((DYNAMO,), {"kind": "GRU", "outputs": 2}, {"external_data": True}),
    "deep": ((LEGACY_FREE, DYNAMO), {"kind": "LSTM", "mode": "ends", "deep": True, **SENTENCE, "outputs": 0}, {}),
    "opset_9": ((LEGACY_FREE,), {"kind": "LSTM", "bidirectional": True, "num_layers": 2}, {"opset_version": 9}),
    "opset_12": ((LEGACY,), {"kind": "GRU", "mode": "last", "outputs": 2}, {"opset_version": 12}),
    "double": ((LEGACY_FREE,), {"kind": "GRU", "outputs": 2}, {}),
}
REFUSED = {
    "unrolled": (DYNAMO, {"kind": "RNN", "outputs": 2}),
    "projected": (DYNAMO_FREE, {"kind": "LSTM", "proj_size": 3}),
    "loop": (LEGACY, None),
}


def export(model, inputs, path, exporter, options):
    """Write a model as one of PyTorch's exporters does."""
    free, options = exporter.endswith("_free"), dict(options)
    names = ["x", "h0"][: len(inputs)]
    first = bool(getattr(getattr(model, "rnn", None), "batch_first", False))
    axes = {int(first): "steps", int(not first): "sequences"}
    if exporter.startswith("legacy"):
        options |= {"dynamic_axes": {"x": axes} | ({"h0": {1: "sequences"}} if len(inputs) > 1 else {})} if free else {}
    else:
        batch = torch.export.Dim("sequences", min=2, max=64)
        shapes = ({int(not first): batch}, {1: batch})[: len(inputs)]
        options = {"external_data": False} | options | ({"dynamic_shapes": shapes} if free else {})
    torch.onnx.export(
        model, inputs, path, dynamo=exporter.startswith("dynamo"), input_names=names, verbose=False, **options
    )


def make_exported(folder):
    for name, (exporters, options, exporting) in EXPORTED.items():
        torch.manual_seed(sum(map(ord, name)))
        model = Model(**options).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn_like(parameter) * 0.7)
        sizes = (SEQUENCES, TIMES) if options.get("batch_first") else (TIMES, SEQUENCES)
        x = torch.randint(0, TOKENS, sizes) if options.get("tokens") else torch.randn(*sizes, 4)
        state = (torch.randn(options["num_layers"], SEQUENCES, 5),) if name == "given_states" else ()
        model = model.double() if name == "double" else model
        inputs = tuple(t.double() if name == "double" and t.is_floating_point() else t for t in (x, *state))
        expected = outputs_of(copy.deepcopy(model).double(), inputs)
        for exporter in exporters:
            path = folder / f"{name}.{exporter}.onnx"
            export(model, inputs, path, exporter, exporting)
            if name != "double":  # which ONNX Runtime cannot run
                check_runtime(path, inputs, expected)
        arrays = {f"output{index}": output for index, output in enumerate(expected)}
        given = {"state": np.asarray(state[0], float)} if state else {}
        np.savez_compressed(folder / f"{name}.npz", x=x.numpy(), **given, **arrays)
    for name, (exporter, options) in REFUSED.items():
        model = Model(**options).eval() if options else Loop().eval()
        export(model, (torch.randn(TIMES, SEQUENCES, 4),), folder / f"{name}.{exporter}.onnx", exporter, {})


def outputs_of(model, inputs):
    """What the model gives in float64, each output on its own."""
    with torch.no_grad():
        found = model(*(t.double() if t.is_floating_point() else t for t in inputs))
    flat = []
    for output in found if isinstance(found, tuple) else (found,):
        flat += output if isinstance(output, tuple) else [output]
    return [output.numpy() for output in flat]


def check_runtime(path, inputs, expected):
    session = onnxruntime.InferenceSession(path)
    names = [entry.name for entry in session.get_inputs()]
    found = session.run(None, {name: value.numpy() for name, value in zip(names, inputs, strict=True)})
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=RUNTIME, rtol=0)


def make_nodes(folder):
    """Models of one node each, and what ONNX Runtime gives, all in one file."""
    generator, expected = np.random.default_rng(22), {}
    for case in node_cases():
        tensors = weights_of(case, generator)
        fed = {"X": tensors.pop("X")}
        lengths = {"sequence_lens": np.array(case.lengths, np.int32)} if case.lengths else {}
        model = node_model(case, tensors, {**fed, **({} if case.baked_lengths else lengths)}, lengths, case.attributes)
        onnx.save(model, folder / f"{case.name}.onnx")
        run = model
        if case.layout:  # ONNX Runtime has no layout 1: the same numbers in layout 0
            plain = {key: value for key, value in case.attributes.items() if key != "layout"}
            turned = {n: t.swapaxes(0, 1) if n.startswith("initial") else t for n, t in tensors.items()}
            run = node_model(case, turned, {"X": fed["X"], **lengths}, lengths, plain)
        outputs = onnxruntime.InferenceSession(run.SerializeToString()).run(
            None, {"X": fed["X"], **({} if case.baked_lengths else lengths)}
        )
        expected |= {f"{case.name}/{name}": array for name, array in {**fed, **lengths}.items()}
        expected |= {f"{case.name}/{n}": a for n, a in zip(("Y", "Y_h", "Y_c"), outputs, strict=False)}
    np.savez_compressed(folder / "expected.npz", **expected)


def weights_of(case: NodeCase, generator):
    """Numbers for a node, none of them like another; the input as (T, B, D) whatever the layout."""
    d, rows = case.directions, GATES[case.operator] * UNITS
    shapes = {"X": (STEPS, BATCH, INPUTS), "W": (d, rows, INPUTS), "R": (d, rows, UNITS), "B": (d, 2 * rows)}
    state = (BATCH, d, UNITS) if case.layout else (d, BATCH, UNITS)
    shapes |= {"initial_h": state, "initial_c": state, "P": (d, 3 * UNITS)}
    wanted = ["X", "W", "R", *case.optional]
    return {n: generator.normal(0, case.scale, shapes[n]).astype(np.float32) for n in wanted}


def node_model(case, tensors, fed, lengths, attributes):
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h"] + ["initial_c", "P"] * (case.operator == "LSTM")
    fixed = {**tensors, **(lengths if case.baked_lengths else {})}
    inputs = [name if name in fixed or name in fed else "" for name in names]
    outputs = ["Y", "Y_h", "Y_c"][: 3 if case.operator == "LSTM" else 2]
    node = helper.make_node(case.operator, inputs, outputs, hidden_size=UNITS, **attributes)
    layout = attributes.get("layout", 0)
    dims = {"X": ["b", "t", INPUTS] if layout else ["t", "b", INPUTS], "sequence_lens": ["b"]}
    kinds = {"X": TensorProto.FLOAT, "sequence_lens": TensorProto.INT32}
    graph = helper.make_graph(
        [node],
        case.name,
        [helper.make_tensor_value_info(name, kinds[name], dims[name]) for name in fed],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in fixed.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def make_backend(folder):
    """ONNX's own tests of the three operators; all inputs but X and the lengths become initialisers."""
    expected = {}
    for test in collect_testcases():
        if test.model.graph.node[0].op_type not in GATES:
            continue
        model, (inputs, outputs) = copy.deepcopy(test.model), test.data_sets[0]
        graph = model.graph
        given = dict(zip([entry.name for entry in graph.input], inputs, strict=True))
        fed = [entry for entry in graph.input if entry.name in ("X", "sequence_lens", "seq_lens")]
        del graph.input[:]
        graph.input.extend(fed)
        for name, array in given.items():
            if name not in [entry.name for entry in fed]:
                graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
        name = test.name.removeprefix("test_")
        onnx.save(model, folder / f"{name}.onnx")
        expected |= {f"{name}/{entry.name}": np.asarray(given[entry.name]) for entry in fed}
        expected |= {f"{name}/{e.name}": np.asarray(o) for e, o in zip(graph.output, outputs, strict=True)}
    np.savez_compressed(folder / "expected.npz", **expected)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    for kind, make in (("exported", make_exported), ("nodes", make_nodes), ("backend", make_backend)):
        (FOLDER / kind).mkdir(parents=True, exist_ok=True)
        make(FOLDER / kind)
        print(kind, sum(path.stat().st_size for path in (FOLDER / kind).iterdir()), "bytes")
