"""Cells of ONNX's recurrent operators, written in the equation language from a node's attributes.

Equations: https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html, onnx__RNN.html. What a cell shipped with the
program says already is that cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.files.models.biasless import without_biases
from core.files.models.onnx.values import NotUnderstood
from core.language import CellDefinition, parse_cell, read_cell
from core.tokens import shown

_SHIPPED = ("lstm", "lstm_peephole", "lstm_coupled", "gru", "gru_reset_before", "rnn_tanh", "rnn_relu", "rnn_logistic",
            "rnn_identity")  # fmt: skip
DEFAULT_ACTIVATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"RNN": ("Tanh",), "GRU": ("Sigmoid", "Tanh"), "LSTM": ("Sigmoid", "Tanh", "Tanh")}
)
_ROLES: Mapping[str, str] = MappingProxyType(
    {"f": "forget gate", "i": "input gate", "g": "candidate", "c": "cell state", "o": "output gate",
     "r": "reset gate", "z": "update gate", "n": "candidate", "h": "hidden state"}
)  # fmt: skip


@dataclass(frozen=True)
class Activation:
    """A function of ONNX in the language: its name there, and its options with their defaults, None for none."""

    function: str
    alpha: float | None = None
    beta: float | None = None
    takes: int = 0  # 1: alpha, 2: alpha and beta


_ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "affine": Activation("affine", takes=2),
        "relu": Activation("relu"),
        "leakyrelu": Activation("leaky_relu", 0.01, takes=1),
        "thresholdedrelu": Activation("thresholded_relu", 1.0, takes=1),
        "tanh": Activation("tanh"),
        "scaledtanh": Activation("scaled_tanh", takes=2),
        "sigmoid": Activation("sigmoid"),
        "hardsigmoid": Activation("hard_sigmoid", 0.2, 0.5, takes=2),
        "elu": Activation("elu", 1.0, takes=1),
        "softsign": Activation("softsign"),
        "softplus": Activation("softplus"),
    }
)


@dataclass(frozen=True)
class CellForm:
    """What the attributes and inputs of a node say about the cell of one direction.

    ``activations`` are functions of the language with a place for their argument: "tanh({})".
    """

    operator: str  # "LSTM"
    activations: tuple[str, ...]
    clip: float = 0.0  # 0 for none
    bias: bool = True
    peepholes: bool = False
    coupled: bool = False  # ONNX's input_forget
    reset_after: bool = False  # ONNX's linear_before_reset

    def definition(self) -> CellDefinition:
        """The cell: one that ships with the program where it says the same."""
        equations = replace(self, bias=True)._equations()
        for name in _SHIPPED:
            shipped = read_cell(name)
            if [equation.text for equation in shipped.equations] == equations:
                return shipped if self.bias else without_biases(shipped)
        return parse_cell(self.text())

    def text(self) -> str:
        """The cell as a file of the equation language."""
        equations = self._equations()
        names = [equation.split(" = ")[0] for equation in equations]
        roles = "".join(f'{name} = "{_ROLES[name]}"\n' for name in names)
        body = "\n".join(equations)
        return (
            f'name = "{self.operator}{self._remark()}"\nsource = "ONNX operator {self.operator}"\n'
            f'equations = """\n{body}\n"""\n\n[roles]\n{roles}'
        )

    def _equations(self) -> list[str]:
        return {"RNN": self._rnn, "GRU": self._gru, "LSTM": self._lstm}[self.operator]()

    def _remark(self) -> str:
        """What sets this cell apart, behind its name in brackets."""
        plain = tuple(f"{_ACTIVATIONS[name.lower()].function}({{}})" for name in DEFAULT_ACTIVATIONS[self.operator])
        said = {
            "coupled gates": self.coupled,
            "peepholes": self.peepholes,
            "reset before the product": self.operator == "GRU" and not self.reset_after,
            "no biases": not self.bias,
            f"clipped at {self.clip:g}": bool(self.clip),
            ", ".join(name.format("·") for name in self.activations): self.activations != plain,
        }
        return f" ({'; '.join(what for what, is_so in said.items() if is_so)})" if any(said.values()) else ""

    def _rnn(self) -> list[str]:
        return [f"h = {self._act(0, 'W @ x + U @ h[-1]' + self._b('b'))}"]

    def _gru(self) -> list[str]:
        gates = [self._gate("r"), self._gate("z")]
        if self.reset_after:
            product = f"r * (U_n @ h[-1]{self._b('b_hn')})"
            return [
                *gates,
                "n = " + self._act(1, f"W_n @ x{self._b('b_n')} + {product}"),
                "h = (1 - z) * n + z * h[-1]",
            ]
        candidate = "W_n @ x + U_n @ (r * h[-1])" + self._b("b_n")
        return [*gates, "n = " + self._act(1, candidate), "h = z * h[-1] + (1 - z) * n"]

    def _lstm(self) -> list[str]:
        g, old, new = self._gate("g", 1), "c[-1]" * self.peepholes, "c" * self.peepholes
        gates = [self._gate("i", 0, old), "f = 1 - i"] if self.coupled else [
            self._gate("f", 0, old), self._gate("i", 0, old)]  # fmt: skip
        output = self.activations[2].format("c")
        return [*gates, g, "c = f * c[-1] + i * g", self._gate("o", 0, new), f"h = o * {output}"]

    def _gate(self, name: str, activation: int = 0, seen: str = "") -> str:
        peephole = f" + p_{name} * {seen}" if seen else ""
        return f"{name} = " + self._act(activation, f"W_{name} @ x + U_{name} @ h[-1]{peephole}{self._b('b_' + name)}")

    def _b(self, name: str) -> str:
        return f" + {name}" if self.bias else ""

    def _act(self, number: int, argument: str) -> str:
        clipped = f"clip({argument}, low={-self.clip!r}, high={self.clip!r})" if self.clip else argument
        return self.activations[number].format(clipped)


def activations_of(operator: str, names: list[str], alphas: list[float], betas: list[float]) -> tuple[str, ...]:
    """Functions of the language for ONNX's names, one direction after the other; empty names mean the default ones.

    ``alphas`` and ``betas`` are used up in order, by the functions that take them alone. Raises NotUnderstood.
    """
    found, alphas, betas = [], list(alphas), list(betas)
    for name in names or DEFAULT_ACTIVATIONS[operator]:
        row = _ACTIVATIONS.get(name.lower())
        if row is None:
            raise NotUnderstood(f"ONNX has no activation {shown(name)}; it has: {', '.join(_ACTIVATIONS)}")
        options = []
        for option, default, values, place in (("alpha", row.alpha, alphas, 1), ("beta", row.beta, betas, 2)):
            if row.takes >= place:
                value = values.pop(0) if values else default
                if value is None:
                    raise NotUnderstood(f"its activation {name} needs an {option}, for which ONNX has no default")
                options.append(f", {option}={value!r}")
        found.append(f"{row.function}({{}}{''.join(options)})")
    return tuple(found)
