"""What the regulariser needs of one cell, derived: how a gradient at its state goes one step back, and derivatives of
backward equations.

Leaves of the results are forward values, parameters, and leaves that ``BlockEquations`` makes and names: what came to
a variable from outside its step, what multiplies it in a sum that is differentiated, and where a unit is overwritten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from core.block import Block
from core.language.again import Pair, Substitution, pulled_back
from core.language.derive import Backward, Contribution
from core.operators.expression import ADJOINT, INBOX, VARIABLE, Expression, leaf, operations, total

Key = tuple[str, str, int]  # kind, name and delay of what an equation reads
KEPT = "kept"  # 1, and 0 where a unit is overwritten
Derivatives = Mapping[Expression, Expression]  # by leaf


def key_of(read: Expression) -> Key:
    """What a leaf reads."""
    return read.operator, read.name, read.delay


class BlockEquations:
    """The backward equations of one block, and their derivatives. ``overwritten`` are its overwritten variables."""

    def __init__(self, block: Block, overwritten: Iterable[str] = ()) -> None:
        self.block = block
        self.backward: tuple[Backward, ...] = block.cell.backward  # last equation first
        self._shapes = {e.name: e.expression.shape for e in block.cell.definition.equations}
        self._made: dict[tuple[str, Key], Expression] = {}
        self.names: dict[Expression, tuple[str, Key]] = {}  # of the leaves that are made here
        self.overwritten = frozenset(overwritten)

    def made(self, what: str, key: Key, shape: tuple[object, ...]) -> Expression:
        """The leaf of this name, the same one each time."""
        if (what, key) not in self._made:
            new = leaf(INBOX, f"{what} {key[1]}", shape, key[2])  # type: ignore[arg-type]
            self._made[what, key] = new
            self.names[new] = what, key
        return self._made[what, key]

    def variable(self, what: str, name: str) -> Expression:
        """Such a leaf for a variable."""
        return self.made(what, (VARIABLE, name, 0), self._shapes[name])

    def _through(self, name: str, adjoint: Expression) -> Expression:
        """What of an adjoint enters the variable's equation."""
        return adjoint * self.variable(KEPT, name) if name in self.overwritten else adjoint

    # One step back, as expressions of what came to the step from outside.

    @cached_property
    def forward_operations(self) -> frozenset[Expression]:
        """Every operation of the equations themselves."""
        equations = self.block.cell.definition.equations
        return frozenset(node for equation in equations for node in operations(equation.expression))

    def arriving(self, members: tuple[str, ...]) -> dict[str, Expression]:
        """∇L at each member of the state, by what came to the step from outside (leaves "inbox").

        A way through another member's equation is not in it, as that member is a part of the state of its own.
        """
        adjoints = self._one_step({name: self.variable("inbox", name) for name in self.inboxes}, stops=members)
        return {name: adjoints[name] for name in members}

    def one_step_back(self, members: tuple[str, ...]) -> dict[str, Expression]:
        """(∇L ∂s_t/∂s_{t-1}) at each member that anything flows to, by ∇L at each member (leaves "state")."""
        terms: dict[str, list[Expression]] = {}
        adjoints: dict[str, Expression] = {}
        put = Substitution(ADJOINT, adjoints)
        self._one_step({name: self.variable("state", name) for name in members}, adjoints=adjoints)
        for contribution in self._contributions(adjoints):
            kind, name, delay = key_of(contribution.target)
            if kind == VARIABLE and delay == 1 and name in members:
                terms.setdefault(name, []).append(put(contribution.expression))
        return {name: total(found) for name, found in terms.items()}

    def _one_step(
        self,
        entering: Mapping[str, Expression],
        stops: tuple[str, ...] = (),
        adjoints: dict[str, Expression] | None = None,
    ) -> dict[str, Expression]:
        """The adjoint of every variable that something comes to; ``stops`` send nothing on.

        ``adjoints`` gets what enters each variable's equation.
        """
        waiting = {name: [each] for name, each in entering.items()}
        into: dict[str, Expression] = {} if adjoints is None else adjoints
        put, found = Substitution(ADJOINT, into), {}
        for backward in self.backward:
            name = backward.equation.name
            if name in waiting:
                found[name] = total(waiting[name])
                if name not in stops:
                    into[name] = self._through(name, found[name])
                    for each in backward.contributions:
                        if each.target.operator == VARIABLE and not each.target.delay:
                            waiting.setdefault(each.target.name, []).append(put(each.expression))
        return found

    def _contributions(self, readers: Iterable[str]) -> list[Contribution]:
        known = frozenset(readers)
        return [
            each for backward in self.backward if backward.equation.name in known for each in backward.contributions
        ]

    @cached_property
    def inboxes(self) -> frozenset[str]:
        """The variables to which something comes from outside a step."""
        return (frozenset(self.block.cell.definition.delays) | self.block.ends) & self.block.path

    # Derivatives of the backward equation of one variable.

    def again(self, name: str, alive: frozenset[Key]) -> Derivatives:
        """By leaf, the derivative of Σ ⟨tangent, what the equation of ``name`` sends⟩ over what it reads.

        ``alive`` are the targets that have a tangent (leaves "tangent"). The leaf ADJOINT of ``name`` is among the
        results: that is the tangent of the variable itself.
        """
        backward = next(each for each in self.backward if each.equation.name == name)
        return pulled_back(self._pairs(backward.contributions, alive))

    def pulled(self, pairs: Iterable[Pair], held: Collection[Expression]) -> Derivatives:
        """By leaf, the derivative of Σ ⟨cotangent, expression⟩; ``held`` are nodes that count as constant."""
        return pulled_back(pairs, held)

    def _pairs(self, contributions: Iterable[Contribution], alive: frozenset[Key]) -> Iterable[Pair]:
        for each in contributions:
            key = key_of(each.target)
            if key in alive:
                yield each.expression, self.made("tangent", key, each.target.shape)

    @cached_property
    def sends(self) -> tuple[tuple[str, Contribution], ...]:
        """What each equation sends and which equation that is, last equation first."""
        return tuple((b.equation.name, each) for b in self.backward for each in b.contributions)
