"""One block in bulk: its forward pass and its backward pass over all steps, and the gradients of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.block import Block
from core.bulk.gradients import parameter_gradients
from core.bulk.graph import Core, Link, core_of, forward_links
from core.bulk.linear import Linear
from core.bulk.operands import Kept
from core.bulk.recursion import Recursions
from core.bulk.rows import Rows
from core.bulk.schedule import Schedule, schedule
from core.operators.expression import INBOX, VARIABLE
from core.plan.nodes import GradientTerm, Node, needed_for, wholes

Array = NDArray[Any]
Cut = Mapping[int, NDArray[np.bool_]]


class BlockPlan:
    """What can be said of a block before there are numbers: which of its nodes go step by step, and how."""

    def __init__(self, block: Block) -> None:
        self.block, self.layout = block, block.plan.layout
        self.lowered = self.layout.lowered
        self.recursions = Recursions()
        self.linear = Linear(self.lowered, block.ends & block.path)

    @cached_property
    def forward_links(self) -> Mapping[Node, Link]:
        """What delayed values read."""
        return forward_links(self.lowered, self.layout.delayed)

    @cached_property
    def backward_links(self) -> Mapping[Node, Link]:
        """What arrives from later steps."""
        return self.linear.links()

    @cached_property
    def forward(self) -> Schedule:
        """The steps of the forward pass."""
        return self._schedule(core_of(self.forward_links))

    @cached_property
    def backward(self) -> Schedule:
        """The steps of the backward pass."""
        return self._schedule(core_of(self.backward_links))

    @cached_property
    def terms(self) -> Mapping[str, list[GradientTerm]]:
        """The terms of each parameter's gradient, re-associated."""
        found: dict[str, list[GradientTerm]] = {}
        for term in self.lowered.gradients:
            source = None if term.source is None else self.linear.node(term.source)
            again = GradientTerm(term.parameter, self.linear.node(term.delta), source, term.columns)
            found.setdefault(term.parameter, []).append(again)
        return found

    @cached_property
    def adjoints(self) -> Mapping[str, Node]:
        """dL/d(variable) for the variables that a gradient can reach."""
        return {name: self.linear.node(node) for name, node in self.lowered.adjoints.items()}

    @cached_property
    def inboxes(self) -> Mapping[str, Node]:
        """The leaves of what comes back from other blocks."""
        return {str(node.key[1]): node for node in self._needed if node.key[0] == INBOX}

    @cached_property
    def _asked(self) -> list[Node]:
        """What somebody can ask for."""
        factors = [factor for terms in self.terms.values() for term in terms for factor in term.factors]
        return [*self.lowered.variables.values(), *self.linear.sends.values(), *factors, *self.adjoints.values()]

    @cached_property
    def _needed(self) -> set[Node]:
        return needed_for(self._asked)

    def _schedule(self, core: Core) -> Schedule:
        """The schedule of a core, which keeps the rows that others read."""
        own = set(core.nodes)
        links = {**self.forward_links, **self.backward_links}
        others = self._needed - own
        read = [source for node in others for source in node.sources]
        read += [links[node].source for node in others if node in links]
        return schedule(core, frozenset(own.intersection(wholes([*self._asked, *read]))))


class BlockRows:
    """A block with numbers. All rows are in walking order, (S, *batch, ·)."""

    def __init__(
        self, plan: BlockPlan, rows: Rows, inputs: Mapping[str, Array], times: Array, initial: Mapping[str, Array]
    ) -> None:
        """``rows`` are new ones; ``inputs`` (S, *batch, D), ``times`` (S, *batch, 1), ``initial`` (K, *batch, H)."""
        self.plan, self.rows = plan, rows
        for name, leaf in plan.layout.inputs.items():
            rows.give(leaf, inputs[name])
        if plan.layout.time is not None:
            rows.give(plan.layout.time, times)
        rows.link(plan.forward_links, initial, {})
        self._kept: list[Kept] = []
        self._run(plan.forward, 1)

    def _run(self, schedule: Schedule, step: int) -> None:
        """A schedule's recursion; ``step`` is -1 where it goes down."""
        if schedule.groups and self.rows.steps:
            recursion = self.plan.recursions.fitting(schedule, self.rows, step)
            self._kept.append(recursion.run(self.rows))
        self.rows.forget()

    def walk_back(self, arriving: Mapping[str, Array], cut: Cut) -> None:
        """Send back what arrives at variables, name -> (S, *batch, H).

        ``cut``: by delay, the steps (S,) at which nothing comes from the steps so much later.
        """
        rows = self.rows
        for name, leaf in self.plan.inboxes.items():
            nothing = np.zeros((rows.steps, *rows.batch, leaf.width), rows.dtype)
            rows.give(leaf, arriving.get(name, nothing))
        rows.link(self.plan.backward_links, {}, cut)
        self._run(self.plan.backward, -1)

    def is_finite(self) -> bool:
        """Whether all that the recursions computed is finite."""
        return all(kept.are_finite() for kept in self._kept)

    def values(self, name: str) -> Array:
        """A variable."""
        return self.rows.full(self.plan.lowered.variables[name])

    def adjoints(self, name: str) -> Array | None:
        """dL/d(variable); None where no gradient can reach."""
        node = self.plan.adjoints.get(name)
        return None if node is None else self.rows.full(node)

    def sends(self, kind: str, name: str, delay: int = 0) -> Array | None:
        """What each step sends to an input, or to a variable ``delay`` steps earlier; None where nothing is sent."""
        node = self.plan.linear.sends.get((kind, name, delay))
        return None if node is None else self.rows.full(node)

    def initial_adjoints(self, name: str, reach: Mapping[int, NDArray[np.bool_]]) -> Array:
        """dL/d(initial values) of a variable, (K, *batch, H), the earliest first.

        ``reach``: by delay, the steps (S,) from which the gradient goes so far.
        """
        rows, width = self.rows, self.plan.lowered.variables[name].width
        delays = self.plan.block.cell.definition.delays[name]
        found = np.zeros((max(delays), *rows.batch, width), rows.dtype)
        for delay in delays:
            sends = self.sends(VARIABLE, name, delay)
            if sends is not None:
                for step in np.flatnonzero(reach[delay][:delay]):
                    found[len(found) + step - delay] += sends[step]
        return found

    def gradients(self) -> dict[str, Array]:
        """dL/d(parameter) for what can be trained, by name."""
        shapes = self.plan.block.cell.parameter_shapes
        wanted = {name: shapes[name] for name in self.plan.block.cell.trainable}
        return parameter_gradients(self.rows, self.plan.terms, wanted)
