"""A data-flow diagram laid out in layers from left to right: pure geometry without Qt.

After Sugiyama, Tagawa & Toda 1981: long edges are cut by stand-ins, layers are ordered by barycentres until no
sweep lowers the number of crossings, and heights come from a least-squares fit that keeps the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice, pairwise, permutations
from typing import Protocol

import msgspec

SWEEPS = 12
STARTS, EXIT_STARTS = 6, 4  # orders of the inputs, and of the exits for each, that are tried
STRAIGHT_WEIGHT = 8.0  # of a bit of a long edge: long edges ought to run straight
NODE_ROOM, STAND_IN_ROOM = 1.0, 0.55  # heights that a node and a passing edge take


class NodeLike(Protocol):
    """What is read of a node."""

    number: int
    kind: str  # "input", "parameter", "operation", "constant"
    label: str
    variable: str
    args: tuple[int, ...]
    layer: int


class DiagramLike(Protocol):
    """What is read of a diagram."""

    nodes: tuple[NodeLike, ...]


class Spot(msgspec.Struct, frozen=True):
    """A place in the layout: a node, a stand-in on a long edge, or an exit of a state at the right."""

    layer: int
    node: int = -1
    exit_of: int = -1  # number of the node that leaves the cell here


class Wire(msgspec.Struct, frozen=True):
    """An edge: from the node ``source`` to argument ``argument`` of ``target``; ``spots`` are its places in order."""

    source: int
    target: int  # -1: out of the cell
    argument: int
    spots: tuple[int, ...]


class DiagramLayout(msgspec.Struct, frozen=True, eq=False):
    """Every spot with its place; x counts layers, y counts rows from the top."""

    spots: tuple[Spot, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    wires: tuple[Wire, ...]
    layers: int
    height: float
    of_node: dict[int, int]  # spot by node number


def lay_out(diagram: DiagramLike) -> DiagramLayout:
    """The layout of a diagram; parameters are left out, they are named in the operations that use them."""
    nodes = {node.number: node for node in diagram.nodes if node.kind != "parameter"}
    layer_of = _compact_layers(nodes)
    spots, of_node = [], {}
    for node in nodes.values():
        of_node[node.number] = len(spots)
        spots.append(Spot(layer_of[node.number], node=node.number))
    wires = _wires(nodes, layer_of, spots, of_node)
    layers = _by_layer(spots)
    before, after = _neighbours(wires, len(spots))
    layers = _ordered(layers, before, after)
    y = _heights(layers, before, after, spots)
    lowest = min(y.values(), default=0.0)
    heights = tuple(y[n] - lowest for n in range(len(spots)))
    x = tuple(float(spot.layer) for spot in spots)
    return DiagramLayout(tuple(spots), x, heights, wires, len(layers), max(heights, default=0.0), of_node)


def _compact_layers(nodes: dict[int, NodeLike]) -> dict[int, int]:
    """Layers without empty ones; a constant stands just before what reads it."""
    readers: dict[int, list[int]] = {}
    for node in nodes.values():
        for arg in node.args:
            readers.setdefault(arg, []).append(node.layer)
    wanted = {
        number: max(0, min(readers[number]) - 1) if node.kind == "constant" and number in readers else node.layer
        for number, node in nodes.items()
    }
    rank = {layer: n for n, layer in enumerate(sorted(set(wanted.values())))}
    return {number: rank[layer] for number, layer in wanted.items()}


def state_nodes(nodes: Iterable[NodeLike]) -> list[int]:
    """Nodes that leave the cell: what nothing reads, and variables that come in again from an earlier step."""
    nodes = list(nodes)
    read = {arg for node in nodes for arg in node.args}
    incoming = {_stem(node.label) for node in nodes if node.kind == "input"}
    return [
        node.number
        for node in nodes
        if node.kind == "operation" and (node.number not in read or (node.variable and node.variable in incoming))
    ]


def _stem(label: str) -> str:
    """The name at the start of a label: "c" of "cₜ₋₁", "c′" and "c[-1]"."""
    found = re.match(r"[A-Za-z\u0370-\u03ff~\u0303]+", label)
    return found.group() if found else label


def _wires(
    nodes: dict[int, NodeLike], layer_of: dict[int, int], spots: list[Spot], of_node: dict[int, int]
) -> tuple[Wire, ...]:
    """Every edge with its stand-ins; bits of the same value share them where they run in parallel."""
    last = max(layer_of.values(), default=0) + 1
    wires = []
    shared: dict[tuple[int, int], int] = {}
    for node in nodes.values():
        for argument, source in enumerate(node.args):
            if source in nodes:
                path = _stand_ins(source, layer_of[source], layer_of[node.number], spots, shared)
                wires.append(Wire(source, node.number, argument, (of_node[source], *path, of_node[node.number])))
    for number in state_nodes(nodes.values()):
        path = _stand_ins(number, layer_of[number], last, spots, shared)
        spots.append(Spot(last, exit_of=number))
        wires.append(Wire(number, -1, 0, (of_node[number], *path, len(spots) - 1)))
    return tuple(wires)


def _stand_ins(source: int, start: int, end: int, spots: list[Spot], shared: dict[tuple[int, int], int]) -> list[int]:
    """Spots between two layers, one a layer."""
    path = []
    for layer in range(start + 1, end):
        if (source, layer) not in shared:
            shared[source, layer] = len(spots)
            spots.append(Spot(layer))
        path.append(shared[source, layer])
    return path


def _by_layer(spots: list[Spot]) -> list[list[int]]:
    layers: list[list[int]] = [[] for _ in range(max((spot.layer for spot in spots), default=-1) + 1)]
    for number, spot in enumerate(spots):
        layers[spot.layer].append(number)
    return layers


def _neighbours(wires: Iterable[Wire], count: int) -> tuple[list[list[int]], list[list[int]]]:
    """For every spot those it is joined to in the layer before, and in the layer after."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for left, right in {pair for wire in wires for pair in pairwise(wire.spots)}:
        after[left].append(right)
        before[right].append(left)
    return before, after


