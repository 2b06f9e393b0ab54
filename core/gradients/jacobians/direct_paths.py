"""The gates' direct paths: how a state depends on its own earlier value with everything else held.

Of an LSTM that is dc_t/dc_{t-1} = f_t, of a GRU z_t (or 1 - z_t), of a leaky unit its alpha. It is derived: each place
at which the equation of a state reads the state's own earlier value, if only element-wise operators stand between the
two, gives a factor for each unit. Matrix products, and gates that look at the earlier state, are held. Where the
equation does not read it (``k = f * c[-1]``, ``c = k + i * g``), variables it is made of are looked into, as long as
they are linear in it. Shape letters: ``S`` steps of the walk, ``H`` units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.frame import Sentence
from core.gradients.jacobians.jacobian import Jacobians
from core.gradients.numbers import ratio_text
from core.language.definition import CellDefinition
from core.language.derive import backward_of
from core.language.latex import latex_of
from core.network import Block
from core.operators import Expression
from core.operators.expression import ADJOINT, PARAMETER, VARIABLE, multiply, number, total
from core.operators.shapes import is_elementwise
from core.run import Run

Array = NDArray[Any]
_PIECES = frozenset({"concat", "slice", "part", "pad"})  # they move units, and may move one onto another
_SIZED = frozenset({"part", "pad", "zeros", "spread", "matrix_spread"})  # of these only the first argument is read
_LINEAR = frozenset({"add", "sub", "mul", "div", "neg", "identity", "where"})


class Place(msgspec.Struct, frozen=True, eq=False):
    """One place where a state reads its own earlier value directly: dstate/dleaf = ``factor`` with the adjoint 1."""

    state: str
    delay: int
    factors: tuple[tuple[str, Expression], ...]  # variable whose adjoint is 1 -> what it sends on, outermost first

    @property
    def gates(self) -> tuple[str, ...]:
        """What the factor is made of: variables of the same step and parameters, without the state itself."""
        read = [found for _, factor in self.factors for found in _values_read(factor)]
        named = [f.name for f in read if f.operator in (VARIABLE, PARAMETER) and (f.name, f.delay) != (self.state, 0)]
        return tuple(dict.fromkeys(named))

    @property
    def formula(self) -> Expression:
        """The factor as one expression."""
        whole: Expression = number(1.0)
        for name, factor in self.factors:
            whole = _with_adjoint(factor, name, whole)
        return whole


def _values_read(node: Expression) -> Iterator[Expression]:
    """The leaves whose values matter; what only says how long a vector is does not."""
    if node.is_leaf:
        yield node
    for arg in node.args[:1] if node.operator in _SIZED else node.args:
        yield from _values_read(arg)


def _with_adjoint(node: Expression, name: str, adjoint: Expression) -> Expression:
    """An expression with another in the place of an adjoint."""
    if (node.operator, node.name) == (ADJOINT, name):
        return adjoint
    if node.is_leaf:
        return node
    args = tuple(_with_adjoint(arg, name, adjoint) for arg in node.args)
    return multiply(*args) if node.operator == "mul" else replace(node, args=args)


class DirectPath(msgspec.Struct, frozen=True, eq=False):
    """The direct path of one state over one delay.

    ``factors`` (S, H), in walking order: d(state_t)/d(state_{t-delay}) of each unit, all else held. ``gates`` are what
    they are made of, ``gate_roles`` the same in words: "forget gate"; ``latex`` is the formula. ``time_constants``
    (H,): in how many steps a gradient on this path falls to 1/e, -delay / mean ln|factor|; inf where it does not fall,
    0 where it is cut.
    """

    block: str
    state: str
    delay: int
    gates: tuple[str, ...]
    gate_roles: tuple[str, ...]
    latex: str
    factors: Array
    time_constants: Array
    times: tuple[int, ...]
    sentence: Sentence

    def log_products(self, last: int) -> Array:
        """Logarithms to base 10 of the absolute products that end at a row of the walk, (n, H): over 1, 2, ... factors.

        For a delay d these span d, 2d, ... steps.
        """
        with np.errstate(all="ignore"):
            return np.asarray(np.cumsum(np.log10(np.abs(self.factors[last :: -self.delay])), axis=0))

    def signs(self, last: int) -> Array:
        """The signs of these products, (n, H)."""
        return np.asarray(np.cumprod(np.sign(self.factors[last :: -self.delay]), axis=0))


def direct_paths(run: Run, block: str, sample: int = 0) -> tuple[DirectPath, ...]:
    """All direct paths of a block, in file order; none for a plain RNN. Raises SessionError as ``Jacobians`` does."""
    jacobians = Jacobians(run, block, sample)
    return tuple(paths_of(jacobians))


def paths_of(jacobians: Jacobians) -> Iterator[DirectPath]:
    """The direct paths of a block whose Jacobians are known."""
    definition = jacobians.block.cell.definition
    for state in jacobians.space.names:
        for delay in definition.delays[state]:
            places = [place for place in direct_places(definition, state) if place.delay == delay]
            places = [place for place in places if _stays_in_its_unit(jacobians, place)]
            if places:
                yield _path(jacobians, state, delay, places)


def direct_places(definition: CellDefinition, state: str) -> list[Place]:
    """Where a state reads its own earlier values element by element."""
    own = (found for found in _direct(definition, state) if found[0].delay and found[0].name == state)
    places = [Place(state, leaf.delay, ((state, sent),)) for leaf, sent in own]
    return places or list(_through(definition, state, state, ()))


def _through(
    definition: CellDefinition, state: str, name: str, above: tuple[tuple[str, Expression], ...]
) -> Iterator[Place]:
    """The same by way of variables of the same step that are linear in it."""
    for leaf, sent in _direct(definition, name, _LINEAR | _PIECES):
        chain = (*above, (name, sent))
        if not leaf.delay:
            yield from _through(definition, state, leaf.name, chain)
        elif leaf.name == state:
            yield Place(state, leaf.delay, chain)


def _direct(
    definition: CellDefinition, name: str, allowed: frozenset[str] | None = None
) -> Iterator[tuple[Expression, Expression]]:
    """Leaves that an equation reads element by element, each with what is sent to it."""
    equation = definition.equation(name)
    near = {id(leaf) for leaf in _near(equation.expression, allowed)}
    for contribution in backward_of(equation).contributions:
        if contribution.target.operator == VARIABLE and id(contribution.target) in near:
            yield contribution.target, contribution.expression


def _near(node: Expression, allowed: frozenset[str] | None) -> Iterator[Expression]:
    """Leaves between which and the root only element-wise operators stand (or only the allowed ones)."""
    if node.is_leaf:
        yield node
    elif node.operator in _PIECES or (is_elementwise(node.operator) if allowed is None else node.operator in allowed):
        for arg in node.args:
            yield from _near(arg, allowed)


def _path(jacobians: Jacobians, state: str, delay: int, places: list[Place]) -> DirectPath:
    block = jacobians.block
    size = block.cell.variable_sizes[state]
    with np.errstate(all="ignore"):
        factors = sum((_factor(jacobians, place, np.ones(size)) for place in places), np.zeros((1, size)))
    factors = _kept(jacobians, state, np.array(np.broadcast_to(factors, (jacobians.count, size))))
    gates = tuple(dict.fromkeys(gate for place in places for gate in place.gates))
    roles = tuple(role_of(block, gate) for gate in gates)
    constants = time_constants(factors, delay)
    sentence = _sentence(block, state, gates, factors, constants)
    latex = latex_of(total([place.formula for place in places]))
    times = tuple(jacobians.times)
    return DirectPath(block.name, state, delay, gates, roles, latex, factors, constants, times, sentence)


def _factor(jacobians: Jacobians, place: Place, adjoint: Array) -> Array:
    """What comes to the earlier value of a state when ``adjoint`` stands at the state, (S or 1, ..., H)."""
    values = jacobians.walked.evaluator().value
    for name, expression in place.factors:
        adjoint = _sent(expression, name, adjoint, values)
    return adjoint


def _stays_in_its_unit(jacobians: Jacobians, place: Place) -> bool:
    """Whether a unit depends on its own earlier value alone: concatenations and slices may move it elsewhere."""
    size = jacobians.block.cell.variable_sizes[place.state]
    values = jacobians.walked.evaluator().value

    def at_first(leaf: Expression) -> Array:
        found = values(leaf) if leaf.operator == PARAMETER else values(leaf)[0]
        return np.where(np.isfinite(found), found, 1.0)  # what is no number would seem to reach every unit

    arrived: Array = np.eye(size)
    for name, expression in place.factors:
        arrived = _sent(expression, name, arrived, at_first)
    moved = np.broadcast_to(arrived, (size, size)).copy()
    np.fill_diagonal(moved, 0.0)
    return not moved.any()


def _sent(expression: Expression, name: str, adjoint: Array, values: Callable[[Expression], Array]) -> Array:
    """What an equation sends when ``adjoint`` stands at its variable."""

    def read(leaf: Expression) -> Array:
        return adjoint if (leaf.operator, leaf.name) == (ADJOINT, name) else values(leaf)

    return np.asarray(Evaluator(read).value(expression))


def _kept(jacobians: Jacobians, state: str, factors: Array) -> Array:
    """Without the units that a person has overwritten: nothing passes there."""
    walked = jacobians.walked
    for row in range(walked.count):
        factors[row, list(walked.tape.overwritten(walked.first + row, state))] = 0.0
    return factors


def role_of(block: Block, name: str) -> str:
    """A variable or parameter in words: "forget gate", or its name where the cell gives it no role."""
    return block.cell.definition.roles.get(name, name)


def named(block: Block, name: str) -> str:
    """The same in a sentence: "the forget gate f", or "k"."""
    role = role_of(block, name)
    return name if role == name else f"the {role} {name}"


def time_constants(factors: Array, delay: int = 1) -> Array:
    """Steps in which a product of these factors falls to 1/e, (H,), from their geometric mean; inf if it does not."""
    with np.errstate(all="ignore"):
        mean = np.log(np.abs(factors)).mean(axis=0)
        return np.asarray(np.where(mean < 0, -delay / mean, np.where(np.isnan(mean), np.nan, np.inf)))


def _sentence(block: Block, state: str, gates: tuple[str, ...], factors: Array, constants: Array) -> Sentence:
    with np.errstate(all="ignore"):
        middle = float(np.median(np.abs(factors)))
    longest = int(np.argmax(np.where(np.isnan(constants), -1.0, constants)))
    values = {
        "layer": block.title,
        "state": state,
        "gates": " and ".join(named(block, gate) for gate in gates) or "what its equation says",
        "middle": ratio_text(middle),
        "unit": str(longest + 1),
        "steps": ratio_text(float(constants[longest])),
    }
    start = (
        "{layer}: the direct path of {state} is multiplied by {gates} at every step, the median factor is {middle}; "
    )
    if np.isposinf(constants[longest]):
        return Sentence(start + "in unit {unit} it does not fade.", values)
    return Sentence(start + "it lives longest in unit {unit}, which falls to 1/e in {steps} steps.", values)
