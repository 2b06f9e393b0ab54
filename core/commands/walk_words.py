"""What the commands say about the network and the steps of a walk."""

from __future__ import annotations

from core.block import JOIN
from core.network import Network
from core.problem import Problem
from core.tables import count


def network_in_words(network: Network) -> str:
    """Layers, their units and the readout: "LSTM (both directions) · GRU, 6 · 4 units, softmax readout"."""
    blocks = [block for block in network.layers if not block.name.endswith(JOIN)]
    units = {block.name.partition(".")[0]: block.cell.units for block in blocks}
    name = blocks[0].cell.definition.name if len(network.layers) == 1 else network.summary
    sizes = [*units.values()]
    words = count(sizes[0], "unit") if len(sizes) == 1 else f"{' · '.join(map(str, sizes))} units"
    return f"{name}, {words}, {network.head.cell.definition.name.lower()} readout"


def steps_in_words(problem: Problem) -> str:
    """Steps and sequences: "6 steps × 2 sequences", with the lengths where they differ."""
    words = f"{count(problem.steps, 'step')} × {count(problem.batch_size, 'sequence')}"
    if not problem.is_padded:
        return words
    lengths = [problem.length(sample) for sample in range(problem.batch_size)]
    few = ", ".join(map(str, lengths[:8])) + (" …" if len(lengths) > 8 else "")
    return f"{words} of {few} steps"
