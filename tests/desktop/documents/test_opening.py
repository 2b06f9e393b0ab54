"""Data that is opened is walked as the present model was asked, or by a new one where the present one cannot."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from core.frame import Phase
from core.posing import asks_next
from desktop.documents.learned import has_learned
from desktop.reports import Kind
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # the off-screen platform says so of every dialog
ENGLISH, CHINESE = "the dogs that the cat chased", "我爱北京天安门"


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.said = []
        window.bridge.reported.connect(window.said.append)
        yield window


def written(folder, name, contents):
    path = folder / name
    if isinstance(contents, np.ndarray):
        np.save(path, contents)
    else:
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return path


def question(window):
    """The question that stands over the window, if any."""
    for _ in range(3):
        QApplication.processEvents()
    found = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    return found[0] if found else None


def answer(window, key):
    next(button for button in question(window).buttons() if button.objectName() == key).click()
    QApplication.processEvents()


def setup(window):
    return window.bridge.session.setup


def test_a_text_keeps_the_classes_and_the_target(window, tmp_path):
    assert window.files.open_path(written(tmp_path, "other.txt", ENGLISH))
    sequence = setup(window).sequence
    assert sequence.tokens == tuple(ENGLISH.split())
    assert sequence.target_labels == ("was", "were")
    assert sequence.targets[:, 0].tolist() == [-1] * 5 + [1]
    assert Phase.UPDATE in window.bridge.frame.phases
    assert "“were” at the last step was kept" in window.said[-1].text
    assert window.bridge.session.cursor.index == 0
    assert window.settings.recent_files[0].endswith("other.txt")
    window.bridge.undo()
    assert setup(window).sequence.length == 7


@pytest.mark.parametrize(
    ("name", "contents", "why"),
    [
        ("chinese.txt", CHINESE, "“我”, “爱”"),
        ("unknown.txt", "hello brave new world", "“hello”"),
        ("table.csv", "a,b\n1,2\n3,4\n5,6\n", "2 numbers per step; the present model reads 51"),
        ("steps.npy", np.arange(12.0).reshape(4, 3), "3 numbers per step"),
        ("batch.npy", np.arange(24.0).reshape(4, 3, 2), "2 numbers per step"),
    ],
)
def test_what_the_model_cannot_read_gets_a_new_one_when_the_person_says_so(window, tmp_path, name, contents, why):
    before, file = window.bridge.session.branch, written(tmp_path, name, contents)
    assert not window.files.open_path(file)
    assert why in question(window).informativeText()
    assert window.bridge.session.branch is before
    answer(window, "make")
    new, stem = setup(window), file.stem
    assert new.name == stem
    assert window.windowTitle().startswith(stem)
    assert asks_next(new.sequence)
    assert new.network.inputs == new.network.outputs == new.sequence.width
    assert new.network.layers[0].cell.units == before.setup.network.layers[0].cell.units
    assert set(new.sequence.target_labels) <= set(new.sequence.tokens)
    assert new.network.loss == ("cross-entropy" if file.suffix == ".txt" else "squared")
    assert Phase.UPDATE in window.bridge.frame.phases
    assert has_learned(window.bridge.session) is False
    window.bridge.go_end()
    window.bridge.undo()
    assert setup(window).name == "Subject and verb"
    assert window.windowTitle().startswith("Subject and verb")


def test_going_back_leaves_everything_as_it_is(window, tmp_path):
    before = window.bridge.session.branch
    window.files.open_path(written(tmp_path, "chinese.txt", CHINESE))
    answer(window, "cancel")
    assert window.bridge.session.branch is before
    assert window.settings.recent_files == ()


@pytest.mark.parametrize(
    ("name", "contents", "said"),
    [
        ("empty.txt", b"", "is empty"),
        ("binary.txt", bytes(range(256)), "is not UTF-8 text"),
        ("latin.txt", "über die Brücke".encode("latin-1"), "Save it as UTF-8"),
        ("huge.txt", b"the dogs chased " * 650_000, "too large"),
        ("ragged.csv", b"1,2\n3\n", "ragged.csv"),
        ("broken.npy", b"\x93NUMPY nothing", "broken.npy"),
        ("words.docx", b"PK", "ends in"),
    ],
)
def test_files_that_cannot_be_read_get_one_sentence(window, tmp_path, name, contents, said):
    before = window.bridge.session.branch
    assert not window.files.open_path(written(tmp_path, name, contents))
    assert question(window) is None
    assert window.said[-1].kind is Kind.ERROR
    assert said in window.said[-1].text
    assert window.bridge.session.branch is before
    assert not window.files.open_path(tmp_path / "not there.txt")


def test_a_dropped_file_is_opened(window, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(written(tmp_path, "other.txt", ENGLISH)))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys))
    QApplication.processEvents()
    assert setup(window).sequence.tokens == tuple(ENGLISH.split())


def test_a_file_of_another_model_is_not_saved_over(window, tmp_path):
    assert window.files.save_to(tmp_path / "mine.gatewalk")
    window.files.open_path(written(tmp_path, "chinese.txt", CHINESE))
    answer(window, "make")
    assert window.files.path is None
    window.bridge.undo()
    assert window.files.path == tmp_path / "mine.gatewalk"


def test_the_sequence_of_a_batch_can_be_chosen(window, tmp_path):
    window.files.open_path(written(tmp_path, "batch.npy", np.arange(24.0).reshape(4, 3, 2)))
    answer(window, "make")
    window.scheduler.flush()
    sample = window.panels["data"].view.sample
    assert sample.isVisibleTo(window.panels["data"].view)
    sample.number.setValue(3)
    assert window.bridge.view.sample == 2


def test_next_numbers_are_asked_of_other_numbers_too(window, tmp_path):
    window.files.open_path(written(tmp_path, "table.csv", "1,2\n3,4\n5,6\n"))
    answer(window, "make")
    assert window.files.open_path(written(tmp_path, "other.csv", "0,1\n1,0\n"))
    assert asks_next(setup(window).sequence)
    assert "what comes next" in window.said[-1].text


def test_lines_of_a_text_are_walked_side_by_side(window):
    from desktop.dialogs.text_data import TextDataDialog

    window.edits.type_text()
    QApplication.processEvents()
    dialog = next(each for each in window.findChildren(TextDataDialog) if each.isVisible())
    dialog.show_text("the cats that the dog chased\nthe dogs")
    dialog.apart.click()
    dialog.accept()
    QApplication.processEvents()
    assert setup(window).sequence.lengths.tolist() == [6, 2]
    panel = window.panels["data"].view
    window.bridge.choose_sample(1)
    QTest.qWait(60)
    assert panel.chips.shown.tokens == ("the", "dogs")
    assert "2 of up to 6 steps" in panel.words.text()
    window.edits.set_loss_steps((1,))
    assert setup(window).sequence.targets.T.tolist() == [[-1] * 5 + [1], [-1, 1, -1, -1, -1, -1]]
    window.bridge.go_end()
    assert "padding" not in str(window.bridge.frame.sentence)
    window.edits.type_text()
    QApplication.processEvents()
    again = next(each for each in window.findChildren(TextDataDialog) if each.isVisible())
    assert again.text.toPlainText() == "the cats that the dog chased\nthe dogs"
    assert again.apart.isChecked()
    again.reject()


def test_undo_of_other_data_leads_back_to_where_the_walk_stood(window, tmp_path):
    window.bridge.go_to_phase(Phase.BACKWARD)
    stood = window.bridge.session.cursor
    assert stood.index > 0
    assert window.files.open_path(written(tmp_path, "other.txt", ENGLISH))
    assert window.bridge.session.cursor.index == 0
    window.bridge.undo()
    assert window.bridge.session.cursor == stood
    window.bridge.redo()
    assert window.bridge.session.cursor.index == 0


def test_bookmarks_of_other_data_go_and_come_back(window, tmp_path):
    window.bridge.edits.add_bookmark("here")
    panel = window.panels["bookmarks"].view
    QTest.qWait(60)
    assert len(panel.list.model().cards) == 1
    assert window.files.open_path(written(tmp_path, "other.txt", ENGLISH))
    QTest.qWait(60)
    assert panel.list.model().cards == ()
    assert panel.elsewhere.text() == "A bookmark of another model or other data; undo brings them back."
    window.bridge.undo()
    QTest.qWait(60)
    assert len(panel.list.model().cards) == 1
    assert panel.elsewhere.isHidden()


def test_a_batch_of_different_lengths_is_opened_saved_and_opened_again(window, tmp_path):
    rows = np.random.default_rng(0).normal(size=(6, 3, 51))
    rows[4:, 1] = np.nan
    rows[2:, 2] = np.nan
    assert window.files.open_path(written(tmp_path, "batch.npy", rows))
    assert setup(window).sequence.lengths.tolist() == [6, 4, 2]
    assert setup(window).sequence.loss_mask.T.argmax(axis=1).tolist() == [5, 3, 1]
    window.bridge.choose_sample(2)
    window.bridge.go_end()
    before = {name: array.copy() for name, array in window.bridge.session.run.gradients().items()}
    assert window.files.save_to(tmp_path / "batch.gatewalk")
    window.bridge.mark_saved()
    assert window.files.open_path(tmp_path / "batch.gatewalk")
    assert setup(window).sequence.lengths.tolist() == [6, 4, 2]
    assert window.bridge.view.sample == 2
    after = window.bridge.session.run.gradients()
    assert all(np.array_equal(before[name], after[name]) for name in before)
