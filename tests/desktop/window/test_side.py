"""What the panels at the left ask for is done, and what was done is shown."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from core.breakpoints import AtTime
from core.frame import Phase
from core.learning.optimisers import SGD
from core.learning.step import LearningSettings
from core.scenario_session import ready_session
from core.sequence import from_text, last_target, next_token_targets
from desktop.walking.session_edits import network_for
from tests.desktop.windows import open_window


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window


def view(window, name):
    return window.panels[name].view


def cards(window):
    window.scheduler.flush()
    return view(window, "bookmarks")._model.cards


def test_a_bookmark_can_be_renamed_jumped_to_and_deleted(window):
    window.bridge.go_to_phase(Phase.BACKWARD)
    window.bridge.edits.add_bookmark("here")
    marked = window.bridge.session.cursor
    assert [card.name for card in cards(window)] == ["here"]
    view(window, "bookmarks").rename_requested.emit((cards(window)[0], "there"))
    assert [card.name for card in cards(window)] == ["there"]
    assert window.bridge.session.bookmarks[0].cursor == marked
    window.bridge.go_start()
    view(window, "bookmarks").jump_requested.emit(cards(window)[0])
    assert window.bridge.session.cursor == marked
    view(window, "bookmarks").delete_requested.emit(cards(window)[0])
    assert cards(window) == ()


def test_saved_sessions_are_listed_and_opened(window, tmp_path):
    window.bridge.go_to_phase(Phase.LOSS)
    assert window.files.save_to(tmp_path / "walk.gatewalk")
    here = window.bridge.session.cursor
    window.bridge.go_start()
    (card,) = cards(window)
    assert (card.name, card.kind) == ("walk", "snapshot")
    view(window, "bookmarks").jump_requested.emit(card)
    assert window.bridge.session.cursor == here


def test_breakpoints_come_and_go(window):
    view(window, "breakpoints").add_requested.emit(AtTime(2))
    assert window.bridge.session.breakpoints == (AtTime(2),)
    view(window, "breakpoints").remove_requested.emit(AtTime(2))
    assert window.bridge.session.breakpoints == ()


def test_switched_off_breakpoints_are_forgotten_with_their_session(window):
    panel = view(window, "breakpoints")
    window.panels.toggle("breakpoints")  # panels behind others are shown nothing
    QApplication.processEvents()
    window.bridge.edits.add_breakpoint(AtTime(2))
    window.scheduler.flush()
    next(iter(panel._rows.values())).box.click()
    window.scheduler.flush()
    assert len(panel._rows) == 1
    assert window.bridge.session.breakpoints == ()
    window.bridge.replace_session(ready_session())
    window.scheduler.flush()
    assert len(panel._rows) == 0


def test_the_panel_says_whether_the_model_is_trained(window):
    source = view(window, "model")._source
    assert source.text().endswith(" · trained")
    window.edits._take_sequence(next_token_targets(from_text("one two three")))
    window.scheduler.flush()
    assert source.text().endswith(" · not trained")


def test_the_data_panel_moves_the_walk_and_the_loss(window):
    view(window, "data").jump_requested.emit(3)
    assert window.bridge.frame.position.t == 3
    view(window, "data").loss_requested.emit(())
    assert Phase.LOSS not in window.bridge.frame.phases or window.messages.text
    window.bridge.undo()
    assert Phase.LOSS in window.bridge.frame.phases


def test_learning_is_changed_in_place(window):
    settings = LearningSettings(SGD(rate=0.5))
    view(window, "model").learning_changed.emit(settings)
    assert window.bridge.session.setup.learning == settings
    assert window.bridge.session.undo_label


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the off-screen platform says so of every dialog
@pytest.mark.parametrize(
    ("place", "name"),
    [
        (("input", "", 1), "value_dialog"),
        (("target", "", 6), "value_dialog"),
        (("value", "l0/c", 2, 3), "value_dialog"),
        (("initial", "l0/c", 0), "value_dialog"),
        (("parameter", "l0/W_f", (0, 0)), "parameter_dialog"),
    ],
)
def test_every_place_can_be_asked_about(window, place, name):
    window.edits.edit(place)
    QApplication.processEvents()
    (dialog,) = [each for each in window.findChildren(object) if each.inherits("QDialog")]
    assert dialog.objectName() == name
    dialog.reject()


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_text_and_model_can_be_asked_for(window):
    for ask in (window.edits.type_text, window.edits.change_model):
        ask()
        QApplication.processEvents()
        (dialog,) = [each for each in window.findChildren(object) if each.inherits("QDialog") and each.isVisible()]
        dialog.reject()
        QApplication.processEvents()


def test_a_text_with_other_words_gets_a_network_that_can_read_it(window):
    sequence = last_target(from_text("one two three", name="counting"), "three", ("two", "three"))
    window.edits._take_sequence(sequence)
    setup = window.bridge.session.setup
    assert setup.sequence.tokens == ("one", "two", "three")
    assert setup.network.inputs == sequence.width
    assert setup.network.outputs == 2
    window.bridge.undo()
    assert window.bridge.session.setup.sequence.length == 7


def test_the_new_network_is_of_the_same_kind(window):
    old = window.bridge.session.setup.network
    sequence = last_target(from_text("one two three"), "three", ("two", "three"))
    new = network_for(old, sequence)
    assert [block.cell.definition.name for block in new.blocks] == [b.cell.definition.name for b in old.blocks]
    assert new.loss == old.loss
