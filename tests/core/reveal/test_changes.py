"""Parameters at the cursor: gathered, clipped, updated; and what truncation takes away."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.frame import Change, Cursor, Frame, Phase, View
from core.learning.clipping import Clipping
from core.learning.step import LearningSettings
from core.reveal import frame_at
from core.session import Session
from tests.core.walk_cases import CASES, session_of


def seen(session: Session, index: int, changes: bool = True) -> Frame:
    session.go_to(Cursor(0, index))
    return frame_at(session, View(changes=changes))


def by_path(frame: Frame) -> dict[str, Change]:
    return {change.path: change for change in frame.changes}


@pytest.mark.parametrize("name", ["lstm", "middle", "stacked", "window", "masked batch"])
def test_gradients_gather_step_by_step(name: str) -> None:
    session = CASES[name]()
    run, timeline = session.run.complete(), session.timeline
    assert not any(change.gradient.any() for change in seen(session, timeline.starts_phase(Phase.BACKWARD)).changes)
    for t in reversed(range(run.problem.steps)):
        for change in seen(session, timeline.end_of(Phase.BACKWARD, t)).changes:
            np.testing.assert_array_equal(change.gradient, run.gradient(change.path, t))
            assert change.clipped is None
            assert change.updated is None


def test_a_gradient_gets_its_part_with_its_equation() -> None:
    session = CASES["lstm"]()
    run = session.run.complete()
    index = session.timeline.end_of(Phase.BACKWARD, 2, "l0", "o")
    for at, since in ((index - 1, 3), (index, 2)):
        found = by_path(seen(session, at))
        np.testing.assert_array_equal(found["l0/W_o"].gradient, run.gradient("l0/W_o", since))
        np.testing.assert_array_equal(found["l0/W_f"].gradient, run.gradient("l0/W_f", 3))
        np.testing.assert_array_equal(found["head/V"].gradient, run.gradient("head/V", 2))


def test_clipped_then_updated_one_by_one() -> None:
    session = session_of("lstm", learning=LearningSettings(clipping=Clipping("norm", 0.1)))
    timeline, outcome = session.timeline, session.outcome
    clip = timeline.end_of(Phase.CLIP)
    assert seen(session, clip - 1).clip is None
    for number in range(len(session.setup.network.trainable) + 1):
        frame = seen(session, clip + number, changes=False)
        assert frame.clip is outcome.report
        assert [change.updated is not None for change in frame.changes] == [
            place < number for place in range(len(frame.changes))
        ]
        for change in frame.changes:
            np.testing.assert_array_equal(change.clipped, outcome.clipped[change.path])
            np.testing.assert_array_equal(change.value, session.parameters[change.path])
            if change.updated is not None:
                np.testing.assert_array_equal(change.updated, session.branch.iteration(1).parameters[change.path])


def test_gradients_are_formed_only_where_they_are_looked_at() -> None:
    session = CASES["lstm"]()
    assert seen(session, session.timeline.end_of(Phase.BACKWARD, 1), changes=False).changes == ()


def test_truncation_is_compared_with_the_whole() -> None:
    session = CASES["window"]()
    assert seen(session, session.timeline.end_of(Phase.BACKWARD)).truncation is None
    found = seen(session, session.timeline.end_of(Phase.CLIP)).truncation
    cut, full = (
        np.concatenate([gradient.ravel() for gradient in run.gradients().values()])
        for run in (session.run, session.run.without_window())
    )
    assert found is not None
    assert found.window == 2
    assert found.norm == pytest.approx(np.linalg.norm(cut), rel=1e-12)
    assert found.full_norm == pytest.approx(np.linalg.norm(full), rel=1e-12)
    assert found.cosine == pytest.approx(cut @ full / found.norm / found.full_norm, rel=1e-12)
    assert found.difference == pytest.approx(np.linalg.norm(cut - full) / found.full_norm, rel=1e-12)
    assert seen(session, session.timeline.length).truncation is found


def test_truncation_of_what_is_not_finite() -> None:
    session = session_of("rnn_identity", scale=1e200, learning=LearningSettings(window=1))
    found = seen(session, session.timeline.length).truncation
    assert found is not None
    assert math.isnan(found.cosine)
    assert math.isnan(found.difference)


def test_without_a_window_nothing_is_truncated() -> None:
    session = CASES["lstm"]()
    assert seen(session, session.timeline.length).truncation is None
