"""Where every node of a plan lives: columns of one workspace row, and which affine maps are computed together.

The workspace is one row of numbers (behind the batch axes) cut into sections::

    loaded | kept | inbox | sent | scratch

*loaded* holds inputs and delayed values, *kept* what a run stores of the forward step (variables and what the backward
step needs), *inbox* the gradient that came from outside the step, *sent* what a run stores of the backward step
(adjoints, factors of weight gradients, what goes to earlier steps and to the input). Because *kept* and *sent* are each
one stretch, storing a step is one copy. Computed matrices live outside the workspace; the backward step computes again
those of the forward step that it reads, so that a run need not store them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec

from core.operators.expression import INBOX, INPUT, TIME, VARIABLE
from core.plan.nodes import AFFINE, LEAF, VIEW, Lowered, Node, needed_for, wholes


class Stack(msgspec.Struct, frozen=True, eq=False):
    """Affine nodes that read the same sources: one matrix product. Sources stand in workspace order."""

    members: tuple[Node, ...]
    sources: tuple[Node, ...]

    @property
    def width(self) -> int:
        """Length of the stacked result."""
        return sum(node.width for node in self.members)


def _nothing() -> slice:
    return slice(0, 0)


class Layout(msgspec.Struct, eq=False):
    """Columns of the workspace by node, the sections' bounds, and both programs in order."""

    lowered: Lowered
    columns: dict[Node, slice] = msgspec.field(default_factory=dict)
    stack_columns: dict[Stack, slice] = msgspec.field(default_factory=dict)  # where a stack writes
    loaded: slice = msgspec.field(default_factory=_nothing)
    kept: slice = msgspec.field(default_factory=_nothing)
    inbox: slice = msgspec.field(default_factory=_nothing)
    sent: slice = msgspec.field(default_factory=_nothing)
    width: int = 0
    matrices: list[Node] = msgspec.field(default_factory=list)  # computed matrices, outside the workspace
    forward: list[Node | Stack] = msgspec.field(default_factory=list)
    backward: list[Node | Stack] = msgspec.field(default_factory=list)
    inputs: dict[str, Node] = msgspec.field(default_factory=dict)
    delayed: dict[tuple[str, int], Node] = msgspec.field(default_factory=dict)
    inboxes: dict[str, Node] = msgspec.field(default_factory=dict)
    time: Node | None = None

    def place(self, nodes: Iterable[Node]) -> slice:
        """Give columns to nodes that have none yet, behind each other; the stretch that was added."""
        first = self.width
        for node in nodes:
            if node not in self.columns and not node.is_constant and node.rank < 2 and node.kind != VIEW:
                self.columns[node] = slice(self.width, self.width + node.width)
                self.width += node.width
        return slice(first, self.width)


def lay_out(lowered: Lowered) -> Layout:
    """The layout of a lowered cell."""
    layout = Layout(lowered)
    needed = needed_for([*lowered.variables.values(), *_stored(lowered)])
    forward = [node for node in lowered.forward if node in needed]
    backward = [node for node in lowered.backward if node in needed]
    backward = [*_matrices_behind(backward, forward), *backward]
    forward_stacks, backward_stacks = _stacks(forward), _stacks(backward)
    _sort_leaves(layout, needed)
    layout.loaded = layout.place(_loaded_order(layout, forward_stacks))
    layout.kept = layout.place([*lowered.variables.values(), *_kept(forward, backward, lowered)])
    layout.inbox = layout.place(layout.inboxes.values())
    layout.sent = layout.place(_sent_order(backward_stacks, lowered, set(forward)))
    layout.place(node for node in (*forward, *backward) if node.kind != AFFINE)
    layout.matrices = [node for node in dict.fromkeys((*forward, *backward)) if node.rank == 2]
    layout.forward = _order(layout, forward, forward_stacks)
    layout.backward = _order(layout, backward, backward_stacks)
    return layout


def _stored(lowered: Lowered) -> list[Node]:
    """What a run stores of the backward step."""
    return [*lowered.factors, *lowered.sends.values(), *lowered.adjoints.values()]


