"""The timeline's arithmetic, against lists of all operations written out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, groupby

import pytest

from core.errors import SessionError
from core.frame import Cursor, Grain, Phase, Position
from core.language.derive import order_of_operations
from core.network import HEAD, LOSS, Block
from core.operators.expression import operations
from core.session import Session
from core.timeline import Timeline
from tests.core.walk_cases import CASES

Operation = tuple[Phase, int | None, str, str, int, int]
ENDS = {  # how many leading fields of an operation say which unit of the grain it lies in
    Grain.PASS: 1,
    Grain.TIME_STEP: 2,
    Grain.EQUATION: 4,
    Grain.OPERATION: 5,
}


def written_out(session: Session) -> list[Operation]:
    """Every operation of the first iteration: phase, t, block, equation, its number, and how many the equation has."""
    return [
        (phase, t, block, equation, number, count)
        for phase, t, block, equation, count in _equations(session)
        for number in range(count)
    ]


def _equations(session: Session) -> Iterator[tuple[Phase, int | None, str, str, int]]:
    network, mask = session.setup.network, session.setup.sequence.loss_mask.any(axis=1)
    with_loss = [t for t in range(len(mask)) if mask[t]] if network.loss else []
    for t in range(len(mask)):
        for block, name in _all_equations(session):
            if (block.name, name) != (HEAD, LOSS):
                yield Phase.FORWARD, t, block.name, name, _forward(block, name)
    for t in with_loss:
        yield Phase.LOSS, t, HEAD, LOSS, _forward(network.head, LOSS)
    for t in reversed(range(len(mask))) if with_loss else ():
        for block, name in reversed(_all_equations(session)):
            if name in block.path and (block.name != HEAD or t in with_loss):
                yield Phase.BACKWARD, t, block.name, name, max(1, len(order_of_operations(block.backward(name))))
    yield from _behind(session, len(mask)) if with_loss else ()


def _behind(session: Session, steps: int) -> Iterator[tuple[Phase, int | None, str, str, int]]:
    """What follows the backward phase."""
    settings = session.setup.learning.regulariser
    for t in reversed(range(steps)) if settings.weight else ():
        yield Phase.REGULARISER, t, settings.block, "", 1
    yield Phase.CLIP, None, "", "", 1
    for path in session.setup.network.trainable:
        yield Phase.UPDATE, None, *path.split("/"), 1


def _all_equations(session: Session) -> list[tuple[Block, str]]:
    return [(block, name) for block in session.setup.network.blocks for name in block.cell.definition.variables]


def _forward(block: Block, name: str) -> int:
    return max(1, len(list(operations(block.cell.definition.equation(name).expression))))


def ends(walk: list[Operation], grain: Grain) -> list[int]:
    """The indices at which units of a grain end."""
    return list(accumulate(len(list(group)) for _, group in groupby(walk, key=lambda one: one[: ENDS[grain]])))


@pytest.fixture(params=CASES)
def walked(request: pytest.FixtureRequest) -> tuple[Timeline, list[Operation]]:
    session = CASES[request.param]()
    return session.timeline, written_out(session)


def test_positions_are_those_of_the_list(walked: tuple[Timeline, list[Operation]]) -> None:
    timeline, walk = walked
    assert timeline.length == len(walk)
    assert timeline.phases == tuple(dict.fromkeys(one[0] for one in walk))
    assert timeline.position(Cursor(3, 0)) == Position(Cursor(3, 0), len(walk), Phase.FORWARD)
    for index, one in enumerate(walk, 1):
        assert timeline.position(Cursor(3, index)) == Position(Cursor(3, index), len(walk), *one)


@pytest.mark.parametrize("grain", Grain)
def test_steps_of_a_grain_end_where_its_units_do(walked: tuple[Timeline, list[Operation]], grain: Grain) -> None:
    timeline, walk = walked
    borders = [0, *ends(walk, grain)]
    for index in range(len(walk) + 1):
        assert timeline.next(index, grain) == next((end for end in borders if end > index), len(walk))
        assert timeline.previous(index, grain) == max((end for end in borders if end < index), default=0)


def test_progress_counts_whole_steps_equations_and_operations(walked: tuple[Timeline, list[Operation]]) -> None:
    timeline, walk = walked
    for index in range(len(walk) + 1):
        done = timeline.progress(index)
        for phase in timeline.phases:
            before = [one for one in walk[:index] if one[0] is phase]
            there = [one for one in walk if one[0] is phase]
            steps = [end for end in ends(there, Grain.TIME_STEP) if end <= len(before)]
            equations = [end for end in ends(there, Grain.EQUATION) if (steps or [0])[-1] < end <= len(before)]
            rest = len(before) - max([0, *steps, *equations])
            assert (done[phase].steps, done[phase].entries, done[phase].operations) == (
                len(steps), len(equations), rest
            )  # fmt: skip


def test_ends_are_found_and_what_is_not_walked_is_said(walked: tuple[Timeline, list[Operation]]) -> None:
    timeline, walk = walked
    for phase in Phase:
        if phase not in timeline.phases:
            for ask in (timeline.end_of, timeline.starts_phase):
                with pytest.raises(SessionError, match=f"no phase {phase}"):
                    ask(phase)
            continue
        there = [n for n, one in enumerate(walk) if one[0] is phase]
        assert (timeline.starts_phase(phase), timeline.end_of(phase)) == (there[0], there[-1] + 1)
    for index, (phase, t, block, equation, number, count) in enumerate(walk, 1):
        if t is not None and number == count - 1:
            assert timeline.end_of(phase, t, block, equation) == index
            assert timeline.walks(phase, t, block, equation)
            assert timeline.end_of(phase, t) == max(n for n, one in enumerate(walk, 1) if one[:2] == (phase, t))
    with pytest.raises(SessionError, match="does not visit t = 1000"):
        timeline.end_of(Phase.FORWARD, 999)
    with pytest.raises(SessionError, match="does not walk l0/nothing there"):
        timeline.end_of(Phase.FORWARD, 0, "l0", "nothing")
    assert not timeline.walks(Phase.FORWARD, 0, "l0", "nothing")
    with pytest.raises(SessionError, match="outside this iteration"):
        timeline.position(Cursor(0, len(walk) + 1))


def test_every_place_is_nearest_to_itself(walked: tuple[Timeline, list[Operation]]) -> None:
    timeline, walk = walked
    for index in range(len(walk) + 1):
        assert timeline.nearest(timeline.position(Cursor(7, index))) == index


@pytest.mark.parametrize(
    ("here", "there"),
    [("lstm", "middle"), ("middle", "lstm"), ("lstm", "no targets"), ("stacked", "lstm"), ("lstm", "direct"),
     ("middle", "one step"), ("one step", "three back"), ("window", "last")],
)  # fmt: skip
def test_nearest_keeps_the_place_or_goes_to_the_last_before_it(here: str, there: str) -> None:
    one, other = CASES[here](), CASES[there]()
    order, walk = list(Phase), written_out(other)

    def rank(phase: Phase, t: int | None) -> tuple[int, int]:
        return order.index(phase), 0 if t is None else (-t if phase is Phase.BACKWARD else t)

    for index in range(1, one.timeline.length + 1):
        position = one.timeline.position(Cursor(0, index))
        found = other.timeline.nearest(position)
        same = [n for n, step in enumerate(walk, 1) if step[:4] == _named(position)]
        if same:
            assert found == min(same[0] + position.operation, same[-1])
        else:  # whole time steps, up to and with this one
            assert found == sum(rank(*step[:2]) <= rank(position.phase, position.t) for step in walk)


def _named(position: Position) -> tuple[Phase, int | None, str, str]:
    return position.phase, position.t, position.block, position.equation
