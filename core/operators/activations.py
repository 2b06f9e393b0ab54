"""Rows of the table: functions of one argument."""

from __future__ import annotations

import numpy as np

from core.operators import numeric
from core.operators.expression import Expression, apply
from core.operators.operator import (
    ATOM,
    Array,
    Call,
    Operator,
    call_of,
    choose,
    function_row,
    positive,
    step,
    unary,
)

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017, section 2

One = tuple[Expression | None, ...]


def _sigmoid_kernel(out: Array, x: Array) -> list[Call]:
    return [(np.negative, (x, out)), *_sigmoid_of_negative(out, out)]


def _sigmoid_of_negative(out: Array, x: Array) -> list[Call]:
    return [(np.exp, (x, out)), (np.add, (out, 1.0, out)), (np.divide, (1.0, out, out))]


def _relu_kernel(out: Array, x: Array) -> list[Call]:
    return [(_above_zero, (x, out))]


def _above_zero(x: Array, out: Array) -> None:
    np.maximum(x, 0.0, out=out)  # NumPy warns when out is given by position here


def _step_kernel(out: Array, x: Array) -> list[Call]:
    return [(np.greater, (x, 0.0, out))]


def _selu_vjp(g: Expression, y: Expression, x: Expression) -> One:
    return (choose(step(x), g * SELU_SCALE, g * (y + SELU_SCALE * SELU_ALPHA)),)


def _silu_vjp(g: Expression, y: Expression, x: Expression) -> One:
    gate = unary("sigmoid", x)
    return (g * (gate + y * (1.0 - gate)),)


def _softsign_vjp(g: Expression, _: Expression, x: Expression) -> One:
    return (g / unary("power", 1.0 + unary("abs", x), 2.0),)


def _scaled_tanh_vjp(g: Expression, _: Expression, x: Expression, a: float, b: float) -> One:
    curve = unary("tanh", b * x)
    return (g * (a * b * (1.0 - curve * curve)),)


def _layer_norm_vjp(g: Expression, y: Expression, x: Expression, epsilon: float) -> One:
    centred = x - unary("mean", x)
    deviation = unary("sqrt", unary("mean", centred * centred) + epsilon)
    return ((g - unary("mean", g) - y * unary("mean", g * y)) / deviation,)


_RECTIFIERS = (
    function_row(
        "relu",
        numeric.relu,
        lambda g, y, x: (g * step(x),),
        "ReLU",
        kernel=_relu_kernel,
        branch=positive,
    ),
    function_row(
        "leaky_relu",
        lambda x, a: np.where(x.real > 0, x, a * x),
        lambda g, y, x, a: (choose(step(x), g, g * a),),
        "LReLU",
        r"\mathrm{{LReLU}}_{{{a}}}\left({0}\right)",
        defaults={"alpha": 0.01},
        branch=positive,
    ),
    function_row(
        "thresholded_relu",
        lambda x, a: np.where(x.real > a, x, 0.0),
        lambda g, y, x, a: (g * step(x - a),),
        "TReLU",
        r"\mathrm{{TReLU}}_{{{a}}}\left({0}\right)",
        defaults={"alpha": 1.0},
        branch=lambda x, a: x.real > a,
    ),
    function_row(
        "elu",
        numeric.elu,
        lambda g, y, x, a: (choose(step(x), g, g * (y + a)),),
        "ELU",
        r"\mathrm{{ELU}}_{{{a}}}\left({0}\right)",
        defaults={"alpha": 1.0},
        branch=positive,
    ),
    function_row(
        "selu",
        lambda x: SELU_SCALE * numeric.elu(x, SELU_ALPHA),
        _selu_vjp,
        "SELU",
        branch=positive,
    ),
    function_row(
        "silu",
        lambda x: x * numeric.sigmoid(x),
        _silu_vjp,
        "SiLU",
    ),
    function_row(
        "softplus",
        numeric.softplus,
        lambda g, y, x: (g * unary("sigmoid", x),),
        "softplus",
    ),
)