def _matrices_behind(backward: list[Node], forward: list[Node]) -> list[Node]:
    """The computed matrices of the forward step that the backward step reads, in forward order."""
    read = {source for node in backward for source in node.sources}
    found: set[Node] = set()
    for node in reversed(forward):
        if node.rank == 2 and node in read:
            found.add(node)
            read.update(node.sources)
    return [node for node in forward if node in found]


def _sort_leaves(layout: Layout, needed: set[Node]) -> None:
    for node in needed:
        if node.kind != LEAF:
            continue
        match node.key:
            case (str(kind), str(name), int(delay)) if kind == VARIABLE:
                layout.delayed[name, delay] = node
            case (str(kind), str(name), int()) if kind == INPUT:
                layout.inputs[name] = node
            case (str(kind), str(name)) if kind == INBOX:
                layout.inboxes[name] = node
            case (str(kind),) if kind == TIME:
                layout.time = node
    layout.inputs = dict(sorted(layout.inputs.items(), reverse=True))
    layout.delayed = dict(sorted(layout.delayed.items()))
    layout.inboxes = dict(sorted(layout.inboxes.items()))


def _loaded_order(layout: Layout, stacks: list[Stack]) -> list[Node]:
    """Inputs and delayed values, those that a product reads together first and side by side."""
    leaves = [*layout.inputs.values(), *layout.delayed.values(), *([layout.time] if layout.time else [])]
    widest = max(stacks, key=lambda stack: len(stack.sources), default=None)
    together = [leaf for leaf in leaves if widest and leaf in widest.sources]
    return [*together, *(leaf for leaf in leaves if leaf not in together)]


def _kept(forward: list[Node], backward: list[Node], lowered: Lowered) -> list[Node]:
    """Forward results that the backward step or a weight gradient reads, beyond the variables."""
    read = set(wholes([*lowered.factors, *(source for node in backward for source in node.sources)]))
    return [node for node in forward if node in read]


def _sent_order(stacks: list[Stack], lowered: Lowered, forward: set[Node]) -> list[Node]:
    """What a run stores of the backward step: sources of each product side by side, then the rest."""
    stored = _stored(lowered)
    together = [source for stack in stacks for source in stack.sources]
    together += [member for stack in stacks for member in stack.members if member in stored]
    nodes = dict.fromkeys(wholes([*together, *stored]))
    return [node for node in nodes if node not in forward and node.kind != LEAF]


def _stacks(nodes: list[Node]) -> list[Stack]:
    """Affine nodes grouped by what they read."""
    groups: dict[frozenset[Node], list[Node]] = {}
    for node in nodes:
        if node.kind == AFFINE:
            groups.setdefault(frozenset(node.sources), []).append(node)
    return [Stack(tuple(members), tuple(dict.fromkeys(members[0].sources))) for members in groups.values()]


def _order(layout: Layout, nodes: list[Node], stacks: list[Stack]) -> list[Node | Stack]:
    """The nodes in an order that can be computed, stacks in the place of their members; columns for stack results."""
    stack_of = {member: stack for stack in stacks for member in stack.members}
    waiting: list[Node | Stack] = list(dict.fromkeys(stack_of.get(node, node) for node in nodes))
    open_nodes = set(nodes)
    ordered: list[Node | Stack] = []
    while waiting:
        for item in waiting:
            if not any(source in open_nodes for source in item.sources):
                break
        else:
            raise AssertionError("the equations of a step depend on each other in a circle")
        waiting.remove(item)
        ordered.append(item)
        open_nodes.difference_update(item.members if isinstance(item, Stack) else (item,))
    for stack in stacks:
        layout.stack_columns[stack] = _stack_columns(layout, stack)
    return ordered


def _stack_columns(layout: Layout, stack: Stack) -> slice:
    """The stretch a stack writes: its members' own columns where they stand side by side, else scratch."""
    placed = [layout.columns[member] for member in stack.members if member in layout.columns]
    if not placed:
        return layout.place(stack.members)
    side_by_side = all(left.stop == right.start for left, right in pairwise(placed))
    if len(placed) == len(stack.members) and side_by_side:
        return slice(placed[0].start, placed[-1].stop)
    first = column = layout.width
    layout.width += stack.width
    for member in stack.members:
        layout.columns.setdefault(member, slice(column, column + member.width))
        column += member.width
    return slice(first, first + stack.width)
