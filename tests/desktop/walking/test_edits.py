"""Double-clicking something asks for it, the answer is walked, and undo takes it back."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QDialog

from core.frame import Phase
from core.language import read_cell
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam
from core.learning.step import LearningSettings
from core.sequence import Sequence, from_numbers, from_text
from desktop.documents.learned import has_learned
from desktop.walking.edits import input_row, target_row
from desktop.walking.session_edits import reads, title_of
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # the off-screen platform says so of every dialog


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        yield window


def dialog(window):
    QApplication.processEvents()
    (found,) = [each for each in window.findChildren(QDialog) if each.isVisible()]
    return found


def agree(window):
    dialog(window).accept()
    QApplication.processEvents()


def session(window):
    return window.bridge.session


def sequence(window):
    return session(window).setup.sequence


def taken_back(window):
    """Whether undo leaves the edit and redo goes back to it."""
    after = session(window).branch
    window.bridge.undo()
    undone = session(window).branch is not after
    window.bridge.redo()
    return undone and session(window).branch is after


def test_an_input_and_a_target(window):
    window.edits.edit(("input", "", 1))
    dialog(window).part.line.setText("dogs")
    agree(window)
    assert sequence(window).tokens[1] == "dogs"
    assert taken_back(window)
    window.edits.edit(("target", "", 6))
    dialog(window).part.line.setText("was")
    agree(window)
    assert sequence(window).targets[6, 0] == 0
    assert taken_back(window)


def test_a_weight_and_an_initial_state(window):
    window.edits.edit(("parameter", "l0/W_f", (0, 0)))
    dialog(window).model.set_value(0, 0, 1.5)
    agree(window)
    assert session(window).parameters["l0/W_f"][0, 0] == 1.5
    assert taken_back(window)
    window.edits.edit(("initial", "l0/c", 0, 3))
    assert dialog(window).windowTitle() == "Initial c, unit 4"
    dialog(window).part.field.setText("0.75")
    agree(window)
    assert session(window).run.initial("l0/c")[-1, 0, 3] == 0.75
    assert taken_back(window)


def test_a_value_begins_with_what_it_is(window):
    window.bridge.go_to_phase(Phase.LOSS)
    now = session(window).run.values("l0/c")[2, 0, 3]
    window.edits.edit(("value", "l0/c", 2, 3))
    assert dialog(window).part.field.value == pytest.approx(now)
    dialog(window).part.field.setText("0.5")
    agree(window)
    assert session(window).run.values("l0/c")[2, 0, 3] == 0.5
    assert taken_back(window)


def test_all_units_of_a_gate_are_shut_at_once(window):
    window.bridge.go_to_phase(Phase.LOSS)
    window.edits.edit(("value", "l0/f", 2, 3))
    dialog(window).part.field.setText("0")
    dialog(window).part.all.setChecked(True)
    agree(window)
    assert not session(window).run.values("l0/f")[2].any()
    assert taken_back(window)


def test_a_target_can_be_set_where_there_was_none(window):
    bare = from_text("the dogs chased", sequence(window).vocabulary, "words")
    window.edits._take_sequence(bare)
    assert Phase.LOSS not in window.bridge.frame.phases
    window.edits.edit(("target", "", 2))
    dialog(window).part.line.setText("was")
    agree(window)
    assert sequence(window).targets[:, 0].tolist() == [-1, -1, 0]
    assert Phase.LOSS in window.bridge.frame.phases


def test_typing_begins_with_the_present_text_and_target(window):
    window.edits.type_text()
    box = dialog(window)
    assert box.text.toPlainText() == "the cats that the dog chased yesterday"
    assert (box.target.currentData(), box.label.currentText()) == ("label", "were")
    box.target.setCurrentIndex(box.target.findData("none"))
    agree(window)
    assert sequence(window).targets is None
    assert sequence(window).target_labels == ("was", "were")
    window.edits.type_text()
    assert dialog(window).target.currentData() == "none"
    dialog(window).reject()


def test_numbers_typed_by_hand_get_a_model_and_come_back_to_be_changed(window):
    window.edits.type_text()
    box = dialog(window)
    box.kind.chosen.emit(("numbers",))
    box.text.setPlainText("1 2\n3 4\n5 6")
    assert not box.agree.isEnabled()
    box.anew.click()
    agree(window)
    setup = session(window).setup
    assert (setup.name, setup.network.inputs, setup.network.loss) == ("3 × 2 numbers", 2, "squared")
    window.edits.type_text()
    assert dialog(window).text.toPlainText() == "1, 2\n3, 4\n5, 6"
    assert dialog(window).target.currentData() == "next"
    dialog(window).reject()


def test_a_chosen_model_begins_with_the_chosen_numbers(window):
    window.edits.change_model()
    box = dialog(window)
    box.layer.cell.editor.setPlainText(read_cell("gru").text)
    box.seed.setValue(7)
    box.layer.rule.setCurrentText("orthogonal")
    box.layer.rule.activated.emit(box.layer.rule.currentIndex())
    agree(window)
    square = session(window).parameters["l0/U_r"]
    np.testing.assert_allclose(square @ square.T, np.eye(12), atol=1e-12)  # rounding of a few dozen products
    window.bridge.go_end()
    assert window.bridge.frame.position.phase is Phase.UPDATE
    assert has_learned(session(window)) is False
    window.bridge.step_forward()
    assert has_learned(session(window)) is True


def test_the_same_model_again_is_no_edit(window):
    before = session(window).branch
    window.edits.change_model()
    agree(window)
    assert session(window).branch is before


def test_nothing_tells_whether_plain_descent_has_begun(window):
    assert has_learned(session(window)) is True
    window.bridge.edits.set_learning(LearningSettings(SGD(rate=0.1)))
    assert has_learned(session(window)) is True  # the branch before knows
    network, sequence_now = session(window).setup.network, sequence(window)
    window.bridge.edits.set_model(type(network)(network.layers, network.head, network.loss),
                                  network.initial_parameters(3), sequence_now)  # fmt: skip
    assert has_learned(session(window)) is not True


def test_learning_in_windows_with_entries_cut(window):
    wanted = LearningSettings(Adam(rate=0.01), Clipping("value", 1.0), window=3)
    window.bridge.edits.set_learning(wanted)
    window.bridge.go_end()
    window.bridge.step_forward()
    assert session(window).cursor.iteration == 1
    window.bridge.go_start()
    assert taken_back(window)


def test_a_bookmark_names_the_place_where_it_was_asked_for(window):
    window.bridge.go_to_phase(Phase.LOSS)
    here = session(window).cursor
    window.edits.add_bookmark()
    box = dialog(window)
    window.bridge.step_forward()
    box.line.setText(" here ")
    agree(window)
    assert [(mark.name, mark.cursor) for mark in session(window).bookmarks] == [("here", here)]


def test_titles_come_from_the_data():
    assert title_of(from_text("one two three")) == "one two three"
    assert title_of(from_text("one two three", name="file")) == "file"
    assert title_of(from_text("我爱北京天安门")) == "我爱北京天安门"
    assert title_of(from_text("word " * 40)).endswith("…")
    assert title_of(from_numbers([1.0, 2.0])) == "2 × 1 numbers"


def test_what_a_network_reads(window):
    network, now = session(window).setup.network, sequence(window)
    assert reads(network, now, now)
    assert not reads(network, now, from_text("other words"))
    assert not reads(network, now, from_numbers([1.0, 2.0]))


def test_a_view_of_a_larger_batch_and_model_does_not_matter(window):
    window.bridge.set_view(sample=3, unit=40)
    window.bridge.go_to_phase(Phase.LOSS)
    for place in (("input", "", 1), ("target", "", 6), ("initial", "l0/c", 0), ("value", "l0/c", 2)):
        window.edits.edit(place)
        dialog(window).reject()


def test_an_edit_of_one_sequence_leaves_the_others_of_the_batch():
    pair = Sequence(np.zeros((3, 2, 2)), target_labels=("no", "yes"))
    assert input_row(pair, 1, 1, np.ones(2)).tolist() == [[0, 0], [1, 1]]
    assert target_row(pair, 2, 1, "yes").tolist() == [-1, 1]
    known = pair.with_target(2, np.array([0, 1]))
    assert target_row(known, 2, 1, -1).tolist() == [0, -1]
    numbers = Sequence(np.zeros((3, 2, 1)))
    np.testing.assert_array_equal(target_row(numbers, 0, 0, np.array([0.5])), [[0.5], [np.nan]])
    assert numbers.with_target(0, target_row(numbers, 0, 0, np.array([0.5]))).loss_mask[0].tolist() == [True, False]
    words = from_text("a b", kind="characters")
    assert input_row(words, 0, 0, "b") == "b"
