"""The core of a pass as few wide operations: what is done alike stands side by side and is done at once.

Nodes of one kind at one level become a group. A group's members stand side by side, in the order in which their first
reader wants them; the sources of a matrix product stand side by side too, across groups where needed. Such a stretch of
groups is a *run* and has an array of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import msgspec

from core.bulk.graph import Core
from core.operators import OPERATORS
from core.operators.expression import NUMBER
from core.operators.shapes import is_elementwise
from core.plan.nodes import AFFINE, LEAF, VIEW, Node


class Kind(StrEnum):
    """How the members of a group are computed."""

    STACK = "stack"  # matrix products of the same sources, as one
    SCALED = "scaled"  # one base times one known factor each
    SAME = "same"  # the same operator, element by element
    ALONE = "alone"


@dataclass(eq=False)
class Group:
    """Nodes that are computed together."""

    kind: Kind
    level: int
    members: list[Node]

    @property
    def width(self) -> int:
        """Length of all members behind each other."""
        return sum(node.width for node in self.members)


class Place(msgspec.Struct, frozen=True, eq=False):
    """Where a node stands: columns of a run's array."""

    run: int
    start: int


@dataclass(eq=False)
class Schedule:
    """The groups of a core in the order of computing, and where everything stands.

    ``kept``: whose rows something else needs. ``turned`` products are computed with the opposite sign, because their
    only reader is a function with a kernel for that.
    """

    core: Core
    kept: frozenset[Node]
    groups: list[Group] = field(default_factory=list)
    runs: list[list[Group]] = field(default_factory=list)
    places: dict[Node, Place] = field(default_factory=dict)
    turned: frozenset[Node] = frozenset()

    def width(self, run: int) -> int:
        """Columns of a run's array."""
        return sum(group.width for group in self.runs[run])

    def is_kept(self, run: int) -> bool:
        """Whether the rows of all steps are needed."""
        return run in self._kept_runs

    @cached_property
    def _kept_runs(self) -> frozenset[int]:
        asked = self.kept | {link.source for link in self.core.read.values()}
        return frozenset(place.run for node, place in self.places.items() if node in asked)

    def is_core(self, node: Node) -> bool:
        """Whether a node's value comes from the recursion itself."""
        return node in self.core.links or self.core.behind(node) in self.places


def schedule(core: Core, kept: frozenset[Node]) -> Schedule:
    """The schedule of a core."""
    made = Schedule(core, kept)
    made.turned = _turned(core, kept)
    made.groups = _groups(made)
    made.runs = _runs(made)
    for number, run in enumerate(made.runs):
        start = 0
        for group in run:
            for node in group.members:
                made.places[node] = Place(number, start)
                start += node.width
    return made


def core_sources(core: Core, node: Node) -> tuple[Node, ...]:
    """The sources of a node that the recursion computes, each once."""
    return tuple(dict.fromkeys(source for source in node.sources if _is_core(core, source)))


def _is_core(core: Core, node: Node) -> bool:
    return node.whole in core.links or node.whole in core.own


def _turned(core: Core, kept: frozenset[Node]) -> frozenset[Node]:
    readers: dict[Node, list[Node]] = {}
    for node in core.nodes:
        for source in node.sources:
            readers.setdefault(source, []).append(node)
    return frozenset(
        node
        for node in core.nodes
        if node.kind == AFFINE
        and node not in kept
        and not any(link.source is node for link in core.read.values())
        and readers.get(node)
        and all(_has_kernel_of_negative(reader) for reader in readers[node])
    )


def _has_kernel_of_negative(node: Node) -> bool:
    operator = OPERATORS.get(str(node.key[0]))
    return operator is not None and operator.kernel_of_negative is not None


def _groups(made: Schedule) -> list[Group]:
    """The nodes that can be computed together, in an order that can be computed."""
    levels: dict[Node, int] = {}
    found: dict[object, Group] = {}
    for node in made.core.nodes:
        inner = [levels[source.whole] for source in node.sources if source.whole in levels]
        levels[node] = max(inner, default=-1) + (node.kind != VIEW)
        if node.kind != VIEW:
            kind, likeness = _kind(made, node)
            found.setdefault((levels[node], kind, likeness), Group(kind, levels[node], [])).members.append(node)
    return sorted(found.values(), key=lambda group: group.level)


def _kind(made: Schedule, node: Node) -> tuple[Kind, object]:
    """How a node is computed, and what all nodes that are computed with it have in common."""
    core = made.core
    if node.kind == AFFINE:
        return Kind.STACK, frozenset(core_sources(core, node))
    name = str(node.key[0])
    if OPERATORS[name].kernel is None or any(n.rank > 1 for n in (node, *node.args)) or not is_elementwise(name):
        return Kind.ALONE, node
    if name == "mul" and scaled_base(core, node) is not None:
        return Kind.SCALED, scaled_base(core, node)
    if all(is_number(arg) or arg.width == node.width for arg in node.args):
        attributes = tuple(part for part in node.key[1:] if isinstance(part, float))
        return Kind.SAME, (name, attributes, node.args[0] in made.turned)
    return Kind.ALONE, node


def scaled_base(core: Core, node: Node) -> Node | None:
    """What a product scales by something known before; None where it is none such."""
    inner = [arg for arg in node.args if _is_core(core, arg)]
    if len(inner) != 1 or any(arg.width != node.width and not is_number(arg) for arg in node.args):
        return None
    return inner[0]


def is_number(node: Node) -> bool:
    """Whether this is a literal."""
    return node.kind == LEAF and node.key[0] == NUMBER


def _runs(made: Schedule) -> list[list[Group]]:
    """All groups in runs, their members in order. A group may be split so that a product's sources are together."""
    wanted: dict[Group, set[Node]] = {}
    runs: list[list[Group]] = []
    for stack in [group for group in made.groups if group.kind == Kind.STACK]:
        sources = {made.core.behind(source) for source in core_sources(made.core, stack.members[0])}
        run = [group for group in made.groups if sources.intersection(group.members)]
        if not any(group in wanted for group in run):
            run = _without_strangers(made, run, sources)
            runs.append(run)
            wanted.update(dict.fromkeys(run, sources))
    runs += [[group] for group in made.groups if group not in wanted]
    _sort_members(made, runs, wanted)
    return runs


def _without_strangers(made: Schedule, run: list[Group], sources: set[Node]) -> list[Group]:
    """The run with nothing else between the sources: groups in the middle are split."""
    kept = run[:1]
    for group in run[1:-1]:
        strangers = [node for node in group.members if node not in sources]
        if strangers:
            group.members = [node for node in group.members if node in sources]
            made.groups.insert(made.groups.index(group) + 1, Group(group.kind, group.level, strangers))
        kept.append(group)
    return kept + run[1:][-1:]


def _sort_members(made: Schedule, runs: list[list[Group]], wanted: dict[Group, set[Node]]) -> None:
    """Put members in the order of their first readers, the last groups first, and a product's sources together."""
    at_end = {run[0] for run in runs if len(run) > 1}  # the sources at the end of the group
    readers: dict[Node, tuple[int, int]] = {}  # group and place of the first reader
    for number in range(len(made.groups) - 1, -1, -1):
        group = made.groups[number]
        together, late = wanted.get(group, set()), group in at_end
        ranks = {n: ((n in together) is late, readers.get(n, (len(made.groups), 0))) for n in group.members}
        group.members.sort(key=ranks.__getitem__)
        for place, node in enumerate(group.members):
            for source in node.sources:
                readers[source.whole] = (number, place)
