"""A cell as a Python source that runs without this program, with plain NumPy or as a PyTorch module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.cell import Cell
from core.language.python_text import Library, before_name, helpers_in, python_of, safe_name
from core.operators.expression import INPUT, TIME, VARIABLE, leaves

_INDENT = "    "
_STEP = '"""All variables after one step: name -> (..., size). ``past``: name -> earlier values, the latest last."""'
LIBRARIES: tuple[Library, ...] = ("numpy", "torch")


def source_of(cell: Cell, library: Library) -> str:
    """The whole source. Shapes are those of ``cell``; the numbers of its parameters are not in it."""
    return {"numpy": numpy_source, "torch": torch_source}[library](cell)


def numpy_source(cell: Cell) -> str:
    """Functions ``step`` and ``walk`` that take the parameters as a dictionary of arrays."""
    step = "\n".join(
        [
            f"def step(weights, past, {_arguments(cell)}, t=0):",
            f"{_INDENT}{_STEP}",
            *_unpacked(cell, "weights[name]"),
            *_equations(cell, "numpy"),
        ]
    )
    walk = f'''def walk(weights, {_arguments(cell, "s")}, past=None):
    """All variables over time: name -> (T, ..., size). Inputs are (T, ..., size); ``past`` is zeros where not given."""
    batch = {_first(cell)}s.shape[1:-1]
    zeros = {{name: [np.zeros((*batch, size))] * count for name, (count, size) in STATES.items()}}
    past = {{name: list(rows) for name, rows in (past or zeros).items()}}
    steps = []
    for t, ({_arguments(cell)},) in enumerate(zip({_arguments(cell, "s")})):
        steps.append(step(weights, past, {_arguments(cell)}, t))
        past = {{name: [*rows[1:], steps[-1][name]] for name, rows in past.items()}}
    return {{name: np.stack([values[name] for values in steps]) for name in steps[0]}}'''
    return _joined(cell, "numpy", [_table(cell), step, walk])


def torch_source(cell: Cell) -> str:
    """A ``torch.nn.Module`` whose parameters have the names of the cell."""
    fixed = {name: value.tolist() for name, value in cell.initial_parameters().items() if name not in cell.trainable}
    module = f'''FIXED = {fixed!r}  # what training does not change


class Cell(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = torch.nn.ParameterDict()
        for name, shape in SHAPES.items():
            start = torch.empty(shape).uniform_(-{_spread(cell)}, {_spread(cell)})
            start = torch.tensor(FIXED[name]) if name in FIXED else start
            self.weights[name] = torch.nn.Parameter(start, requires_grad=name not in FIXED)

    def forward(self, {_arguments(cell, "s")}, past=None):
        """The output (T, ..., size) and all variables over time. Inputs are (T, ..., size)."""
        batch = {_first(cell)}s.shape[1:-1]
        zeros = {{name: [{_first(cell)}s.new_zeros((*batch, size))] * count for name, (count, size) in STATES.items()}}
        past = {{name: list(rows) for name, rows in (past or zeros).items()}}
        steps = []
        for t, ({_arguments(cell)},) in enumerate(zip({_arguments(cell, "s")})):
            steps.append(self.step(past, {_arguments(cell)}, t))
            past = {{name: [*rows[1:], steps[-1][name]] for name, rows in past.items()}}
        variables = {{name: torch.stack([values[name] for values in steps]) for name in steps[0]}}
        return variables["{cell.definition.output}"], variables

    def step(self, past, {_arguments(cell)}, t=0):
        {_STEP}
'''
    lines = [*_unpacked(cell, "self.weights[name]"), *_equations(cell, "torch")]
    return _joined(cell, "torch", [_table(cell), module + "\n".join(_INDENT + line for line in lines)])


def _joined(cell: Cell, library: Library, parts: list[str]) -> str:
    """The parts behind a heading, the import and the helpers they call."""
    definition = cell.definition
    equations = "\n".join(f"{_INDENT}{equation.text}" for equation in definition.equations)
    kind = "as a PyTorch module" if library == "torch" else "with plain NumPy"
    heading = f'''"""{_plain(definition.name)}, {kind}, written by Gatewalk.

