"""Initial values of parameters: named rules that turn a shape and a generator into an array of float64.

Shapes: a matrix is ``(out, in)`` and maps a vector of ``in`` numbers to one of ``out``; everything else is a vector or
a scalar. ``units`` is the size of the layer. All numbers come from the generator that is passed in. Rules that draw
inside the range that a parameter declares give shares of it first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.errors import GatewalkError, ShapeError

Shape = tuple[int, ...]
Array = NDArray[np.float64]
Bounds = tuple[float, float]


class Rule(msgspec.Struct, frozen=True):
    """Which initialiser, and the one number it takes (None: its default; ``INITIALISERS`` says what the number is)."""

    name: str = "uniform"
    value: float | None = None


class Initialiser(msgspec.Struct, frozen=True):
    """A named way to fill a parameter: ``function(shape, generator, units, value)``.

    ``inside`` makes numbers of a parameter's declared range out of shares of it; None: the range plays no part.
    """

    function: Callable[[Shape, np.random.Generator, int, float], Array]
    meaning: str  # what `value` is, in words
    default: float
    description: str
    least: float = 0.0  # smallest allowed value
    inside: Callable[[Array, Bounds], Array] | None = None


def uniform(shape: Shape, generator: np.random.Generator, units: int, scale: float = 1.0) -> Array:
    """Uniform between -scale/sqrt(units) and scale/sqrt(units): what PyTorch gives recurrent layers."""
    bound = scale / math.sqrt(units)
    return np.asarray(generator.uniform(-bound, bound, shape), dtype=np.float64)


def normal(shape: Shape, generator: np.random.Generator, units: int, deviation: float = 0.01) -> Array:
    """Normal with mean 0 and the given standard deviation."""
    return np.asarray(deviation * generator.standard_normal(shape), dtype=np.float64)


def scaled(shape: Shape, generator: np.random.Generator, units: int, scale: float = 1.0) -> Array:
    """Normal with standard deviation scale/sqrt(in): a large square matrix gets a spectral radius near ``scale``."""
    _, fan_in = fans(shape, "scaled")
    return normal(shape, generator, units, scale / math.sqrt(fan_in))


def xavier_uniform(shape: Shape, generator: np.random.Generator, units: int, gain: float = 1.0) -> Array:
    """Uniform with variance 2 gain²/(in + out) (Glorot & Bengio 2010, equation 16)."""
    bound = gain * math.sqrt(6.0 / sum(fans(shape, "xavier uniform")))
    return np.asarray(generator.uniform(-bound, bound, shape), dtype=np.float64)


def xavier_normal(shape: Shape, generator: np.random.Generator, units: int, gain: float = 1.0) -> Array:
    """Normal with variance 2 gain²/(in + out) (Glorot & Bengio 2010, equation 12)."""
    return normal(shape, generator, units, gain * math.sqrt(2.0 / sum(fans(shape, "xavier normal"))))


def he(shape: Shape, generator: np.random.Generator, units: int, gain: float = math.sqrt(2.0)) -> Array:
    """Normal with standard deviation gain/sqrt(in); gain sqrt(2) suits ReLU (He et al. 2015, equation 10)."""
    _, fan_in = fans(shape, "he")
    return normal(shape, generator, units, gain / math.sqrt(fan_in))


def constant(shape: Shape, generator: np.random.Generator, units: int, value: float = 0.0) -> Array:
    """The same value everywhere."""
    return np.full(shape, value, dtype=np.float64)


def ones(shape: Shape, generator: np.random.Generator, units: int, scale: float = 1.0) -> Array:
    """``scale`` everywhere: 1 unless told otherwise, as for a forget gate's bias."""
    return constant(shape, generator, units, scale)


