"""How each operator is written in Python, with NumPy and with PyTorch: for cells that leave this program as a source.

A spelling is a template like the notation in the table: {0}, {1} are the arguments, {all} all of them, {a}, {b} the
attributes, {x} an input, whose type of number constants take. What takes more than a line is a function in
``resources/helpers``, which goes into the source with it. Vectors are (..., n), scalars (..., 1), matrices (..., m, n),
as everywhere; both libraries broadcast alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)  # how tightly Python binds


@dataclass(frozen=True)
class Spelling:
    """One operator in Python. ``needs`` says how tightly each argument must bind to go without parentheses."""

    numpy: str
    torch: str
    binds: int = ATOM
    needs: tuple[int, ...] = (0, 0, 0)


def _same(text: str, binds: int = ATOM, *needs: int) -> Spelling:
    return Spelling(text, text, binds, needs or (0, 0, 0))


def _library(text: str, binds: int = ATOM, *needs: int) -> Spelling:
    """A spelling that differs in the library's name only, written LIB."""
    return Spelling(text.replace("LIB", "np"), text.replace("LIB", "torch"), binds, needs or (0, 0, 0))


def _compared(sign: str) -> Spelling:
    return Spelling(f"({{0}} {sign} {{1}}) * 1.0", f"({{0}} {sign} {{1}}).to({{x}}.dtype)", PRODUCT, (SUM, SUM))


SPELLINGS: Mapping[str, Spelling] = MappingProxyType(
    {
        "add": _same("{0} + {1}", SUM, SUM, PRODUCT),
        "sub": _same("{0} - {1}", SUM, SUM, PRODUCT),
        "mul": _same("{0} * {1}", PRODUCT, PRODUCT, SIGN),
        "div": _same("{0} / {1}", PRODUCT, PRODUCT, SIGN),
        "neg": _same("-{0}", SIGN, SIGN),
        "power": _same("{0} ** {a}", POWER, ATOM),
        "mod": _library("{0} - LIB.floor({0} / {1}) * {1}", SUM, ATOM, ATOM),
        "matmul": _same("matmul({0}, {1})"),
        "outer": _same("{0}[..., :, None] * {1}[..., None, :]", PRODUCT, ATOM, ATOM),
        "transpose": _library("LIB.swapaxes({0}, -1, -2)"),
        "sum": _same("{0}.sum(axis=-1, keepdims=True)", ATOM, ATOM),
        "mean": _same("{0}.mean(axis=-1, keepdims=True)", ATOM, ATOM),
        "count": Spelling("np.full(1, float({0}.shape[-1]))", "{0}.new_full((1,), {0}.shape[-1])", ATOM, (ATOM,)),
        "matrix_sum": _same("{0}.sum(axis=(-2, -1))[..., None]", ATOM, ATOM),
        "matrix_spread": _library("{0}[..., None] + LIB.zeros_like({1})", SUM, ATOM),
        "zeros": _library("LIB.zeros_like({0})"),
        "spread": _library("{0} + LIB.zeros_like({1})", SUM, SUM),
        "concat": _same("concat({all})"),
        "part": _same("part({a}, {all})"),
        "slice": _same("{0}[..., {a}:{b}]", ATOM, ATOM),
        "pad": _same("pad({0}, {1}, {a}, {b})"),
        "identity": _same("+{0}", SIGN, SIGN),
        "sigmoid": _same("sigmoid({0})"),
        "tanh": _library("LIB.tanh({0})"),
        "softsign": _library("{0} / (1.0 + LIB.abs({0}))", PRODUCT, ATOM),
        "hard_sigmoid": _same("clip({a} * {0} + {b}, 0.0, 1.0)", ATOM, SIGN),
        "affine": _same("{a} * {0} + {b}", SUM, SIGN),
        "scaled_tanh": _library("{a} * LIB.tanh({b} * {0})", PRODUCT, SIGN),
        "clip": _same("clip({0}, {a}, {b})"),
        "softmax": _same("softmax({0})"),
        "layer_norm": _same("layer_norm({0}, {a})"),
        "relu": Spelling("np.maximum({0}, 0.0)", "torch.relu({0})"),
        "leaky_relu": _library("LIB.where({0} > 0, {0}, {a} * {0})", ATOM, ATOM),
        "thresholded_relu": _library("LIB.where({0} > {a}, {0}, 0.0)", ATOM, ATOM),
        "elu": _same("elu({0}, {a})"),
        "selu": _same("1.0507009873554805 * elu({0}, 1.6732632423543772)", PRODUCT),
        "silu": _same("{0} * sigmoid({0})", PRODUCT, ATOM),
        "softplus": _same("softplus({0})"),
        "exp": _library("LIB.exp({0})"),
        "log": _library("LIB.log({0})"),
        "sqrt": _library("LIB.sqrt({0})"),
        "sin": _library("LIB.sin({0})"),
        "cos": _library("LIB.cos({0})"),
        "abs": _library("LIB.abs({0})"),
        "sign": _library("LIB.sign({0})"),
        "step": Spelling("({0} > 0) * 1.0", "({0} > 0).to({x}.dtype)", PRODUCT, (SUM,)),
        "where": _library("LIB.where({0} != 0, {1}, {2})", ATOM, SUM),
        "maximum": _library("LIB.where({0} >= {1}, {0}, {1})", ATOM, SUM, SUM),
        "minimum": _library("LIB.where({0} <= {1}, {0}, {1})", ATOM, SUM, SUM),
        "less": _compared("<"),
        "less_equal": _compared("<="),
        "greater": _compared(">"),
        "greater_equal": _compared(">="),
        "equal": _compared("=="),
        "not_equal": _compared("!="),
        "softmax_cross_entropy": _same("softmax_cross_entropy({0}, {1})"),
        "logistic_cross_entropy": _same("logistic_cross_entropy({0}, {1})"),
    }
)
