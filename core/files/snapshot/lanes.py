"""Lanes beside the lead as records, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.branch import Branch
from core.errors import DataError
from core.files.snapshot.parts import at
from core.files.snapshot.records import LaneRecord
from core.lane_list import LONGEST_NAME, MOST
from core.lanes import Companion
from core.session import Session
from core.undo import Undoable

_LARGEST_ITERATION = 1_000_000_000


@dataclass(frozen=True, eq=False)
class LaneCapture:
    """A lane as it stood; ``mirrors`` are pairs of a branch of the lead's and the lane's beside it."""

    lane: Companion
    mirrors: tuple[tuple[Branch, Branch], ...]


def captured_lanes(session: Session, known: Iterable[Branch]) -> tuple[LaneCapture, ...]:
    """All lanes that the session shows or that undo and redo bring back, with what lies beside ``known`` branches."""
    places = set(map(id, known))
    lanes = {id(lane): lane for lane in session.lanes}
    for entry in (*session.done, *session.undone):
        lanes |= {id(lane): lane for lane in entry.lanes}
    return tuple(
        LaneCapture(lane, tuple((lead, own) for lead, own in lane.mirrors.items() if id(lead) in places))
        for lane in lanes.values()
    )


def lane_record(captured: LaneCapture, places: Mapping[int, int]) -> LaneRecord:
    """A lane; ``places`` says where branches stand, by identity."""
    lane = captured.lane
    pairs = [(places[id(lead)], places[id(own)]) for lead, own in captured.mirrors]
    return LaneRecord(lane.name, lane.kind, places[id(lane.root)], lane.stands_at, pairs)


def lane_of(record: LaneRecord, branches: list[Branch]) -> Companion:
    """The lane, with all that belongs to it checked. Raises DataError, ShapeError."""
    root = at(branches, record.root, "branch")
    if not 0 < len(record.name) <= LONGEST_NAME:
        raise DataError(f"a lane has a name of {len(record.name)} characters")
    if record.stands_at is not None and not 0 <= record.stands_at <= _LARGEST_ITERATION:
        raise DataError(f"lane {record.name} stands at iteration {record.stands_at}")
    if record.stands_at is not None and root.first:
        raise DataError(f"lane {record.name} stands still, but its walk begins at iteration {root.first}")
    lane = Companion(record.name, record.kind, root, record.stands_at)
    for lead, own in record.mirrors:
        _keep(lane, at(branches, lead, "branch"), at(branches, own, "branch"))
    root.setup.problem(root.iterations[0].parameters)
    return lane


def _keep(lane: Companion, lead: Branch, own: Branch) -> None:
    reads_it = lane.refusal(lead.setup.sequence) is None
    if own.setup.network is not lane.network or (reads_it and own.setup.sequence is not lead.setup.sequence):
        raise DataError(f"lane {lane.name} has a walk of another network or of other data beside the lead's")
    lane.mirrors[lead] = own


def lanes_at(companions: list[Companion], numbers: Iterable[int]) -> tuple[Companion, ...]:
    """The lanes of one state. Raises DataError."""
    found = tuple(at(companions, number, "lane") for number in numbers)
    if len(found) > MOST or len({lane.name for lane in found}) < len(found):
        raise DataError(f"there are {len(found)} lanes beside the lead, or two of one name; {MOST} is the most")
    return found


def compute_shown(session: Session) -> None:
    """What the lanes show at the cursor, so that what cannot be computed is refused with the file."""
    iteration = session.cursor.iteration
    for lane in session.lanes:
        lane.run(session.branch.owner(iteration), iteration)


def lane_numbers(state: Undoable | Session, companions: Iterable[LaneCapture]) -> list[int]:
    """Where the lanes of a state stand among all."""
    places = {id(captured.lane): number for number, captured in enumerate(companions)}
    return [places[id(lane)] for lane in state.lanes]