{_plain(equations)}

A vector is (..., size): of one sequence, or of a batch of them. Parameters that Gatewalk saved are read with
weights = {{name: numpy.load("weights.npz")["param/l0/" + name] for name in SHAPES}}.
"""'''
    helpers = helpers_in("\n".join(parts), library)
    imported = "import numpy as np" if library == "numpy" else "import torch"
    return "\n\n\n".join(filter(None, [f"{heading}\n\n{imported}", helpers, *parts])) + "\n"


def _plain(text: str) -> str:
    """A text that can stand between three quotation marks."""
    return text.replace("\\", " ").replace('"', "'")


def _table(cell: Cell) -> str:
    shapes = "".join(f'{_INDENT}"{name}": {shape},\n' for name, shape in cell.parameter_shapes.items())
    delays = {name: (max(delays), cell.variable_sizes[name]) for name, delays in cell.definition.delays.items()}
    states = ", ".join(f'"{name}": {state}' for name, state in delays.items())
    return (
        f"SHAPES = {{\n{shapes}}}  # of the parameters\n"
        f"STATES = {{{states}}}  # name: how many earlier values are read, and their size"
    )


def _unpacked(cell: Cell, element: str) -> Iterator[str]:
    """Lines that give the parameters their names."""
    names = [safe_name(name) for name in cell.parameter_shapes]
    if names:
        yield f"{_INDENT}{', '.join(names)}{',' * (len(names) == 1)} = ({element} for name in SHAPES)"


def _equations(cell: Cell, library: Library) -> Iterator[str]:
    """Lines that compute all variables and return them."""
    definition, first = cell.definition, _first(cell)
    if library == "torch" and any(leaf.operator == TIME for e in definition.equations for leaf in leaves(e.expression)):
        yield f"{_INDENT}t = {first}.new_tensor([float(t)])"
    for name, delays in definition.delays.items():
        for delay in delays:
            yield f'{_INDENT}{before_name(name, delay)} = past["{name}"][-{delay}]'
    alone = _alike_in_a_batch(cell)
    for equation in definition.equations:
        right = python_of(equation.expression, library, first)
        if equation.name in alone:
            module = "np" if library == "numpy" else "torch"
            right = f"{module}.broadcast_to({right}, (*{first}.shape[:-1], {cell.variable_sizes[equation.name]}))"
        yield f"{_INDENT}{safe_name(equation.name)} = {right}"
    pairs = ", ".join(f'"{name}": {safe_name(name)}' for name in definition.variables)
    yield f"{_INDENT}return {{{pairs}}}"


def _alike_in_a_batch(cell: Cell) -> frozenset[str]:
    """The variables that read nothing of a sequence, and so are one vector for all of a batch."""
    found: set[str] = set()
    for equation in cell.definition.equations:
        read = [leaf for leaf in leaves(equation.expression) if leaf.operator in (INPUT, VARIABLE)]
        if all(leaf.name in found and not leaf.delay for leaf in read):
            found.add(equation.name)
    return frozenset(found)


def _arguments(cell: Cell, end: str = "") -> str:
    """The inputs that are read, and always the first, as arguments; with an end behind each name."""
    definition = cell.definition
    read = {leaf.name for e in definition.equations for leaf in leaves(e.expression) if leaf.operator == INPUT}
    names = [name for name in definition.inputs if name in read or name == definition.inputs[0]]
    return ", ".join(f"{safe_name(name)}{end}" for name in names)


def _first(cell: Cell) -> str:
    return safe_name(cell.definition.inputs[0])


def _spread(cell: Cell) -> Any:
    return round(cell.units**-0.5, 6)
