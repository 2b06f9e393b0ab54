"""Where a lane beside the lead stands: what the lead has completed, found in another walk. Arithmetic, no arrays.

A time step of a phase is completed once all of the lead's blocks are through with it. Two walks with the same stages
are followed stage by stage; otherwise a phase counts as a whole, and what it has completed is what its last stage has.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from core.places import Phase
from core.segments import Progress, Segment
from core.timeline import Timeline

Key = tuple[Phase, int]


def followed(lead: Timeline, index: int, own: Timeline) -> int:
    """The index in ``own`` at which all is done that the lead has completed at ``index``, and nothing else.

    Earlier stages of a phase are walked whole for the first time step of its last one, as that reads them.
    """
    key = _keys(lead, own)
    passed = _passed(lead, index, key)
    reached = 0
    for name, numbers in _groups(own, key).items():
        count = passed.get(name, _nothing)(own.segments[numbers[-1]])
        first, last = numbers[0], numbers[-1]
        segment = own.segments[last]
        reached = own.offsets[last] + int(segment.starts[count]) if count else own.offsets[first]
        if count < segment.steps:
            break
    return reached


def waits(lead: Timeline, index: int, own: Timeline) -> bool:
    """Whether the lead walks stages of a phase that a walk of other stages cannot follow before the last one."""
    if _same_stages(lead, own):
        return False
    for numbers in _groups(lead, lambda segment, _: (segment.phase, 0)).values():
        progresses = [lead.progresses(index)[number] for number in numbers]
        if len(numbers) > 1 and progresses[0].touched and not progresses[-1].steps:
            return True
    return False


def _keys(lead: Timeline, own: Timeline) -> Callable[[Segment, int], Key]:
    if _same_stages(lead, own):
        return lambda segment, place: (segment.phase, place)
    return lambda segment, _: (segment.phase, 0)


def _same_stages(lead: Timeline, own: Timeline) -> bool:
    ways = [[s.falling for s in each.segments if s.phase is Phase.FORWARD] for each in (lead, own)]
    return ways[0] == ways[1]


def _groups(timeline: Timeline, key: Callable[[Segment, int], Key]) -> dict[Key, list[int]]:
    """The numbers of the segments that are followed together, in walking order."""
    found: dict[Key, list[int]] = {}
    places: dict[Phase, int] = {}
    for number, segment in enumerate(timeline.segments):
        place = places[segment.phase] = places.get(segment.phase, -1) + 1
        found.setdefault(key(segment, place), []).append(number)
    return found


def _passed(lead: Timeline, index: int, key: Callable[[Segment, int], Key]) -> dict[Key, Callable[[Segment], int]]:
    """For every group of the lead's: how many steps of another segment it has completed."""
    done = lead.progresses(index)
    return {
        name: _counter(lead.segments[numbers[-1]], done[numbers[-1]]) for name, numbers in _groups(lead, key).items()
    }


def _counter(segment: Segment, done: Progress) -> Callable[[Segment], int]:
    def count(own: Segment) -> int:
        if done.steps >= segment.steps:
            return own.steps
        if not done.steps or not segment.times or not own.times:
            return 0
        here, way = segment.times[done.steps - 1], -1 if segment.falling else 1
        if own.falling is not segment.falling:  # what is completed lies at the other end of its walk
            return own.steps if way * own.times[0] <= way * here else 0
        return bisect_right(own.times, way * here, key=lambda t: way * t)

    return count


def _nothing(_: Segment) -> int:
    return 0
