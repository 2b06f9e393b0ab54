"""The lanes beside the lead: each shows what the lead has completed, as far as its own walk has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from core.following import followed, waits
from core.frame import Arrival, BlockFrame, Cursor, LaneFrame, Phase, Sentence, Track, View
from core.language.latex import name_latex
from core.network import Block, Network
from core.reveal.moment import Moment
from core.reveal.scales import scale_of, steady
from core.run import Run
from core.tables import count

if TYPE_CHECKING:
    from core.lanes import Companion
    from core.session import Session


def beside(session: Session, view: View, sample: int, lead: LaneFrame) -> tuple[LaneFrame, ...]:
    """The lead's lane and the others, all on one gradient scale. What others have completed is computed."""
    lanes = (lead, *(_frame(session, lane, view, sample, lead) for lane in session.lanes))
    lows, highs = zip(*(lane.gradient_limits for lane in lanes), strict=True)
    return tuple(replace(lane, gradient_limits=(min(lows), max(highs))) for lane in lanes)


def _frame(session: Session, lane: Companion, view: View, sample: int, lead: LaneFrame) -> LaneFrame:
    iteration = session.cursor.iteration
    owner = session.branch.owner(iteration)
    run = lane.run(owner, iteration)
    if isinstance(run, Sentence):
        return _empty(lane, view, lead, run)
    timeline, index = session.timeline, session.cursor.index
    cursor = Cursor(lane.number(iteration), followed(timeline, index, run.timeline))
    run.ensure(cursor.index)
    setup = lane.branch(owner).owner(cursor.iteration).setup
    moment = Moment(run, cursor, sample)
    frame = session.shown.lane(run, setup).frame(moment, view)
    note = _note(session, run)
    return replace(frame, name=lane.name, subtitle=_subtitle(lane), position=moment.position, note=note)


def _subtitle(lane: Companion) -> str:
    units = count(lane.network.last_layer.cell.units, "unit")
    return units if lane.stands_at is None else f"{units} · iteration {lane.stands_at + 1}"


def _note(session: Session, run: Run) -> Sentence | None:
    """Why a lane that can be walked does not show what the lead does."""
    if session.position.phase is not Phase.FORWARD and session.position.phase not in run.timeline.phases:
        return Sentence("This lane has no loss, so nothing comes back in it.")
    if waits(session.timeline, session.cursor.index, run.timeline):
        return Sentence("This lane waits: the lead has completed no time step in all of its passes yet.")
    return None


def _empty(lane: Companion, view: View, lead: LaneFrame, note: Sentence) -> LaneFrame:
    """The lane with nothing in it, under the columns of the lead's."""
    return LaneFrame(
        name=lane.name,
        subtitle=_subtitle(lane),
        length=lead.length,
        first=lead.first,
        last=lead.last,
        tokens=lead.tokens,
        targets=lead.targets,
        predictions=(None,) * (lead.last - lead.first),
        losses=np.full(lead.length, np.nan),
        blocks=_empty_blocks(lane.network, view, lead),
        gradient_limits=lead.gradient_limits,
        own_length=lead.own_length,
        note=note,
    )


def _empty_blocks(network: Network, view: View, lead: LaneFrame) -> tuple[BlockFrame, ...]:
    return tuple(_empty_block(block, view, lead) for block in network.blocks)


def _empty_block(block: Block, view: View, lead: LaneFrame) -> BlockFrame:
    collapsed = block.name in view.collapsed
    names = (block.output,) if collapsed else block.cell.definition.variables
    tracks = tuple(_empty_track(block, name, lead) for name in names)
    title = block.cell.definition.name
    return BlockFrame(block.name, title, block.cell.units, block.direction, tracks, (), collapsed)


def _empty_track(block: Block, name: str, lead: LaneFrame) -> Track:
    columns = lead.last - lead.first
    rows = np.zeros((columns, block.cell.variable_sizes[name]))
    return Track(
        path=f"{block.name}/{name}",
        name=name,
        latex=name_latex(name),
        role=block.cell.definition.roles.get(name, ""),
        scale=scale_of(block, name),
        is_state=name in block.cell.definition.delays,
        values=rows,
        reached=np.zeros(columns, bool),
        adjoints=rows,
        arrived=np.full(columns, Arrival.NONE, np.int8),
        value_norms=np.full(lead.length, np.nan),
        adjoint_norms=np.full(lead.length, np.nan),
        limit=steady(0.0),
    )
