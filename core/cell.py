"""A cell with sizes: the shapes and initial values of its parameters and states.

Shape letters: ``B`` batch, ``D`` inputs, ``H`` units. Arrays may also come without the batch axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from core.errors import ShapeError
from core.language import Backward, CellDefinition, Equation, ParameterSpec, backward_of, parse_cell, read_cell
from core.learning.initialisers import Rule, initialise
from core.operators.expression import INPUT, leaves, operations
from core.operators.shapes import Shape, size_value

Array = NDArray[np.floating]
Arrays = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell definition with its sizes in numbers: the shapes of everything follow."""

    definition: CellDefinition
    inputs: int
    units: int
    extra: Mapping[str, int] = field(default_factory=dict)  # other numbers for the extra sizes that the text declares

    def __post_init__(self) -> None:
        if self.inputs < 1 or self.units < 1:
            raise ShapeError(f"a cell needs at least one input and one unit, got {self.inputs} and {self.units}")
        for name, size in self.extra.items():
            if name not in self.definition.sizes:
                known = ", ".join(self.definition.sizes) or "none"
                raise ShapeError(f"the cell {self.definition.name} declares no size {name}; it declares: {known}")
            if size < 1:
                raise ShapeError(f"the size {name} is {size}; give at least 1")
        for equation in self.definition.equations:
            self._check_slices(equation)

    def _check_slices(self, equation: Equation) -> None:
        for node in operations(equation.expression):
            if node.operator == "slice":
                last, size = node.attributes[1], self.shape(node.args[0].shape)[0]
                if last > size:
                    place = f"line {equation.line}, equation of {equation.name}"
                    raise ShapeError(f"{place}: a slice reaches to {last:g}, but the vector has {size} numbers")

    @property
    def sizes(self) -> Mapping[str, int]:
        """Every named size in numbers."""
        return {"inputs": self.inputs, "units": self.units, **self.definition.sizes, **self.extra}

    @property
    def outputs(self) -> int:
        """Width of the output variable, which other blocks read; a projection makes it differ from the units."""
        return self.variable_sizes[self.definition.output]

    def shape(self, shape: Shape) -> tuple[int, ...]:
        """A symbolic shape in numbers. Raises ShapeError for a size that nothing fixes."""
        return tuple(size_value(size, self.sizes) for size in shape)

    @cached_property
    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shape of every parameter; a scalar has shape (1,)."""
        specs = self.definition.parameters
        return MappingProxyType({name: self.shape(spec.shape) or (1,) for name, spec in specs.items()})

    @cached_property
    def variable_sizes(self) -> Mapping[str, int]:
        """Length of every variable; a scalar has length 1."""
        equations = self.definition.equations
        return MappingProxyType({e.name: (self.shape(e.expression.shape) or (1,))[0] for e in equations})

    @cached_property
    def input_sizes(self) -> Mapping[str, int]:
        """Length of every input."""
        names = self.definition.inputs
        read = (leaf for equation in self.definition.equations for leaf in leaves(equation.expression))
        shapes = {leaf.name: leaf.shape for leaf in read if leaf.operator == INPUT}
        return MappingProxyType({n: self.shape(shapes[n])[0] if n in shapes else self.inputs for n in names})

    @cached_property
    def backward(self) -> tuple[Backward, ...]:
        """The derived backward pass of every equation, last equation first."""
        return tuple(backward_of(equation) for equation in reversed(self.definition.equations))

    @property
    def trainable(self) -> tuple[str, ...]:
        """Names of the parameters that training may change."""
        return tuple(name for name, spec in self.definition.parameters.items() if spec.trainable)

    def initial_parameters(self, seed: int | np.random.Generator = 0) -> dict[str, Array]:
        """Parameters at the start, by each one's initialiser (default: uniform within 1/sqrt(units))."""
        generator = np.random.default_rng(seed)
        return {n: self._initial(spec, generator) for n, spec in self.definition.parameters.items()}

    def _initial(self, spec: ParameterSpec, generator: np.random.Generator) -> Array:
        shape = self.parameter_shapes[spec.name]
        if spec.value is not None:
            return _fixed(spec, shape)
        rule, bounds = spec.init or Rule(), spec.bounds or (0.0, 1.0)
        return initialise(rule, shape, generator, units=self.units, bounds=bounds)

    def initial_state(self, batch: int | None = None) -> dict[str, Array]:
        """Zeros for every value that a step reads from earlier steps: name -> (K, B, H), the earliest first.

        ``K`` is the largest delay of the variable; with ``batch`` None the batch axis is left out.
        """
        shape = () if batch is None else (batch,)
        sizes = self.variable_sizes
        return {name: np.zeros((max(delays), *shape, sizes[name])) for name, delays in self.definition.delays.items()}

    def check_parameters(self, parameters: Arrays) -> dict[str, Array]:
        """The parameters of this cell, each of the right shape. Raises ShapeError naming what is missing or wrong."""
        return {name: _fitted(name, parameters, shape) for name, shape in self.parameter_shapes.items()}


def load_cell(name_or_path: str | Path, *, inputs: int, units: int) -> Cell:
    """A built-in cell ("lstm") or one from a file, with its sizes. Raises FileError, LanguageError."""
    return Cell(read_cell(name_or_path), inputs, units)


def cell_from_text(text: str, *, inputs: int, units: int) -> Cell:
    """A cell from the text of its equations (or of a whole cell file). Raises LanguageError."""
    return Cell(parse_cell(text), inputs, units)


def _fixed(spec: ParameterSpec, shape: tuple[int, ...]) -> Array:
    try:
        return np.array(np.broadcast_to(np.asarray(spec.value, dtype=float), shape))
    except (ValueError, TypeError):
        raise ShapeError(f"the value of {spec.name} does not fit its shape {shape}: {spec.value!r}") from None


def _fitted(name: str, parameters: Arrays, shape: tuple[int, ...]) -> Array:
    if name not in parameters:
        known = ", ".join(parameters) or "none"
        raise ShapeError(f"the parameter {name} of shape {shape} is missing; there are: {known}")
    array = np.asarray(parameters[name])
    if array.shape != shape and not (shape == (1,) and array.size == 1):
        raise ShapeError(f"the parameter {name} has shape {array.shape}, expected {shape}")
    return array.reshape(shape)