def orthogonal(shape: Shape, generator: np.random.Generator, units: int, gain: float = 1.0) -> Array:
    """``gain`` times a random matrix whose rows (or columns, whichever are fewer) are orthonormal.

    Q·sign(diag R) of a normal matrix; without the signs the result would not be uniform over the orthogonal matrices
    (Mezzadri 2007).
    """
    fan_out, fan_in = fans(shape, "orthogonal")
    tall = generator.standard_normal((max(fan_out, fan_in), min(fan_out, fan_in)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return np.ascontiguousarray(gain * (q if fan_out >= fan_in else q.T), dtype=np.float64)


def identity(shape: Shape, generator: np.random.Generator, units: int, scale: float = 1.0) -> Array:
    """``scale`` on the diagonal, 0 elsewhere; with ReLU and zero biases this is the IRNN (Le, Jaitly & Hinton 2015)."""
    fan_out, fan_in = fans(shape, "identity")
    return scale * np.eye(fan_out, fan_in)


def chrono_forget(shape: Shape, generator: np.random.Generator, units: int, longest: float = 100.0) -> Array:
    """Forget biases ln U(1, longest - 1): time constants spread up to ``longest`` steps (Tallec & Ollivier 2018)."""
    return np.asarray(np.log(generator.uniform(1.0, longest - 1.0, shape)), dtype=np.float64)


def chrono_input(shape: Shape, generator: np.random.Generator, units: int, longest: float = 100.0) -> Array:
    """Input biases -ln U(1, longest - 1), drawn on their own; ``chrono_biases`` gives matching pairs."""
    return np.asarray(0.0 - chrono_forget(shape, generator, units, longest))


def chrono_biases(shape: Shape, generator: np.random.Generator, longest: float = 100.0) -> tuple[Array, Array]:
    """The forget biases and, from the same draw, the input biases: (b_f, b_i) with b_i = -b_f.

    Raises GatewalkError if ``longest`` is below 2.
    """
    forget = initialise(Rule("chrono forget", longest), shape, generator, units=1)
    return forget, np.asarray(0.0 - forget)


def shares(shape: Shape, generator: np.random.Generator, units: int, exponent: float = 1.0) -> Array:
    """Uniform shares of a range, to the power of ``exponent``: below 1 they gather at its upper end."""
    return np.asarray(generator.uniform(0.0, 1.0, shape) ** exponent, dtype=np.float64)


def between(shares: Array, bounds: Bounds) -> Array:
    """The numbers at these shares of the way from the lower bound to the upper one."""
    return np.asarray(bounds[0] + shares * (bounds[1] - bounds[0]))


def whole_between(shares: Array, bounds: Bounds) -> Array:
    """The whole numbers at these shares of the range, each as likely as the others. Raises GatewalkError for none."""
    least, most = math.ceil(bounds[0]), math.floor(bounds[1])
    if least > most:
        raise GatewalkError(f"Initialiser 'whole numbers': there is none from {bounds[0]:g} to {bounds[1]:g}.")
    return np.asarray(np.minimum(least + np.floor(shares * (most - least + 1)), most))


def time_constants(shape: Shape, generator: np.random.Generator, units: int, longest: float = 100.0) -> Array:
    """Shares kept a step, exp(-1/τ), with time constants τ from 1 to ``longest`` steps, their logarithms uniform."""
    return np.asarray(np.exp(-1.0 / np.exp(generator.uniform(0.0, math.log(longest), shape))), dtype=np.float64)


def groups(shape: Shape, generator: np.random.Generator, units: int, count: float = 4.0) -> Array:
    """The number of each entry's group, from 0: the first entries are group 0, and all groups are about as large."""
    length = shape[-1] if shape else 1
    return np.array(np.broadcast_to(np.arange(length) * int(count) // max(length, 1), shape), dtype=np.float64)


def periods(shape: Shape, generator: np.random.Generator, units: int, count: float = 4.0) -> Array:
    """1, 2, 4, … steps, one period a group (Koutník et al. 2014)."""
    return np.asarray(2.0 ** groups(shape, generator, units, count))


INITIALISERS: Mapping[str, Initialiser] = MappingProxyType(
    {
        "uniform": Initialiser(uniform, "scale", 1.0, "uniform within ± scale/√units, as PyTorch does"),
        "normal": Initialiser(normal, "standard deviation", 0.01, "normal around 0"),
        "scaled": Initialiser(scaled, "scale", 1.0, "normal, standard deviation scale/√in"),
        "xavier uniform": Initialiser(xavier_uniform, "gain", 1.0, "uniform, variance 2·gain²/(in + out)"),
        "xavier normal": Initialiser(xavier_normal, "gain", 1.0, "normal, variance 2·gain²/(in + out)"),
        "he": Initialiser(he, "gain", math.sqrt(2.0), "normal, standard deviation gain/√in, for ReLU"),
        "constant": Initialiser(constant, "value", 0.0, "one value everywhere", least=-math.inf),
        "zeros": Initialiser(constant, "value", 0.0, "0 everywhere", least=-math.inf),
        "ones": Initialiser(ones, "value", 1.0, "1 everywhere", least=-math.inf),
        "orthogonal": Initialiser(orthogonal, "gain", 1.0, "random orthogonal matrix times gain"),
        "identity": Initialiser(identity, "scale", 1.0, "scale on the diagonal", least=-math.inf),
        "chrono forget": Initialiser(chrono_forget, "longest time", 100.0, "ln U(1, longest − 1)", least=2.0),
        "between": Initialiser(shares, "exponent", 1.0, "uniform inside the declared range", inside=between),
        "whole numbers": Initialiser(
            shares, "exponent", 1.0, "whole numbers inside the declared range, drawn evenly", inside=whole_between
        ),
        "time constants": Initialiser(time_constants, "longest time", 100.0, "exp(−1/τ), ln τ uniform", least=1.0),
        "groups": Initialiser(groups, "groups", 4.0, "the number of each unit's group: 0, 1, 2, …", least=1.0),
        "periods": Initialiser(periods, "groups", 4.0, "1, 2, 4, … steps, one a group", least=1.0),
        "chrono input": Initialiser(chrono_input, "longest time", 100.0, "−ln U(1, longest − 1)", least=2.0),
    }
)


def initialise(
    rule: Rule, shape: Shape, generator: np.random.Generator, *, units: int, bounds: Bounds = (0.0, 1.0)
) -> Array:
    """The array that ``rule`` gives for a parameter of ``shape`` and range ``bounds`` in a layer of ``units`` units.

    Raises GatewalkError for an unknown rule or a value it cannot take, ShapeError for a shape it cannot fill.
    """
    if rule.name not in INITIALISERS:
        known = ", ".join(INITIALISERS)
        raise GatewalkError(f"There is no initialiser called '{rule.name}'. Use one of: {known}.")
    if units < 1 or any(size < 1 for size in shape):
        raise ShapeError(f"Initialiser '{rule.name}': sizes must be at least 1, got shape {shape} and {units} units.")
    chosen = INITIALISERS[rule.name]
    value = chosen.default if rule.value is None else rule.value
    if not math.isfinite(value) or value < chosen.least:
        expected = "a finite number" + (f" of at least {chosen.least:g}" if math.isfinite(chosen.least) else "")
        raise GatewalkError(f"Initialiser '{rule.name}': {chosen.meaning} must be {expected}, got {value:g}.")
    array = chosen.function(shape, generator, units, value)
    return array if chosen.inside is None else chosen.inside(array, bounds)


def fans(shape: Shape, name: str) -> tuple[int, int]:
    """The (out, in) of a matrix; ShapeError for anything else, naming the initialiser ``name``."""
    if len(shape) != 2:
        raise ShapeError(
            f"Initialiser '{name}' fills matrices, got shape {shape}. Use uniform, normal or constant for vectors."
        )
    return shape[0], shape[1]
