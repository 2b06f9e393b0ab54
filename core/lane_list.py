"""The lanes of a session, as tuples that are replaced: one more, one less, another name, another lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from core.branch import Branch
from core.errors import DataError, SessionError
from core.frame import Cursor, Position, Sentence
from core.lanes import Companion, LaneKind, short_name

MOST = 3  # lanes beside the lead
LONGEST_NAME = 80  # characters


def with_lane(lanes: tuple[Companion, ...], lane: Companion, branch: Branch, iteration: int) -> tuple[Companion, ...]:
    """The lanes and one more beside an iteration of the lead. Raises SessionError, DataError, ShapeError."""
    lead = branch.owner(iteration)
    if len(lanes) >= MOST:
        raise SessionError(f"there are {MOST} lanes beside the lead, which is the most. Remove one of them first")
    refusal = lane.refusal(lead.setup.sequence)
    if refusal is not None:
        raise DataError(f"{lane.name} cannot stand beside the lead. {refusal}")
    lane.root.setup.problem(lane.root.iterations[0].parameters)  # what does not fit is refused here
    taken = {lead.setup.network.summary, *(other.name for other in lanes)}
    return (*lanes, replace(lane, name=_free_name(_checked_name(lane.name), taken)))


def without_lane(lanes: tuple[Companion, ...], name: str) -> tuple[Companion, ...]:
    """The lanes but one. Raises SessionError for a name that none has."""
    gone = lane_named(lanes, name)
    return tuple(lane for lane in lanes if lane is not gone)


def renamed(lanes: tuple[Companion, ...], name: str, new: str) -> tuple[Companion, ...]:
    """The lanes with another name for one. Raises SessionError for names that are not there, taken, or empty."""
    found, new = lane_named(lanes, name), _checked_name(new)
    if any(lane.name == new for lane in lanes if lane is not found):
        raise SessionError(f"there is a lane {new} already; choose another name")
    return tuple(replace(lane, name=new) if lane is found else lane for lane in lanes)


def work(lanes: Iterable[Companion], branch: Branch, cursor: Cursor) -> Iterator[None]:
    """Computes what all lanes show beside a cursor of the lead's, a time step at a time."""
    for lane in lanes:
        yield from lane.work(branch.owner(cursor.iteration), cursor)


def led_by(
    lanes: tuple[Companion, ...], name: str, lead: Branch, position: Position
) -> tuple[Branch, Position, tuple[Companion, ...]]:
    """The branch of a lane, a position in it, and the lanes with the lead in its place.

    Raises SessionError where there is no such lane, or it has nothing beside the lead.
    """
    lane, iteration = lane_named(lanes, name), position.cursor.iteration
    owner = lead.owner(iteration)
    shown = lane.run(owner, iteration)
    if isinstance(shown, Sentence):
        raise SessionError(f"{name} cannot be the lead here. {shown}")
    former = Companion(
        _free_name(short_name(owner.setup.network.summary), {other.name for other in lanes}), LaneKind.NETWORK, lead
    )
    others = tuple(former if other is lane else other for other in lanes)
    place = replace(position.cursor, iteration=lane.number(iteration))
    return lane.branch(owner), replace(position, cursor=place), others


def lane_named(lanes: Iterable[Companion], name: str) -> Companion:
    """The lane of this name. Raises SessionError."""
    known = list(lanes)
    for lane in known:
        if lane.name == name:
            return lane
    names = ", ".join(lane.name for lane in known)
    raise SessionError(f"there is no lane {name} beside the lead; there {f'are: {names}' if names else 'is none'}")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise SessionError(f"a lane's name has 1 to {LONGEST_NAME} characters; got {len(name)}")
    return name


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    found = name
    while found in taken:
        found, number = f"{name} ({number})", number + 1
    return found
