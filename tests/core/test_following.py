"""What a lane beside the lead shows: what the lead has completed, whole time steps, in the walk of its own."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.following import followed, waits
from core.frame import Phase
from core.segments import Progress, Segment
from core.timeline import Timeline, timeline_of
from tests.core.network_cases import NETWORKS, layer, stack

LOSSES = (True, True, False, True, True)
CASES = {**NETWORKS, "lstm": lambda: stack(layer("lstm")), "two layers": lambda: stack(layer("gru"), layer("lstm"))}
PAIRS = [
    ("lstm", "two layers"),
    ("lstm", "bidirectional"),
    ("lstm", "reverse"),
    ("two layers", "lstm"),
    ("bidirectional", "lstm"),
    ("bidirectional", "mixed"),
    ("bidirectional", "tied"),
    ("tied", "bidirectional"),
    ("mixed", "bidirectional"),
    ("reverse", "lstm"),
    ("two of both", "up and down"),
    ("as it walks", "three back"),
]


def timeline(name: str, losses: tuple[bool, ...] = LOSSES) -> Timeline:
    return timeline_of(CASES[name](), len(LOSSES), losses)


def completed(walk: Timeline, index: int) -> set[tuple[Phase, int]]:
    """The time steps of every phase that all segments of the phase are through with."""
    found = {}
    for segment, done in zip(walk.segments, walk.progresses(index), strict=True):
        times = set(range(len(LOSSES))) if segment.times else {0}
        here = times if done.steps >= segment.steps else passed(segment, done)
        found[segment.phase] = found.get(segment.phase, times) & here
    return {(phase, t) for phase, times in found.items() for t in times}


def passed(segment: Segment, done: Progress) -> set[int]:
    """The time steps that a segment has come past, also those that it does not visit."""
    order = range(len(LOSSES) - 1, -1, -1) if segment.falling else range(len(LOSSES))
    last = segment.times[done.steps - 1] if done.steps and segment.times else None
    return set() if last is None else set(list(order)[: list(order).index(last) + 1])


def steps_of(walk: Timeline, index: int) -> list[tuple[Phase, int]]:
    """The whole time steps that are done in all segments of their phase, of those the walk visits last."""
    found = []
    for phase in walk.phases:
        number = max(n for n, segment in enumerate(walk.segments) if segment.phase is phase)
        done = walk.progresses(index)[number]
        found += [(phase, t) for t in (walk.segments[number].times or (0,))[: done.steps]]
    return found


@pytest.mark.parametrize(("lead", "own"), PAIRS)
def test_all_that_is_shown_is_completed_and_nothing_more_could_be(lead: str, own: str) -> None:
    walk, other = timeline(lead), timeline(own)
    ends = {end for offset, s in zip(other.offsets, other.segments, strict=False) for end in offset + s.starts}
    shown = {end: set(steps_of(other, end)) for end in sorted(ends)}
    alike = [s.falling for s in walk.segments] == [s.falling for s in other.segments]
    for index in range(walk.length + 1):
        found, known = followed(walk, index, other), completed(walk, index)
        assert found in ends  # whole time steps
        assert shown[found] <= known
        more = next((steps for end, steps in shown.items() if end > found and steps != shown[found]), None)
        if more is not None and (alike or not waits(walk, index, other)):
            assert not more <= known


@pytest.mark.parametrize(("lead", "own"), PAIRS)
def test_it_never_goes_back_while_the_lead_goes_on(lead: str, own: str) -> None:
    walk, other = timeline(lead), timeline(own)
    found = [followed(walk, index, other) for index in range(walk.length + 1)]
    assert all(before <= after for before, after in pairwise(found))
    assert (found[0], found[-1]) == (0, other.length)


@pytest.mark.parametrize("name", CASES)
def test_a_walk_of_the_same_stages_is_followed_stage_by_stage(name: str) -> None:
    walk = timeline(name)
    starts = [int(offset + start) for offset, s in zip(walk.offsets, walk.segments, strict=False) for start in s.starts]
    for index in range(walk.length + 1):
        assert followed(walk, index, walk) == max(start for start in starts if start <= index)
        assert not waits(walk, index, walk)


def test_a_walk_of_other_stages_waits_for_the_last_pass() -> None:
    both, plain = timeline("bidirectional"), timeline("lstm")
    last_pass = both.offsets[2]
    assert [followed(both, index, plain) for index in (1, last_pass)] == [0, 0]
    assert [waits(both, index, plain) for index in (0, 1, last_pass)] == [False, True, True]
    first = both.offsets[2] + int(both.segments[2].starts[1])
    assert followed(both, first, plain) == plain.segments[0].starts[1]
    assert not waits(both, first, plain)


def test_earlier_passes_are_whole_once_the_last_one_begins() -> None:
    both, plain = timeline("bidirectional"), timeline("lstm")
    index = int(plain.segments[0].starts[2])
    found = both.progresses(followed(plain, index, both))
    assert [done.steps for done in found[:3]] == [5, 5, 2]


def test_losses_at_other_steps_are_followed_by_time() -> None:
    lead, own = timeline("lstm", (False, True, False, False, True)), timeline("lstm", (True, True, True, False, True))
    loss = lead.starts_phase(Phase.LOSS)
    one = lead.segments[1].starts[1]
    found = own.progress(followed(lead, loss + int(one), own))
    assert found[Phase.LOSS].steps == 2  # up to t = 2 there are two


def test_a_lead_without_a_loss_leads_forward_only() -> None:
    silent, plain = timeline("lstm", (False,) * 5), timeline("lstm")
    assert followed(silent, silent.length, plain) == plain.starts_phase(Phase.LOSS)
    assert followed(plain, plain.length, silent) == silent.length
