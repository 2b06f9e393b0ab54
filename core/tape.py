"""What one block (a layer or the readout) computed over time: one row a step, forward and backward.

Rows are in walking order. ``K`` initial rows stand before step 0 (``K`` the largest delay of the cell). Arrays:
``kept`` (K + S, *batch, ·) forward, ``sent`` (S, *batch, ·) backward, ``inbox`` (K + S, *batch, ·) the gradient that
came from outside each step. ``batch`` is () for a single sequence, else (B,).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from core.operators.expression import INPUT, PARAMETER, VARIABLE
from core.padding import Padding, Rows, Samples
from core.plan import Plan
from core.plan.nodes import VIEW, GradientTerm, Node

Array = NDArray[np.floating]


class Tape:
    """The rows of one block and the two kernels' steps over them."""

    def __init__(
        self,
        plan: Plan,
        parameters: Mapping[str, Array],
        inputs: Mapping[str, Array],
        initial: Mapping[str, Array],
        steps: int,
        batch: tuple[int, ...],
        dtype: np.dtype,
        times: range | None = None,
        padding: Padding | None = None,
    ) -> None:
        """``inputs``: name -> (S, *batch, D), may be filled later; ``initial``: name -> (K, *batch, H).

        Rows are in walking order; ``times`` are the time steps of the walk, by default 0, 1, …; ``padding`` says which
        of them are none.
        """
        self.plan, self.steps, self.batch, self.dtype = plan, steps, batch, dtype
        self.times, self.padding = range(steps) if times is None else times, padding
        self.inputs = inputs
        delays = plan.cell.definition.delays
        self.lead = max((max(found) for found in delays.values()), default=0)
        layout = plan.layout
        rows = self.lead + steps
        self.kept = np.zeros((rows, *batch, layout.kept.stop - layout.kept.start), dtype)
        self.inbox = np.zeros((rows, *batch, layout.inbox.stop - layout.inbox.start), dtype)
        self.sent = np.zeros((steps, *batch, layout.sent.stop - layout.sent.start), dtype)
        matrices = [term.delta for term in plan.gradients if term.delta.rank == 2]
        self._dense = {node: np.zeros((steps, *batch, *node.shape), dtype) for node in matrices}
        self._overwritten: dict[int, dict[str, dict[int, float]]] = {}  # step -> variable -> unit -> value
        self._bind(parameters)
        for name, values in initial.items():
            self._values[name][self.lead - len(values) : self.lead] = values

    def _bind(self, parameters: Mapping[str, Array]) -> None:
        plan = self.plan
        self.kernel = plan.bind(parameters, self.batch, self.dtype)
        lowered = plan.layout.lowered
        self._values = {n: self.kept[..., plan.kept_columns(node)] for n, node in lowered.variables.items()}
        self._adjoints = {n: self.sent[..., plan.sent_columns(node)] for n, node in lowered.adjoints.items()}
        self._inboxes = {name: self.inbox[..., plan.inbox_columns(name)] for name in plan.layout.inboxes}
        self._sends = {key: self.sent[..., plan.sent_columns(node)] for key, node in lowered.sends.items()}
        self._loads = [(slot, self.inputs[name]) for name, slot in self.kernel.inputs.items()]
        self._delays = [(slot, self._values[name], k) for (name, k), slot in self.kernel.delayed.items()]
        self._back = [(name, k, self._sends[kind, name, k]) for kind, name, k in self._sends if kind == VARIABLE]

    def overwrite(self, step: int, name: str, unit: int, value: float) -> None:
        """Let a unit of a variable have this value at a step, whatever its equation gives."""
        self._overwritten.setdefault(step, {}).setdefault(name, {})[unit] = value

    def overwritten(self, step: int, name: str) -> Mapping[int, float]:
        """The units of a variable that are overwritten at a step, with their values."""
        return self._overwritten.get(step, {}).get(name, {})

    @property
    def nbytes(self) -> int:
        """Memory that the rows take."""
        return sum(rows.nbytes for rows in (self.kept, self.inbox, self.sent, *self._dense.values()))

    def initial_rows(self, name: str) -> slice:
        """Which rows hold the initial values of a variable: as many as its own largest delay."""
        return slice(self.lead - max(self.plan.cell.definition.delays.get(name, (0,))), self.lead)

    def values(self, name: str) -> Array:
        """A variable over the initial rows and all steps, (K + S, *batch, H)."""
        return self._values[name]

    def adjoints(self, name: str) -> Array | None:
        """dL/d(variable) at every step, (S, *batch, H); None for a variable that no gradient reaches."""
        return self._adjoints.get(name)

    def inbox_of(self, name: str) -> Array | None:
        """What came from outside each step, (K + S, *batch, H); rows before K are gradients of initial values."""
        return self._inboxes.get(name)

    def sends(self, kind: str, name: str, delay: int = 0) -> Array | None:
        """What each step sends to an input, or to a variable ``delay`` steps earlier, (S, *batch, ·)."""
        return self._sends.get((kind, name, delay))

    def _load(self, step: int) -> int:
        row = self.lead + step
        for slot, array in self._loads:
            slot[...] = array[step]
        for slot, values, delay in self._delays:
            slot[...] = values[row - delay]
        if self.padding is not None:
            self._load_beginnings(self.padding, step)
        if self.kernel.time is not None:
            self.kernel.time[...] = self.times[step]
        return row

    def _load_beginnings(self, padding: Padding, step: int) -> None:
        """Initial values for the sequences whose walk begins at this step or a little before."""
        for slot, values, delay in self._delays:
            if found := padding.beginning(step, delay):
                samples, rows = found
                slot[samples] = values[self.lead - rows, samples]

    def earlier(self, name: str, step: int, delay: int) -> Array:
        """A variable as a step reads it ``delay`` steps back (0: as it is), (*batch, H)."""
        row = self._values[name][self.lead + step - delay]
        found = self.padding.beginning(step, delay) if self.padding is not None else None
        if found is None:
            return row
        samples, rows = found
        row = np.array(row)
        row[samples] = self._values[name][self.lead - rows, samples]
        return row

    def forward(self, step: int) -> None:
        """Compute one step from the rows before it."""
        row = self._load(step)
        if step in self._overwritten:
            self.kernel.run_forward_overwritten(self._overwritten[step])
        else:
            self.kernel.run_forward()
        self.kept[row] = self.kernel.kept
        if self.padding is not None:
            self.padding.fill(self.kept, row, step)

    def backward(self, step: int, reach: int | None = None) -> None:
        """Send back one step's gradient, at most ``reach`` steps to the past (truncated BPTT); None: to all of it."""
        row = self._load(step)
        self.kernel.kept[...] = self.kept[row]
        self.kernel.inbox[...] = self.inbox[row]
        if step in self._overwritten:
            self.kernel.run_backward_overwritten(self._overwritten[step])
        else:
            self.kernel.run_backward()
        self.sent[step] = self.kernel.sent
        for node, rows in self._dense.items():
            rows[step] = self.kernel.matrix(node)
        if self.padding is not None:
            self._clear(self.padding, step)
        for name, delay, sends in self._back:
            if reach is None or delay <= reach:
                found = None if self.padding is None else self.padding.beginning(step, delay)
                if found is None:
                    self._inboxes[name][row - delay] += sends[step]
                else:
                    self._deliver(self._inboxes[name], sends[step], step - delay, *found)

    def _deliver(self, inbox: Array, sent: Array, step: int, samples: Samples, rows: Rows) -> None:
        """What is sent to a step enters the inbox there, or for some sequences that of their initial values."""
        inbox[self.lead - rows, samples] += sent[samples]
        others = np.array(sent)
        others[samples] = 0.0
        inbox[self.lead + step] += others

    def _clear(self, padding: Padding, step: int) -> None:
        """Padding sends nothing."""
        padding.clear(self.sent, step)
        for rows in self._dense.values():
            padding.clear(rows, step)

    def gradient(self, name: str, first: int, last: int) -> Array:
        """dL/d(parameter) from the steps first <= s < last: one product over the rows, formed only when asked for."""
        shape = self.plan.cell.parameter_shapes[name]
        total = np.zeros(shape, self.dtype)
        terms = [term for term in self.plan.gradients if term.parameter == name]
        with np.errstate(all="ignore"):  # infinities and NaN are results to show
            for term in terms if last > first else ():
                self._add_term(total, term, slice(first, last))
        return total

    def _add_term(self, total: Array, term: GradientTerm, steps: slice) -> None:
        delta = self.rows(term.delta, steps)
        if term.source is None:
            total += delta.reshape(-1, *term.delta.shape).sum(axis=0).reshape(total.shape)
            return
        source = self.rows(term.source, steps)
        product = delta.reshape(-1, delta.shape[-1]).T @ source.reshape(-1, source.shape[-1])
        columns = slice(None) if term.columns is None else slice(*term.columns)
        total[:, columns] += product

    def earlier_rows(self, name: str, steps: slice, delay: int) -> Array:
        """What some steps read of a variable ``delay`` steps back, (steps, *batch, H)."""
        offset = self.lead - delay
        rows = self._values[name][steps.start + offset : steps.stop + offset]
        if self.padding is None:
            return rows
        return np.stack([self.earlier(name, step, delay) for step in range(steps.start, steps.stop)])

    def rows(self, node: Node, steps: slice) -> Array:
        """What a run stores of a node over some steps, (steps, *batch, ·); a leaf as these steps read it."""
        if node.kind == VIEW:
            return self.rows(node.whole, steps)[..., node.offset : node.offset + node.width]
        if node.rank == 2:
            return self._dense[node][steps]
        match node.key:
            case (str(kind), str(name), int()) if kind == INPUT:
                return self.inputs[name][steps]
            case (str(kind), str(name), int(delay)) if kind == VARIABLE:
                return self.earlier_rows(name, steps, delay)
            case (str(kind), str(name)) if kind == PARAMETER:
                value = self.kernel.parameters[name]
                return np.broadcast_to(value, (steps.stop - steps.start, *self.batch, *value.shape))
        if self.plan.is_kept(node):
            return self.kept[steps.start + self.lead : steps.stop + self.lead, ..., self.plan.kept_columns(node)]
        return self.sent[steps, ..., self.plan.sent_columns(node)]
