"""The edges over which gradients arrive at a variable: one for every place of an equation that reads it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from core.block import HEAD, Block
from core.language import Contribution
from core.network import Network
from core.operators import Expression
from core.operators.expression import INPUT, VARIABLE, leaves
from core.run import Run
from core.stages import time_read


class Arriving(msgspec.Struct, frozen=True, eq=False):
    """One term of a variable's adjoint: what ``reader`` of ``block`` sends, ``delay`` steps later."""

    block: Block
    contribution: Contribution

    @property
    def delay(self) -> int:
        """How many steps later the reader stands."""
        return self.contribution.target.delay

    @property
    def reader(self) -> str:
        """Path of the equation that reads."""
        return f"{self.block.name}/{self.contribution.reader}"


def arriving_terms(network: Network) -> dict[str, tuple[Arriving, ...]]:
    """For each variable, by path: the terms of its adjoint, later steps last."""
    found: dict[str, list[Arriving]] = {}
    for block in reversed(network.blocks):
        for backward in block.cell.backward:
            if backward.equation.name in block.path:
                for contribution in backward.contributions:
                    path = _path(network, block, contribution.target)
                    found.setdefault(path, []).append(Arriving(block, contribution))
    return {path: tuple(sorted(terms, key=lambda term: term.delay)) for path, terms in found.items()}


def _path(network: Network, block: Block, target: Expression) -> str:
    return network.read_by(block.name, target.name) if target.operator == INPUT else f"{block.name}/{target.name}"


def reader_time(run: Run, term: Arriving, t: int) -> int:
    """The time step at which a term's reader reads what was computed at ``t``."""
    if term.contribution.target.operator != INPUT:
        return t + term.block.direction * term.delay
    path = run.network.read_by(term.block.name, term.contribution.target.name)
    return time_read(run.network.block(path.split("/")[0]), t, run.problem.steps) if "/" in path else t


def takes_part(run: Run, term: Arriving, t: int, sample: int) -> bool:
    """Whether a term of the adjoint at ``t`` exists: its reader lies inside the sequence, on a step that sends."""
    problem, reader_t = run.problem, reader_time(run, term, t)
    if not 0 <= reader_t < problem.length(sample):
        return False
    if term.block.name == HEAD and not problem.loss_steps[reader_t]:
        return False
    step = problem.steps - 1 - reader_t if term.block.reverse else reader_t
    return not (term.delay and problem.cuts(step, term.delay))


def edge_label(run: Run, term: Arriving, path: str, t: int) -> str:
    """A term in words: "from t = 7 through c (forget gate)", "this step's loss"."""
    reader_t = reader_time(run, term, t)
    where = f"from t = {reader_t + 1} " if reader_t != t else ""
    if term.block.name == HEAD:
        return f"{where}through the loss" if where else "this step's loss"
    name = term.contribution.reader
    if not path.startswith(f"{term.block.name}/"):
        name += f" of {run.network.title_of(term.block.name)}"
    gate = through_gate(term)
    return f"{where}through {name}" + (f" ({gate})" if gate else "")


def through_gate(term: Arriving) -> str:
    """The role of the gate that the term is multiplied by or goes into; "" for none."""
    roles: Mapping[str, str] = term.block.cell.definition.roles
    own = roles.get(term.contribution.reader, "")
    if "gate" in own:
        return own
    read = [leaf.name for leaf in leaves(term.contribution.expression) if leaf.operator == VARIABLE and not leaf.delay]
    gates = [roles[name] for name in read if "gate" in roles.get(name, "")]
    return gates[0] if gates else own