def _ordered(layers: list[list[int]], before: list[list[int]], after: list[list[int]]) -> list[list[int]]:
    """The order with the fewest crossings that barycentre sweeps find, from several orders of inputs and exits."""
    best, fewest = layers, -1
    for inputs in islice(permutations(layers[0] if layers else []), STARTS):
        found = _swept([list(inputs), *layers[1:]], before, after)
        for exits in islice(permutations(found[-1]), EXIT_STARTS):
            turned = _swept([*found[:-1], list(exits)], before, after, 1)
            count = crossings(turned, after)
            if fewest < 0 or count < fewest:
                best, fewest = turned, count
    return best


def _swept(layers: list[list[int]], before: list[list[int]], after: list[list[int]], first: int = 0) -> list[list[int]]:
    """The best order that sweeps from this one find; an odd ``first`` begins at the right."""
    layers = [list(layer) for layer in layers]
    best, fewest = [list(layer) for layer in layers], crossings(layers, after)
    for sweep in range(first, SWEEPS):
        forward = sweep % 2 == 0
        for n in range(1, len(layers)) if forward else range(len(layers) - 2, -1, -1):
            fixed = {spot: place for place, spot in enumerate(layers[n - 1 if forward else n + 1])}
            _sort_by_centre(layers[n], before if forward else after, fixed)
        found = crossings(layers, after)
        if found < fewest:
            best, fewest = [list(layer) for layer in layers], found
    return best


def _sort_by_centre(layer: list[int], joined: list[list[int]], fixed: dict[int, int]) -> None:
    places = {spot: place for place, spot in enumerate(layer)}

    def centre(spot: int) -> float:
        near = [fixed[other] for other in joined[spot] if other in fixed]
        return sum(near) / len(near) if near else float(places[spot])

    layer.sort(key=centre)


def crossings(layers: list[list[int]], after: list[list[int]]) -> int:
    """How many pairs of edges cross."""
    count = 0
    for left, right in pairwise(layers):
        place = {spot: n for n, spot in enumerate(right)}
        ends = [sorted(place[other] for other in after[spot]) for spot in left]
        for n, upper in enumerate(ends):
            for lower in ends[n + 1 :]:
                count += sum(a > b for a in upper for b in lower)
    return count


def _heights(
    layers: list[list[int]], before: list[list[int]], after: list[list[int]], spots: list[Spot]
) -> dict[int, float]:
    """Heights near those of the neighbours, in order and with room between."""
    rooms = [NODE_ROOM if spot.node >= 0 or spot.exit_of >= 0 else STAND_IN_ROOM for spot in spots]
    y = {spot: float(place) for layer in layers for place, spot in enumerate(layer)}
    for sweep in range(3 * SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted, weights = [], []
            for spot in layer:
                joined = [(other, _weight(spots, spot, other)) for other in (*before[spot], *after[spot])]
                total = sum(weight for _, weight in joined) or 1.0
                wanted.append(sum(y[other] * weight for other, weight in joined) / total if joined else y[spot])
                weights.append(total)
            gaps = [(rooms[a] + rooms[b]) / 2 for a, b in pairwise(layer)]
            y.update(zip(layer, separated(wanted, weights, gaps), strict=True))
    return y


def _weight(spots: list[Spot], one: int, other: int) -> float:
    passing = (spots[one].node < 0) + (spots[other].node < 0)
    return STRAIGHT_WEIGHT ** (passing / 2)


def separated(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """The positions nearest to ``wanted`` in weighted least squares that are at least ``gaps`` apart, in order.

    With the gaps taken off, this is isotonic regression; neighbours that violate the order are pooled.
    """
    shifts = [0.0]
    for gap in gaps:
        shifts.append(shifts[-1] + gap)
    pools: list[list[float]] = []  # mean, weight, how many
    for value, weight, shift in zip(wanted, weights, shifts, strict=False):
        pools.append([value - shift, weight, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, heavy, many = pools.pop()
            total = pools[-1][1] + heavy
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * heavy) / total, total, pools[-1][2] + many]
    flat = [mean for mean, _, many in pools for _ in range(int(many))]
    return [value + shift for value, shift in zip(flat, shifts, strict=False)]
