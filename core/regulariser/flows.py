"""The terms of the regulariser for sequences of one length, and what multiplies what in their derivative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.network import HEAD, LOSS
from core.operators.expression import INPUT, VARIABLE, Expression
from core.regulariser.equations import Key, key_of
from core.regulariser.fitting import members_of
from core.regulariser.rows import BlockRows, Group
from core.regulariser.settings import State
from core.stages import runs_against
from core.wiring import turned

Array = NDArray[Any]
OwnRows = dict[tuple[str, Key], Array]


class Flow(msgspec.Struct, frozen=True, eq=False):
    """The gradient at the state of one block, ∇L, and what one step back makes of it, in walking order.

    ``own`` has the rows "inbox" and "state" of the block's leaves; the state's are divided by ``scale`` (n, G, 1), as
    the ratio of the norms does not depend on it and a vanished gradient's square would be zero.
    """

    group: Group
    rows: BlockRows
    members: tuple[str, ...]
    arriving: Mapping[str, Expression]
    back: Mapping[str, Expression]
    own: OwnRows
    sent: Mapping[str, Array]  # ∇L ∂s_t/∂s_{t-1} / scale, by member
    scale: Array
    norm: Array  # (n, G) of ∇L / scale
    norm_before: Array  # (n, G) of ∇L ∂s_t/∂s_{t-1} / scale
    is_zero: NDArray[np.bool_]  # (n, G): ∇L is zero, so there is no ratio
    is_cut: NDArray[np.bool_]  # (n, G): truncated BPTT lets nothing through

    @property
    def counts(self) -> NDArray[np.bool_]:
        """(n, G): the steps with a term."""
        return ~(self.is_zero | self.is_cut)

    @property
    def ratio(self) -> Array:
        """(n, G): ‖∇L ∂s_t/∂s_{t-1}‖ / ‖∇L‖, 1 where there is no term."""
        return np.asarray(np.divide(self.norm_before, self.norm, out=np.ones_like(self.norm), where=self.counts))


def flow_of(group: Group, block: str, state: State) -> Flow:
    """The flow through one block. Raises SessionError for a block that has no such state."""
    rows = group.blocks[block]
    equations, everywhere = rows.equations, slice(0, group.steps)
    members = members_of(rows.block, state)
    arriving, back = equations.arriving(members), equations.one_step_back(members)
    own: OwnRows = {("inbox", (VARIABLE, name, 0)): _inbox(group, rows, name) for name in equations.inboxes}
    found = dict(zip(members, rows.evaluator(everywhere, own)(arriving.values()), strict=True))
    scale = np.max([np.abs(each).max(axis=-1, keepdims=True) for each in found.values()], axis=0)
    safe = np.where(scale > 0, scale, 1.0)
    own |= {("state", (VARIABLE, name, 0)): each / safe for name, each in found.items()}
    values = rows.evaluator(everywhere, own)
    sent = {name: np.broadcast_to(values.value(e), (*group.lead, rows.size(name))) for name, e in back.items()}
    states = [own["state", (VARIABLE, name, 0)] for name in members]
    cut = np.broadcast_to(rows.cut(1)[:, None], group.lead)
    zeros = np.asarray(scale[..., 0] == 0)
    return Flow(
        group, rows, members, arriving, back, own, sent, safe, _norm(states), _norm(list(sent.values())), zeros, cut
    )


def _norm(parts: list[Array]) -> Array:
    return np.asarray(np.sqrt(sum(((each * each).sum(axis=-1) for each in parts), np.zeros(1))))


def _inbox(group: Group, rows: BlockRows, name: str) -> Array:
    """What came to a variable from outside its step: from its own later steps, from its readers, from the loss."""
    total = np.zeros((*group.lead, rows.size(name)), rows.dtype)
    everywhere = slice(0, group.steps)
    if (rows.block.name, name) == (HEAD, LOSS):
        total += turned(group.of(group.run.problem.loss_weights), rows.block.reverse)[..., None]
    for reader in group.blocks.values():
        adjoints = reader.adjoints()
        values = reader.evaluator(everywhere, adjoints)
        for equation, each in reader.equations.sends:
            kind, read, delay = key_of(each.target)
            if ("adjoint", (VARIABLE, equation, 0)) not in adjoints:
                continue
            if kind == INPUT and reader.block.reads[read] == f"{rows.block.name}/{name}":
                total += turned(values.value(each.expression), runs_against(rows.block, reader.block))
            elif kind == VARIABLE and delay and reader is rows and read == name:
                sent = np.where(rows.is_lost(delay)[:, None, None], 0.0, values.value(each.expression))
                total[: max(group.steps - delay, 0)] += sent[delay:]
    return total
