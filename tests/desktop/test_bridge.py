"""The bridge: one frame an intent, errors as sentences, playing and long walks that can be stopped."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from core.breakpoints import AtTime
from core.cell import Cell
from core.errors import SessionError
from core.frame import Cursor, Grain, Phase
from core.language import read_cell
from core.network import build_network
from core.scenario_session import ready_session
from core.sequence import Sequence
from desktop.bridge import Bridge, session_of
from desktop.reports import Kind
from tests.desktop.same_frames import same


@pytest.fixture
def bridge(qapp, tmp_path):
    return Bridge(ready_session(), log_file=tmp_path / "log.txt")


class Heard:
    """What a bridge has said."""

    def __init__(self, bridge):
        self.frames, self.reports = [], []
        bridge.frame_changed.connect(self.frames.append)
        bridge.reported.connect(self.reports.append)


@pytest.fixture
def heard(bridge):
    return Heard(bridge)


INTENTS = {
    "step_forward": lambda b: b.step_forward(),
    "step_back": lambda b: b.step_back(),
    "go_end": lambda b: b.go_end(),
    "go_start": lambda b: b.go_start(),
    "go_to_time": lambda b: b.go_to_time(3),
    "go_to_phase": lambda b: b.go_to_phase(Phase.BACKWARD),
    "go_to": lambda b: b.go_to(Cursor(0, 17)),
    "next_event": lambda b: b.next_event(),
    "set_grain": lambda b: b.set_grain(Grain.OPERATION),
    "select": lambda b: b.select("l0/c", 2),
    "choose_unit": lambda b: b.choose_unit(3),
    "set_weight": lambda b: b.edits.set_weight("l0/b_f", (0,), 2.0),
    "set_input": lambda b: b.edits.set_input(1, "dogs"),
    "set_target": lambda b: b.edits.set_target(6, "was"),
    "set_initial": lambda b: b.edits.set_initial("l0/c", 0, 1, 0.5),
    "overwrite": lambda b: b.edits.overwrite("l0/c", 2, 0, 0.0),
    "undo": lambda b: b.undo(),
    "redo": lambda b: b.redo(),
    "add_bookmark": lambda b: b.edits.add_bookmark("here"),
    "remove_bookmark": lambda b: b.edits.remove_bookmark("here"),
    "break_here": lambda b: b.edits.break_here(3),
    "set_notes": lambda b: b.edits.set_notes("forgets at that"),
    "stop": lambda b: b.stop(),
}


@pytest.mark.parametrize("name", INTENTS)
def test_every_intent_gives_exactly_one_frame(bridge, heard, name):
    bridge.go_to_phase(Phase.LOSS)
    heard.frames.clear()
    INTENTS[name](bridge)
    assert len(heard.frames) == 1
    assert heard.frames[0] is bridge.frame


def test_looking_at_the_same_thing_again_gives_no_frame(bridge, heard):
    bridge.select("l0/c", 2)
    bridge.select("l0/c", 2)
    assert len(heard.frames) == 1


def test_a_request_that_cannot_be_done_is_one_sentence_and_changes_nothing(bridge, heard):
    before = bridge.frame
    assert not bridge.edits.set_weight("l0/W_none", (0, 0), 1.0)
    assert bridge.frame is before
    assert heard.frames == []
    assert [report.kind for report in heard.reports] == [Kind.ERROR]
    assert "W_none" in heard.reports[0].text
    assert not bridge.modified


def test_a_defect_is_a_calm_sentence_and_its_details_go_to_a_file(bridge, heard, tmp_path):
    def fail():
        raise ZeroDivisionError("inner detail")

    assert not bridge.attempt(fail)
    assert "Traceback" not in heard.reports[0].text
    assert "inner detail" not in heard.reports[0].text
    assert "inner detail" in (tmp_path / "log.txt").read_text()


def test_moving_is_no_unsaved_work_but_edits_bookmarks_and_breakpoints_are(bridge):
    bridge.go_end()
    bridge.select("l0/c", 2)
    bridge.set_grain(Grain.PASS)
    assert not bridge.modified
    for change in ("set_weight", "add_bookmark", "break_here", "set_notes"):
        INTENTS[change](bridge)
        assert bridge.modified, change
        bridge.mark_saved()
        assert not bridge.modified


def test_undoing_the_only_edit_leaves_nothing_unsaved(bridge):
    INTENTS["set_weight"](bridge)
    bridge.undo()
    assert not bridge.modified
    bridge.redo()
    assert bridge.modified


def test_walking_an_iteration_and_back_gives_the_same_frames(bridge):
    forward = [bridge.frame]
    bridge.set_grain(Grain.TIME_STEP)
    while bridge.session.cursor.index < bridge.session.timeline.length:
        bridge.step_forward()
        forward.append(bridge.frame)
    bridge.go_end()
    for frame in reversed(forward[1:]):
        assert same(bridge.frame, frame)
        bridge.step_back()
    assert bridge.frame.position == forward[0].position


def test_playing_steps_by_itself_until_it_is_paused(bridge, heard, qtbot):
    bridge.set_speed(math.inf)
    bridge.run_pause()
    assert bridge.playing
    assert len(heard.frames) == 1
    qtbot.waitUntil(lambda: bridge.session.cursor.index > 10)
    bridge.run_pause()
    here = bridge.session.cursor
    assert not bridge.playing
    qtbot.wait(60)
    assert bridge.session.cursor == here


def test_playing_stops_at_a_breakpoint(bridge, qtbot):
    bridge.edits.add_breakpoint(AtTime(2))
    bridge.set_speed(math.inf)
    bridge.run_pause()
    qtbot.waitUntil(lambda: not bridge.playing)
    assert bridge.frame.position.t == 2
    assert bridge.frame.event == "t = 3"


def test_stop_pauses_and_otherwise_lets_the_selection_follow_the_walk(bridge):
    bridge.select("l0/c", 2)
    bridge.run_pause()
    bridge.stop()
    assert not bridge.playing
    assert bridge.view.path == "l0/c"
    bridge.stop()
    assert (bridge.view.path, bridge.view.t) == ("", None)


def test_the_next_event_is_the_next_breakpoint_and_then_the_end(bridge, heard):
    bridge.edits.add_breakpoint(AtTime(4))
    bridge.next_event()
    assert (bridge.frame.position.phase, bridge.frame.position.t) == (Phase.FORWARD, 4)
    bridge.next_event()
    assert (bridge.frame.position.phase, bridge.frame.position.t) == (Phase.BACKWARD, 4)
    bridge.next_event()
    assert bridge.session.cursor.index == bridge.session.timeline.length
    assert heard.reports[-1].kind is Kind.NOTE


@pytest.fixture
def long_session():
    generator = np.random.default_rng(0)
    network = build_network(Cell(read_cell("lstm"), 3, 8), outputs=3)
    steps = 20_000
    inputs, targets = generator.normal(size=(steps, 1, 3)), np.full((steps, 1), -1)
    targets[-1] = 1
    return session_of(network, network.initial_parameters(0), Sequence(inputs, targets=targets), "long")


def test_a_long_way_is_walked_in_slices_and_ends_where_it_should(bridge, heard, long_session, qtbot):
    bridge.replace_session(long_session)
    bridge.edits.add_breakpoint(AtTime(19_000))
    heard.frames.clear()
    bridge.next_event()
    assert bridge.busy
    assert heard.frames == []
    qtbot.waitUntil(lambda: not bridge.busy, timeout=20_000)
    assert bridge.frame.position.t == 19_000
    assert len(heard.frames) == 1


def test_a_long_way_can_be_stopped(bridge, heard, long_session):
    bridge.replace_session(long_session)
    bridge.go_end()
    assert bridge.busy
    assert heard.reports[-1].kind is Kind.BUSY
    QApplication.processEvents()
    bridge.stop()
    assert not bridge.busy
    assert bridge.session.cursor == Cursor()


def test_another_session_starts_saved_and_with_a_fresh_view(bridge, heard):
    INTENTS["set_weight"](bridge)
    bridge.select("l0/c", 2)
    bridge.replace_session(ready_session())
    assert not bridge.modified
    assert bridge.view.path == ""
    assert len(heard.frames) == 3


def test_diagrams_are_those_of_the_blocks(bridge):
    assert bridge.diagram("l0") is bridge.diagram("l0")
    assert bridge.diagram("none") is None


def test_intents_for_those_who_handle_errors_raise_them(bridge):
    with pytest.raises(SessionError):
        bridge.perform(lambda session: session.set_weight("l0/none", (0,), 1.0))
