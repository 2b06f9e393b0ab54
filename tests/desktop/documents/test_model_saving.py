"""The model that is walked is saved for other programs, and opens again as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from core.errors import DataError
from core.files.models import open_model
from desktop.documents.model_saving import kind_for, save_walked, saving_kinds
from tests.desktop.windows import open_window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
MODELS = Path(__file__).parents[2] / "data" / "model_files"


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.said = []
        window.bridge.reported.connect(window.said.append)
        yield window


def answering(monkeypatch, path: Path, kind: int) -> None:
    text = saving_kinds()[kind].text
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args, **_options: (str(path), text))


def test_the_example_is_saved_in_the_layout_of_pytorch(window, tmp_path, monkeypatch):
    answering(monkeypatch, tmp_path / "mine", 0)
    window.commands["save_model"].trigger()
    back = open_model(tmp_path / "mine.safetensors", {"head": "softmax"})
    now = window.bridge.session.parameters
    assert np.array_equal(back.parameters["l0/W_f"], now["l0/W_f"])
    assert np.allclose(back.parameters["head/V"], now["head/V"], rtol=0, atol=0)
    assert "mine.safetensors" in window.said[-1].text


def test_what_was_edited_goes_back_under_the_names_of_the_file(window, tmp_path):
    window.files.open_path(MODELS / "lstm_both.safetensors")
    window.bridge.edits.set_weight("l0/W_f", (0, 0), 7.0)
    said = save_walked(window.bridge, tmp_path / "back.safetensors", saving_kinds()[0])
    assert "the file's own names" in said
    before, after = (
        open_model(path).tensors for path in (MODELS / "lstm_both.safetensors", tmp_path / "back.safetensors")
    )
    assert list(before) == list(after)
    changed = {name for name in before if not np.array_equal(before[name].load(), after[name].load())}
    assert changed == {"weight_ih_l0"}


def test_a_model_whose_file_is_gone_is_still_saved(window, tmp_path):
    copy = tmp_path / "copy.safetensors"
    shutil.copy(MODELS / "lstm_both.safetensors", copy)
    window.files.open_path(copy)
    copy.unlink()
    save_walked(window.bridge, tmp_path / "back.safetensors", saving_kinds()[0])
    now = window.bridge.session.parameters
    assert all(
        np.array_equal(value, now[path]) for path, value in open_model(tmp_path / "back.safetensors").parameters.items()
    )


def test_own_names_hold_any_model(window, tmp_path):
    save_walked(window.bridge, tmp_path / "own.npz", saving_kinds()[2])
    with np.load(tmp_path / "own.npz") as found:
        assert np.array_equal(found["param/l0/W_f"], window.bridge.session.parameters["l0/W_f"])


@pytest.mark.parametrize("kind", [3, 4])
def test_the_cell_is_saved_as_a_source(window, tmp_path, kind):
    said = save_walked(window.bridge, tmp_path / "cell.py", saving_kinds()[kind])
    compile((tmp_path / "cell.py").read_text(encoding="utf-8"), "cell.py", "exec")
    assert "LSTM" in said


def test_the_ending_that_was_typed_counts():
    usual, arrays, *_ = saving_kinds()
    assert kind_for(Path("a"), arrays) is arrays
    assert kind_for(Path("a.safetensors"), arrays).suffix == ".safetensors"
    assert kind_for(Path("a.npz"), usual).names == ""
    with pytest.raises(DataError, match=r"\.onnx"):
        kind_for(Path("a.onnx"), usual)


def test_what_cannot_be_written_is_said(window, tmp_path, monkeypatch):
    answering(monkeypatch, tmp_path / "no folder" / "mine.npz", 1)
    window.commands["save_model"].trigger()
    assert "mine.npz" in window.said[-1].text
