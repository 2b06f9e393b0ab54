"""What of a block must be computed step by step, and what can be computed for all steps at once.

A *link* is a node that reads another one's value at an earlier walked step: ``h[-1]`` forward, and backward what a
later step sent. A node that needs no link, or only links to such nodes, is *free*: all its rows can be computed at
once. Of the rest, only what the links themselves need, the *core*, must go step by step; everything else follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

import msgspec

from core.plan.nodes import LEAF, Lowered, Node, needed_for


class Link(msgspec.Struct, frozen=True, eq=False):
    """What a leaf reads: ``source`` at the time step t + ``shift``; ``name`` is the variable it belongs to."""

    source: Node
    shift: int
    name: str


Links = Mapping[Node, Link]


@dataclass(frozen=True, eq=False)
class Core:
    """The nodes that must be computed step by step, in an order that can be computed, and the links they read.

    ``read`` are all links to them, also those that only later nodes read.
    """

    nodes: tuple[Node, ...]
    links: Links
    read: Links

    @cached_property
    def own(self) -> frozenset[Node]:
        """The nodes as a set."""
        return frozenset(self.nodes)

    def behind(self, node: Node) -> Node:
        """What stands in memory for a node: what a view looks at and a link reads."""
        whole = node.whole
        return self.links[whole].source.whole if whole in self.links else whole


def core_of(links: Links) -> Core:
    """The core of a block's forward or backward pass."""
    order = in_order([*links, *(link.source for link in links.values())])
    free = _free(order, links)
    used = {leaf: link for leaf, link in links.items() if leaf not in free}
    while True:
        needed = needed_for(link.source for link in used.values()) - free
        found = {leaf: link for leaf, link in used.items() if leaf in needed}
        if len(found) == len(used):
            nodes = tuple(node for node in order if node in needed and node.kind != LEAF)
            return Core(nodes, used, {leaf: link for leaf, link in links.items() if link.source in needed})
        used = found


def in_order(roots: Iterable[Node], sources_of: Callable[[Node], Iterable[Node]] = attrgetter("sources")) -> list[Node]:
    """The roots and everything they read, each behind what it reads."""
    found: dict[Node, None] = {}
    waiting = [(root, iter(sources_of(root))) for root in roots][::-1]
    while waiting:
        node, sources = waiting[-1]
        source = next((source for source in sources if source not in found), None)
        if source is not None:
            waiting.append((source, iter(sources_of(source))))
            continue
        waiting.pop()
        found[node] = None
    return list(found)


def _free(order: list[Node], links: Links) -> set[Node]:
    """The nodes whose rows need no recursion."""
    free: set[Node] = set()
    grown = True
    while grown:
        before = len(free)
        for node in order:
            read = (links[node].source,) if node in links else node.sources
            if all(source in free for source in read):
                free.add(node)
        grown = len(free) > before
    return free


def forward_links(lowered: Lowered, leaves: Mapping[tuple[str, int], Node]) -> dict[Node, Link]:
    """What each delayed value reads."""
    return {leaf: Link(lowered.variables[name], -delay, name) for (name, delay), leaf in leaves.items()}
