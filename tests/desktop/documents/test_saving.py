"""How much a saved session keeps is chosen when it is saved, and remembered."""

from __future__ import annotations

import csv

import pytest
from PySide6.QtWidgets import QFileDialog

from core.files.snapshot import load_session
from core.frame import Phase
from desktop.documents.file_kinds import snapshot_kinds
from desktop.settings import MOST_BYTES
from tests.desktop.windows import open_window


@pytest.fixture
def window(qapp, tmp_path):
    with open_window(tmp_path) as window:
        window.bridge.go_to_phase(Phase.LOSS)
        yield window


def save_as(window, monkeypatch, path, kind):
    offered = []

    def choose(_parent, _title, _start, kinds, selectedFilter):
        offered.append((kinds, selectedFilter))
        return str(path), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    assert window.files.save_as()
    return offered[0]


def test_a_small_session_is_smaller_and_comes_back_the_same(window, monkeypatch, tmp_path):
    usual, everything, small = snapshot_kinds()
    kinds, chosen = save_as(window, monkeypatch, tmp_path / "whole", usual)
    assert kinds.split(";;") == [usual, everything, small]
    assert chosen == usual
    save_as(window, monkeypatch, tmp_path / "small", small)
    assert window.settings.snapshot_bytes == 0
    _, chosen = save_as(window, monkeypatch, tmp_path / "small", small)
    assert chosen == small
    whole, less = (tmp_path / f"{name}.gatewalk" for name in ("whole", "small"))
    assert less.stat().st_size < whole.stat().st_size
    first, second = (load_session(path)[0] for path in (whole, less))
    assert first.cursor == second.cursor
    assert (first.run.values("l0/h") == second.run.values("l0/h")).all()


def test_damaged_limits_count_as_the_nearest_possible(window):
    for given, kept in ((-5, 0), (2 * MOST_BYTES, MOST_BYTES)):
        window.settings.snapshot_bytes = given
        assert window.settings.snapshot_bytes == kept


def test_tables_name_the_words(window, monkeypatch, tmp_path):
    file = tmp_path / "walk.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    window.files.export_data()
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    tokens = [row["token"] for row in csv.DictReader(lines)]
    assert tuple(tokens) == window.bridge.session.setup.sequence.tokens