_SQUASHING = (
    function_row(
        "identity",
        np.positive,
        lambda g, y, x: (g,),
        "id",
        "{0}",
        needs=(ATOM,),
        kernel=call_of(np.positive),
    ),
    function_row(
        "sigmoid",
        numeric.sigmoid,
        lambda g, y, x: (g * (y * (1.0 - y)),),
        "σ",
        r"\sigma\left({0}\right)",
        kernel=_sigmoid_kernel,
        kernel_of_negative=_sigmoid_of_negative,
    ),
    function_row(
        "tanh",
        np.tanh,
        lambda g, y, x: (g * (1.0 - y * y),),
        "tanh",
        r"\tanh\left({0}\right)",
        kernel=call_of(np.tanh),
    ),
    function_row(
        "softsign",
        lambda x: x / (1.0 + numeric.absolute(x)),
        _softsign_vjp,
        "softsign",
        branch=positive,
    ),
    function_row(
        "hard_sigmoid",
        lambda x, a, b: numeric.clip(a * x + b, 0.0, 1.0),
        lambda g, y, x, a, b: (g * (a * (step(y) * step(1.0 - y))),),
        "hard σ",
        r"\sigma_{{\mathrm{{hard}}}}\left({0}\right)",
        defaults={"alpha": 0.2, "beta": 0.5},
        branch=lambda x, a, b: numeric.side(a * x + b, 0.0, 1.0),
    ),
    function_row(
        "affine",
        lambda x, a, b: a * x + b,
        lambda g, y, x, a, b: (g * a,),
        "affine",
        r"\mathrm{{affine}}_{{{a},\, {b}}}\left({0}\right)",
        defaults={"alpha": 1.0, "beta": 0.0},
    ),
    function_row(
        "scaled_tanh",
        lambda x, a, b: a * np.tanh(b * x),
        _scaled_tanh_vjp,
        "scaled tanh",
        r"\tanh_{{{a},\, {b}}}\left({0}\right)",
        defaults={"alpha": 1.0, "beta": 1.0},
    ),
    function_row(
        "clip",
        numeric.clip,
        lambda g, y, x, low, high: (g * (step(x - low) * step(high - x)),),
        "clip",
        r"\mathrm{{clip}}_{{{a},\, {b}}}\left({0}\right)",
        defaults={"low": -1.0, "high": 1.0},
        branch=numeric.side,
    ),
    function_row(
        "softmax",
        numeric.softmax,
        lambda g, y, x: (y * (g - apply("sum", g * y)),),
        "softmax",
    ),
    function_row(
        "layer_norm",
        numeric.normalise,
        _layer_norm_vjp,
        "LN",
        defaults={"epsilon": 1e-5},
    ),
)

_ELEMENTARY = (
    function_row("exp", np.exp, lambda g, y, x: (g * y,), "exp", r"\exp\left({0}\right)", kernel=call_of(np.exp)),
    function_row("log", np.log, lambda g, y, x: (g / x,), "ln", r"\ln\left({0}\right)", kernel=call_of(np.log)),
    function_row("sqrt", np.sqrt, lambda g, y, x: (0.5 * g / y,), "√", r"\sqrt{{{0}}}", kernel=call_of(np.sqrt)),
    function_row(
        "sin", np.sin, lambda g, y, x: (g * unary("cos", x),), "sin", r"\sin\left({0}\right)", kernel=call_of(np.sin)
    ),
    function_row(
        "cos", np.cos, lambda g, y, x: (-(g * unary("sin", x)),), "cos", r"\cos\left({0}\right)", kernel=call_of(np.cos)
    ),
    function_row(
        "abs",
        numeric.absolute,
        lambda g, y, x: (g * unary("sign", x),),
        "abs",
        r"\left|{0}\right|",
        branch=lambda x: np.sign(x.real),
    ),
    function_row("sign", numeric.sign, lambda g, y, x: (None,), "sign", branch=lambda x: np.sign(x.real)),
    function_row(
        "step",
        numeric.step,
        lambda g, y, x: (None,),
        "step",
        r"\mathbf{{1}}_{{{0} > 0}}",
        kernel=_step_kernel,
        branch=positive,
    ),
)

ACTIVATIONS: tuple[Operator, ...] = (*_SQUASHING, *_RECTIFIERS, *_ELEMENTARY)
