"""Keras's activations in the equation language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.files.models.keras.file import KerasFile
from core.files.models.records import Answers, Question
from core.tokens import shown

HARD_3, HARD_2 = "hard_sigmoid", "hard_sigmoid_keras2"  # x/6 + 0.5, and 0.2 x + 0.5 before Keras 3

# Name -> expression; {} is the argument.
_TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "linear": "identity({})",
        "tanh": "tanh({})",
        "sigmoid": "sigmoid({})",
        "relu": "relu({})",
        "relu6": "clip({}, low=0.0, high=6.0)",
        "leaky_relu": "leaky_relu({}, alpha=0.2)",
        "elu": "elu({})",
        "celu": "elu({})",
        "selu": "selu({})",
        "silu": "silu({})",
        "swish": "silu({})",
        "softplus": "softplus({})",
        "softsign": "softsign({})",
        "softmax": "softmax({})",
        "hard_tanh": "clip({}, low=-1.0, high=1.0)",
        "exponential": "exp({})",
        "log_sigmoid": "-softplus(-({}))",
        HARD_3: f"hard_sigmoid({{}}, alpha={1 / 6!r}, beta=0.5)",
        HARD_2: "hard_sigmoid({}, alpha=0.2, beta=0.5)",
    }
)
ASKED = ("tanh", "sigmoid", "relu", "linear", "softmax", "elu", "selu", "silu", "softplus", "softsign", HARD_3, HARD_2)


def is_known(name: str) -> bool:
    """Whether the language can say this activation."""
    return name in _TEXTS


def applied(name: str, argument: str) -> str:
    """The activation of an expression, as text. Raises KeyError."""
    return _TEXTS[name].format(argument)


def activation_named(value: object, place: str, file: KerasFile, answers: Answers) -> str:
    """The name by which ``applied`` knows the activation of a configuration. Raises FileError naming an unknown one."""
    name = _name(value)
    if name == "hard_sigmoid":
        return _hard_sigmoid(file, answers)
    if name not in _TEXTS:
        known = ", ".join(list(_TEXTS)[:-1])
        raise file.refusal(
            f"{place} has the activation {shown(name[:60])}, which cannot be said here; known are {known}. "
            "Train it with one of these."
        )
    return name


def layer_activation(kind: str, config: Mapping[str, Any]) -> object:
    """The activation that a layer without weights applies ("ReLU", "Softmax", …), as a configuration would say it."""
    if kind == "Activation":
        return config.get("activation")
    if kind == "Softmax" and config.get("axis", -1) == -1:
        return "softmax"
    if kind == "ELU" and config.get("alpha", 1.0) == 1.0:
        return "elu"
    slope = config.get("negative_slope", config.get("alpha", 0.3))
    if kind == "LeakyReLU" and slope == 0.2:
        return "leaky_relu"
    plain = not (config.get("negative_slope") or config.get("threshold"))
    if kind == "ReLU" and plain and config.get("max_value") in (None, 6, 6.0):
        return "relu6" if config.get("max_value") else "relu"
    return (
        f"{kind} with {', '.join(f'{key} = {config[key]}' for key in sorted(config) if key not in ('name', 'dtype'))}"
    )


def _name(value: object) -> str:
    """The plain name; a table stands for a function or layer that Keras could not name simply."""
    if value is None:
        return "linear"
    if isinstance(value, dict):
        kind, config = str(value.get("class_name")), value.get("config")
        if isinstance(config, dict):
            return str(layer_activation(kind, config))
        return f"{config} (own function)"
    return str(value)


def _hard_sigmoid(file: KerasFile, answers: Answers) -> str:
    major = file.version.split(".")[0]
    if major.isdecimal():
        return HARD_3 if int(major) >= 3 else HARD_2
    question = Question(
        "hard_sigmoid",
        "Which hard sigmoid does the model use: x/6 + 0.5 (hard_sigmoid) or 0.2 x + 0.5 (hard_sigmoid_keras2)? "
        "The file does not say which Keras wrote it.",
        (HARD_3, HARD_2),
        HARD_3,
    )
    return answers.choose(question)
