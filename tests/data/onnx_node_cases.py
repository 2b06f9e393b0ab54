"""RNN, LSTM and GRU nodes that ONNX's own tests leave out: what each of them is. Needs nothing but Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STEPS, BATCH, INPUTS, UNITS = 5, 3, 2, 3
LENGTHS = (5, 2, 4)
STATES = ("B", "initial_h")
LSTM_STATES = ("B", "initial_h", "initial_c")
ALL = (*LSTM_STATES, "P")
BOTH, REVERSE = {"direction": "bidirectional"}, {"direction": "reverse"}
# Numbers for alpha and beta, none the default one; a function that takes none of them has none.
OPTIONS = {
    "Affine": (0.4, 0.1),
    "Relu": (),
    "LeakyRelu": (0.3,),
    "ThresholdedRelu": (0.35,),
    "Tanh": (),
    "ScaledTanh": (1.3, 0.6),
    "Sigmoid": (),
    "HardSigmoid": (0.3, 0.45),
    "Elu": (0.7,),
    "Softsign": (),
    "Softplus": (),
}


@dataclass(frozen=True)
class NodeCase:
    """One node: which optional inputs and attributes it has."""

    name: str
    operator: str
    optional: tuple[str, ...] = ("B",)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    baked_lengths: bool = False  # an initialiser, not an input
    scale: float = 1.0

    @property
    def directions(self) -> int:
        return 2 if self.attributes.get("direction") == "bidirectional" else 1

    @property
    def layout(self) -> int:
        return int(self.attributes.get("layout", 0))


def with_activations(*names: str) -> dict[str, Any]:
    """These activations with their alphas and betas, in order."""
    found: dict[str, Any] = {"activations": list(names)}
    alphas = [OPTIONS[name][0] for name in names if OPTIONS[name]]
    betas = [OPTIONS[name][1] for name in names if len(OPTIONS[name]) > 1]
    return found | ({"activation_alpha": alphas} if alphas else {}) | ({"activation_beta": betas} if betas else {})


def node_cases() -> tuple[NodeCase, ...]:
    """Every case, its name unique."""
    return (*_rnn(), *_gru(), *_lstm())


def _rnn() -> Iterator[NodeCase]:
    yield NodeCase("rnn", "RNN", STATES)
    yield NodeCase("rnn_no_bias", "RNN", ())
    yield NodeCase("rnn_reverse_lengths", "RNN", STATES, REVERSE, LENGTHS)
    yield NodeCase("rnn_both_lengths", "RNN", STATES, BOTH, LENGTHS)
    yield NodeCase("rnn_clip", "RNN", STATES, {"clip": 0.5})
    yield NodeCase("rnn_layout", "RNN", STATES, {**BOTH, "layout": 1})
    yield NodeCase("rnn_both_different", "RNN", STATES, {**BOTH, **with_activations("HardSigmoid", "Elu")})
    for name in OPTIONS:
        yield NodeCase(f"rnn_{name.lower()}", "RNN", STATES, with_activations(name), scale=0.6)


def _gru() -> Iterator[NodeCase]:
    for after in (0, 1):
        name, attributes = ("gru_before", "gru_after")[after], {"linear_before_reset": after}
        yield NodeCase(name, "GRU", STATES, attributes)
        yield NodeCase(f"{name}_no_bias", "GRU", ("initial_h",), attributes)
        yield NodeCase(f"{name}_clip", "GRU", STATES, {**attributes, "clip": 0.4})
        yield NodeCase(f"{name}_both_lengths", "GRU", STATES, {**attributes, **BOTH}, LENGTHS)
        yield NodeCase(f"{name}_reverse_lengths", "GRU", STATES, {**attributes, **REVERSE}, LENGTHS)
        yield NodeCase(f"{name}_layout", "GRU", STATES, {**attributes, **BOTH, "layout": 1})
        functions = with_activations("HardSigmoid", "ScaledTanh")
        yield NodeCase(f"{name}_functions", "GRU", STATES, {**attributes, **functions})
    functions = with_activations("Sigmoid", "LeakyRelu", "HardSigmoid", "Affine")
    yield NodeCase("gru_both_different", "GRU", STATES, {**BOTH, **functions}, scale=0.6)
    yield NodeCase("gru_spare_alphas", "GRU", STATES,
                   {"activations": ["Sigmoid", "HardSigmoid"], "activation_alpha": [0.3, 0.9]})  # fmt: skip


def _lstm() -> Iterator[NodeCase]:
    yield NodeCase("lstm", "LSTM")
    yield NodeCase("lstm_no_bias", "LSTM", ("initial_h", "initial_c"))
    yield NodeCase("lstm_states", "LSTM", LSTM_STATES)
    yield NodeCase("lstm_lengths", "LSTM", LSTM_STATES, {}, LENGTHS)
    yield NodeCase("lstm_baked_lengths", "LSTM", LSTM_STATES, {}, LENGTHS, baked_lengths=True)
    yield NodeCase("lstm_reverse_lengths", "LSTM", LSTM_STATES, REVERSE, LENGTHS)
    yield NodeCase("lstm_peepholes", "LSTM", ALL)
    yield NodeCase("lstm_clip", "LSTM", LSTM_STATES, {"clip": 0.6})
    yield NodeCase("lstm_peepholes_clip", "LSTM", ALL, {"clip": 0.6})
    yield NodeCase("lstm_input_forget", "LSTM", LSTM_STATES, {"input_forget": 1})
    yield NodeCase("lstm_everything", "LSTM", ALL, {**BOTH, "input_forget": 1, "clip": 0.8}, LENGTHS)
    yield NodeCase("lstm_both_lengths", "LSTM", ALL, BOTH, LENGTHS)
    yield NodeCase("lstm_layout", "LSTM", ALL, {**BOTH, "layout": 1})
    yield NodeCase("lstm_layout_reverse", "LSTM", ALL, {**REVERSE, "layout": 1})
    yield NodeCase("lstm_functions", "LSTM", LSTM_STATES, with_activations("HardSigmoid", "ScaledTanh", "Softsign"))
    functions = with_activations("Sigmoid", "Elu", "LeakyRelu", "HardSigmoid", "Tanh", "ScaledTanh")
    yield NodeCase("lstm_both_different", "LSTM", ALL, {**BOTH, **functions}, scale=0.6)
