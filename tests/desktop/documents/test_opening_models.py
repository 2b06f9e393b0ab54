"""People's own models are opened: what a file leaves open is asked, what was found is said, and undo brings back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.frame import Phase
from core.sequence import from_numbers
from desktop.dialogs.model_questions import ModelQuestions
from desktop.documents.model_files import LONGEST_FOUND, brief
from desktop.reports import Kind
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # the off-screen platform says so of every dialog
DATA = Path(__file__).parents[2] / "data"
MODELS = DATA / "model_files"


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.said = []
        window.bridge.reported.connect(window.said.append)
        yield window


def pick(box, answer):
    """Choose an answer by the arrow keys."""
    box.setFocus()
    for _ in range(box.count()):
        QTest.keyClick(box, Qt.Key.Key_Up)
    while box.currentText() != answer:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() != before, f"there is no {answer}"


def questions(window) -> ModelQuestions | None:
    for _ in range(3):
        QApplication.processEvents()
    found = [each for each in window.findChildren(ModelQuestions) if each.isVisible()]
    return found[0] if found else None


def setup(window):
    return window.bridge.session.setup


def test_a_model_without_questions_is_walked_at_once(window):
    assert window.files.open_path(MODELS / "lstm_both.safetensors")
    assert questions(window) is None
    network = setup(window).network
    assert [block.name for block in network.blocks][:3] == ["l0", "l0.reverse", "l0.join"]
    assert setup(window).name == "lstm_both"
    assert setup(window).sequence.width == network.inputs == 3
    assert setup(window).sequence.length == 12
    assert "12 random steps; open data with 3 numbers a step" in window.said[-1].text
    assert "gates in the order i, f, g, o" in window.messages.text
    assert window.settings.recent_files[0].endswith("lstm_both.safetensors")
    assert Phase.UPDATE in window.bridge.frame.phases
    window.bridge.go_end()
    window.bridge.undo()
    assert setup(window).name == "Subject and verb"


def test_what_was_found_stays_in_the_panel(window):
    window.files.open_path(MODELS / "lstm_both.safetensors")
    section = window.panels["model"].view.file
    QTest.qWait(50)  # the panels follow at the next tick of the display
    assert section.isVisible()
    text = section._found.text() + section._remarks.text()
    assert "gates in the order i, f, g, o" in text
    assert "float64" in text
    assert "No readout" in text
    assert section.answer.isHidden()
    window.bridge.undo()
    QTest.qWait(50)
    assert section.isHidden()


def test_what_the_file_does_not_say_is_asked_with_the_guess_chosen(window):
    before = window.bridge.session.branch
    assert not window.files.open_path(MODELS / "words.pt")
    dialog = questions(window)
    assert dialog.box("embedding").currentText() == "embedding.weight"
    assert dialog.box("readout").currentText() == "fc.weight"
    assert dialog.box("head").currentText() == "softmax"  # words that say which word comes next
    assert "embedding of 7 tokens" in dialog.found.text()
    assert window.bridge.session.branch is before
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert setup(window).network.loss == "cross-entropy"
    assert setup(window).sequence.vocabulary.tokens == tuple("0123456")
    assert window.panels["model"].view.file.answer.isVisible()


def test_an_answer_may_raise_other_questions_and_changes_what_is_found(window):
    window.files.open_path(MODELS / "words.pt")
    dialog = questions(window)
    pick(dialog.box("readout"), "none")
    with pytest.raises(KeyError):
        dialog.box("head")
    assert "No readout" in dialog.found.text()
    dialog.accept()
    QApplication.processEvents()
    assert setup(window).network.outputs == 4


def test_going_back_leaves_everything_as_it_is(window):
    before = window.bridge.session.branch
    window.files.open_path(MODELS / "words.pt")
    questions(window).reject()
    QApplication.processEvents()
    assert window.bridge.session.branch is before
    assert window.settings.recent_files == ()


def test_one_of_several_modules_is_chosen(window):
    window.files.open_path(MODELS / "several.pt")
    dialog = questions(window)
    assert dialog.box("module").count() >= 2


def test_the_questions_can_be_answered_again(window):
    window.files.open_path(MODELS / "words.pt")
    questions(window).accept()
    QApplication.processEvents()
    QTest.keyClick(window.panels["model"].view.file.answer, Qt.Key.Key_Space)
    dialog = questions(window)
    assert dialog.box("head").currentText() == "softmax"
    pick(dialog.box("head"), "identity")
    dialog.accept()
    QApplication.processEvents()
    assert setup(window).network.head.cell.definition.name == "Identity"
    window.bridge.undo()
    assert setup(window).network.loss == "cross-entropy"


def test_present_data_that_fit_are_walked(window):
    window.files.open_path(MODELS / "lstm_both.safetensors")
    own = from_numbers(np.arange(15.0).reshape(5, 1, 3))
    window.bridge.edits.set_sequence(own)
    window.files.open_path(MODELS / "lstm_both.safetensors")
    assert setup(window).sequence.inputs is own.inputs
    assert "walks the present data" in window.said[-1].text
    assert setup(window).sequence.targets[-1, 0].tolist() == [0.0] * 8


def test_adding_a_loss_keeps_the_file_and_other_cells_do_not(window):
    window.files.open_path(MODELS / "lstm_both.safetensors")
    origin = setup(window).origin
    window.edits.change_model()
    dialog = questions_of(window)
    dialog._choose("head")
    dialog.readout.loss.setCurrentIndex(dialog.readout.loss.findData(""))
    dialog.readout.loss.activated.emit(0)
    dialog.accept()
    QApplication.processEvents()
    assert setup(window).network.loss == ""
    assert setup(window).origin is origin
    window.edits.change_model()
    dialog = questions_of(window)
    dialog.layer.units.setValue(9)
    dialog.accept()
    QApplication.processEvents()
    assert setup(window).origin is None


def questions_of(window):
    from desktop.dialogs.model import ModelDialog

    QApplication.processEvents()
    return next(each for each in window.findChildren(ModelDialog) if each.isVisible())


@pytest.mark.parametrize("name", ["script.pt", "whole_module.pt", "gone.safetensors", "words.docx"])
def test_what_cannot_be_opened_is_said_in_one_sentence(window, tmp_path, name):
    before = window.bridge.session.branch
    file = MODELS / name if (MODELS / name).exists() else tmp_path / name
    assert not window.files.open_path(file)
    assert questions(window) is None
    assert window.said[-1].kind is Kind.ERROR
    assert name in window.said[-1].text
    assert window.bridge.session.branch is before


def test_a_network_file_is_walked_with_the_present_data(window):
    shipped = Path(__file__).parents[3] / "resources" / "networks" / "one_matrix_each.toml"
    assert window.files.open_path(shipped)
    assert [block.name for block in setup(window).network.blocks] == ["l0", "l0.reverse", "head"]
    assert setup(window).sequence.tokens[0] == "the"
    assert "A matrix" in window.said[-1].text or "a matrix" in window.said[-1].text
    window.bridge.go_end()
    window.bridge.undo()
    assert setup(window).name == "Subject and verb"


def test_a_network_file_of_another_width_gets_numbers(window, tmp_path):
    file = tmp_path / "narrow.toml"
    file.write_text(
        'name = "Narrow"\n[input]\ninputs = 2\n[[layer]]\ncell = "gru"\nunits = 3\ninitial = {h = 0.5}\n'
        '[readout]\nhead = "identity"\noutputs = 1\nloss = "squared"\n'
    )
    assert window.files.open_path(file)
    assert setup(window).sequence.width == 2
    assert (setup(window).initial["l0/h"] == 0.5).all()
    assert window.bridge.session.run.problem.targets.shape == (12, 1, 1)


def test_a_cell_file_takes_the_place_of_the_present_cell(window, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('name = "Mine"\nequations = """\nh = tanh(W @ x + U @ h[-1])\n"""\n')
    assert window.files.open_path(file)
    assert setup(window).network.layers[0].cell.definition.name == "Mine"
    assert setup(window).network.layers[0].cell.units == 12
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('equations = """\nh = tanhh(x)\n"""\n')
    assert not window.files.open_path(wrong)
    assert "tanhh" in window.said[-1].text


def test_every_ending_that_models_have_is_opened():
    from core.files.models import SUFFIXES
    from desktop.documents.files import MODELS as KNOWN

    assert set(KNOWN) == {*SUFFIXES, ".toml"}


def test_a_long_report_ends_behind_a_clause_and_the_details_have_all(window, tmp_path):
    name = "a_checkpoint_with_all_its_settings_in_its_name_lr0.001_epoch_00042.safetensors"
    (tmp_path / name).write_bytes((MODELS / "lstm_both.safetensors").read_bytes())
    assert window.files.open_path(tmp_path / name)
    report, origin = window.said[-1], setup(window).origin
    assert "a_checkpoint_with_all_its" in report.text
    assert name not in report.text
    assert brief("short") == "short."
    long = "one clause, " * 20
    assert brief(long) == long[: brief(long).index(" …")] + " …"
    assert brief(long).endswith("clause …")
    assert len(brief(long)) <= LONGEST_FOUND + 2
    assert origin.remarks[0][1:] in report.details


def test_a_network_that_says_classes_is_not_asked_for_numbers(window, tmp_path):
    window.files.open_path(MODELS / "lstm_both.safetensors")  # asked for 8 numbers
    file = tmp_path / "classes.toml"
    file.write_text(
        'name = "Classes"\n[[layer]]\ncell = "gru"\nunits = 3\n[readout]\nhead = "softmax"\nloss = "cross-entropy"\n'
    )
    assert window.files.open_path(file)
    assert setup(window).network.outputs == 8
    assert setup(window).sequence.targets.shape == (12, 1)
    assert "one that was made up" in window.said[-1].text
