"""The derivative of the regulariser by all parameters, for sequences of one length.

Exact: the backward pass is differentiated again. What Ω takes of the gradients at one state (the *tangents*) goes
forward in time, through the derivative of each backward equation; what all these equations read of forward values goes
back in time, through the backward equations themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluate import Evaluator
from core.operators.expression import ADJOINT, INPUT, PARAMETER, VARIABLE, Expression
from core.regulariser.equations import Derivatives, Key, key_of
from core.regulariser.flows import Flow
from core.regulariser.rows import BlockRows, Group, Where, summed
from core.regulariser.settings import Gradient
from core.stages import runs_against
from core.wiring import turned

Array = NDArray[Any]
Gradients = dict[str, Array]


def derivative(flow: Flow, gradient: Gradient, trainable: Collection[str]) -> Gradients:
    """dΩ/d(parameter), by path; parameters that Ω does not depend on are left out."""
    found = _Derivative(flow.group, trainable)
    sources = found.of_terms(flow, gradient)
    if gradient == "exact":
        found.tangents_forward(flow.rows.block.name, sources)
    if gradient != "immediate":
        found.back()
    return found.gradients


class _Derivative:
    """What is gathered: by parameter, and at forward values, from where it still has to go back."""

    def __init__(self, group: Group, trainable: Collection[str]) -> None:
        self.group, self.trainable = group, frozenset(trainable)
        self.gradients: Gradients = {}
        self.waiting: dict[str, dict[str, Array]] = {name: {} for name in group.blocks}  # block -> variable -> rows

    # The terms themselves.

    def of_terms(self, flow: Flow, gradient: Gradient) -> dict[str, Array]:
        """Gathers what Ω's terms read directly; the result is dΩ/d(what came to a variable from outside its step)."""
        rows, own, lead = flow.rows, dict(flow.own), slice(0, flow.group.steps)
        counts, ratio = flow.counts[..., None], flow.ratio[..., None]
        with np.errstate(all="ignore"):
            before, norm = flow.norm_before[..., None], flow.norm[..., None]
            by_sent = np.where(counts & (before != 0), 2 * (ratio - 1) / (before * norm), 0.0)
            by_state = np.where(counts, -2 * (ratio - 1) * ratio / (norm * norm), 0.0)
        equations, by_name = rows.equations, rows.equations.variable
        own |= {("flow", (VARIABLE, name, 0)): by_sent * sent for name, sent in flow.sent.items()}
        held = equations.forward_operations if gradient == "immediate" else frozenset()
        found = equations.pulled(((e, by_name("flow", name)) for name, e in flow.back.items()), held)
        values = rows.evaluator(lead, own)
        self._gather(rows, found, values, (PARAMETER,) if gradient == "immediate" else (VARIABLE, INPUT, PARAMETER))
        if gradient != "exact":
            return {}
        own |= {("source", (VARIABLE, name, 0)): self._at_state(flow, name, found, values, by_state)
                for name in flow.members}  # fmt: skip
        found = equations.pulled(((e, by_name("source", name)) for name, e in flow.arriving.items()), ())
        values = rows.evaluator(lead, own)
        self._gather(rows, found, values)
        inboxes = {name: by_name("inbox", name) for name in equations.inboxes}
        return {name: _whole(rows, name, values.value(found[leaf])) for name, leaf in inboxes.items() if leaf in found}

    @staticmethod
    def _at_state(flow: Flow, name: str, found: Derivatives, values: Evaluator, by_state: Array) -> Array:
        """dΩ/d(∇L at a member of the state)."""
        leaf = flow.rows.equations.variable("state", name)
        total = by_state * flow.own["state", (VARIABLE, name, 0)]
        return np.asarray((total + values.value(found[leaf]) if leaf in found else total) / flow.scale)

    # Forward in time: the derivative of the backward pass.

    def tangents_forward(self, block: str, sources: Mapping[str, Array]) -> None:
        """From dΩ/d(what came to variables of one block), by variable, through all blocks that gradients came from."""
        reached: dict[str, dict[str, Array]] = {}  # block -> variable -> rows of tangents
        for rows in self.group.blocks.values():
            entering = sources if rows.block.name == block else {}
            found = _Tangents(rows, entering, self._from_below(rows, reached))
            if found.alive:
                reached[rows.block.name] = found.walk()
                self._gather_again(rows, found)

    def _from_below(self, rows: BlockRows, reached: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
        """The tangents of what a block reads, by input."""
        found = {}
        for name, path in rows.block.reads.items():
            source, _, variable = path.partition("/")
            if variable in reached.get(source, {}):
                against = runs_against(self.group.network.block(source), rows.block)
                found[name] = turned(reached[source][variable], against)
        return found

    def _gather_again(self, rows: BlockRows, tangents: _Tangents) -> None:
        values = rows.evaluator(slice(0, self.group.steps), tangents.own)
        for derivatives in tangents.derivatives.values():
            self._gather(rows, derivatives, values)

    # What was gathered.

    def _gather(
        self,
        rows: BlockRows,
        found: Derivatives,
        values: Evaluator,
        kinds: tuple[str, ...] = (VARIABLE, INPUT, PARAMETER),
    ) -> None:
        for leaf, expression in found.items():
            if leaf.operator in kinds:
                self._add(rows, leaf, expression, values)

    def _add(self, rows: BlockRows, leaf: Expression, expression: Expression, values: Evaluator) -> None:
        kind, name, delay = key_of(leaf)
        if kind == PARAMETER:
            path = f"{rows.block.owner}/{name}"
            if path in self.trainable:
                total = summed(expression, values, self.group.lead).reshape(rows.parameters[name].shape)
                self.gradients[path] = self.gradients[path] + total if path in self.gradients else total
        elif kind == VARIABLE:
            found = _whole(rows, name, values.value(expression))
            if delay:
                kept = np.where(rows.is_lost(delay)[:, None, None], 0.0, found)
                found = np.zeros_like(found)
                found[: max(self.group.steps - delay, 0)] = kept[delay:]
            self._wait(rows.block.name, name, found)
        elif kind == INPUT and "/" in rows.block.reads[name]:
            source, variable = rows.block.reads[name].split("/")
            against = runs_against(self.group.network.block(source), rows.block)
            self._wait(source, variable, turned(values.value(expression), against))

    def _wait(self, block: str, name: str, found: Array) -> None:
        waiting = self.waiting[block]
        waiting[name] = waiting[name] + found if name in waiting else found

    # Back in time.

    def back(self) -> None:
        """What has gathered at forward values goes on to parameters, by an ordinary backward pass."""
        for rows in reversed(self.group.blocks.values()):
            entering = self.waiting[rows.block.name]
            if entering:
                own = _walk_back(rows, entering)
                values = rows.evaluator(slice(0, self.group.steps), own)
                for name, each in rows.equations.sends:
                    if ("adjoint", (VARIABLE, name, 0)) in own and each.target.operator in (PARAMETER, INPUT):
                        self._add(rows, each.target, each.expression, values)


def _whole(rows: BlockRows, name: str, value: Array) -> Array:
    """A value with all its axes, (n, G, H)."""
    return np.broadcast_to(value, (*rows.group.lead, rows.size(name)))


class _Tangents:
    """The tangents of one block: ``entering`` by variable, what comes to its inputs, and how they go on."""

    def __init__(self, rows: BlockRows, entering: Mapping[str, Array], inputs: Mapping[str, Array]) -> None:
        self.rows, self.entering = rows, entering
        keys = {key_of(each.target) for _, each in rows.equations.sends}
        self.own = rows.adjoints()
        self._passed = frozenset(name for _, (_, name, _) in self.own)  # the variables that a gradient came to
        self.own |= {("tangent", (INPUT, name, 0)): found for name, found in inputs.items()}
        names = self._names(set(inputs))
        self.alive = frozenset(key for key in keys if key[0] in (VARIABLE, INPUT) and
                               key[1] in (names if key[0] == VARIABLE else inputs))  # fmt: skip
        order = [e.name for e in rows.block.cell.definition.equations if e.name in names & self._passed]
        self.derivatives = {name: rows.equations.again(name, self.alive) for name in order}
        self.names = names

    def _names(self, inputs: set[str]) -> set[str]:
        """The variables that get a tangent."""
        names, grown = set(self.entering), True
        while grown:
            sends = self.rows.equations.sends
            found = {name for name, each in sends if name in self._passed and each.target.name in names | inputs}
            grown = not found <= names
            names |= found
        return names

    def walk(self) -> dict[str, Array]:
        """The tangents of what came to each variable from outside its step, in the order of the walk."""
        rows, lead = self.rows, self.rows.group.lead
        reached = {n: np.array(self.entering[n]) if n in self.entering else np.zeros((*lead, rows.size(n)), rows.dtype)
                   for n in self.names}  # fmt: skip
        for kind, name, delay in self.alive:
            if kind == VARIABLE:
                self.own["tangent", (kind, name, delay)] = np.zeros((*lead, rows.size(name)), rows.dtype)
        lost = {key[2]: rows.is_lost(key[2]) for key in self.alive if key[2]}
        for where in _steps(rows, bool(lost)):
            self._step(where, reached, lost)
        return reached

    def _step(self, where: Where, reached: Mapping[str, Array], lost: Mapping[int, NDArray[np.bool_]]) -> None:
        rows, own = self.rows, self.own
        values = rows.evaluator(where, own)
        for name, derivatives in self.derivatives.items():
            tangent = next((e for leaf, e in derivatives.items() if leaf.operator == ADJOINT), None)
            if tangent is not None:
                kept = rows.kept(name)
                value = values.value(tangent)
                value = value if kept is None else value * kept[where]
                reached[name][where] += value
                if ("tangent", (VARIABLE, name, 0)) in own:
                    own["tangent", (VARIABLE, name, 0)][where] = value
        if isinstance(where, int):
            for kind, name, delay in self.alive:
                if kind == VARIABLE and delay and where + delay < rows.steps and not lost[delay][where + delay]:
                    own["tangent", (kind, name, delay)][where + delay] = reached[name][where]


def _steps(rows: BlockRows, one_by_one: bool) -> list[Where]:
    """The steps of a walk, all at once where none waits for another."""
    return list(range(rows.steps)) if one_by_one else [slice(0, rows.steps)]


def _walk_back(rows: BlockRows, entering: Mapping[str, Array]) -> dict[tuple[str, Key], Array]:
    """An ordinary backward pass of one block from what enters at its variables: what enters each equation."""
    equations, lead = rows.equations, rows.group.lead
    sends = [(name, each) for name, each in equations.sends if each.target.operator == VARIABLE]
    names = _reached_back(set(entering), sends)
    waiting = {n: np.array(entering[n]) if n in entering else np.zeros((*lead, rows.size(n)), rows.dtype)
               for n in names}  # fmt: skip
    own = {("adjoint", (VARIABLE, name, 0)): waiting[name] for name in names}
    by_reader: dict[str, list[Any]] = {}
    for name, each in sends:
        if name in names:
            by_reader.setdefault(name, []).append(each)
    lost = {each.target.delay: rows.is_lost(each.target.delay) for _, each in sends if each.target.delay}
    for where in reversed(_steps(rows, bool(lost))):
        values = rows.evaluator(where, own)
        for backward in equations.backward:
            name = backward.equation.name
            kept = rows.kept(name)
            if kept is not None and name in waiting:
                waiting[name][where] *= kept[where]
            for each in by_reader.get(name, ()):
                delay = each.target.delay
                if not delay:
                    waiting[each.target.name][where] += values.value(each.expression)
                elif isinstance(where, int) and not lost[delay][where]:
                    waiting[each.target.name][where - delay] += values.value(each.expression)
    return own


def _reached_back(names: set[str], sends: list[tuple[str, Any]]) -> set[str]:
    grown = True
    while grown:
        found = {each.target.name for name, each in sends if name in names}
        grown = not found <= names
        names = names | found
    return names
