from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.frame import Change, Frame, Phase
from desktop.colours import ColourMaps
from desktop.theme import LIGHT
from desktop.views.change_table import row_of
from desktop.views.changes import ChangesPanel
from tests.desktop.fake_frames import fake_frame

# Off the screen Qt cannot do some things that only matter on it.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def shown(qtbot: QtBot, frame: Frame, width: int = 320) -> ChangesPanel:
    panel = ChangesPanel(ColourMaps(LIGHT))
    qtbot.addWidget(panel)
    panel.resize(width, 620)
    panel.show()
    panel.show_frame(frame)
    return panel


def cell(panel: ChangesPanel, row: int, column: int) -> str:
    return panel.table.model().index(row, column).data()


def test_norms_stand_in_a_table_and_what_is_to_come_is_a_dash(qtbot: QtBot) -> None:
    frame = fake_frame(phase=Phase.CLIP, H=4)
    panel = shown(qtbot, frame)
    assert panel.table.model().rowCount() == 6
    assert cell(panel, 0, 0) == "W_f"
    assert cell(panel, 0, 1) == "4 × 4"
    assert cell(panel, 0, 5) == "–"
    assert float(cell(panel, 0, 2)) == pytest.approx(np.linalg.norm(frame.changes[0].value), rel=0.05)
    panel.show_frame(fake_frame(phase=Phase.UPDATE, H=4))
    assert cell(panel, 0, 5) != "–"


def test_clipping_is_told_in_words(qtbot: QtBot) -> None:
    frame = fake_frame(phase=Phase.CLIP)
    panel = shown(qtbot, frame)
    said = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "norm at most 1" in said
    assert "2.31 → 1" in said
    assert "× 0.433" in said
    assert "kept" in said
    panel.show_frame(replace(frame, clip=replace(frame.clip, cosine=0.83, entries_cut=7)))
    said = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "cosine 0.83" in said
    assert "7 of 576" in said
    panel.show_frame(replace(frame, clip=None))
    assert not panel._clip.isVisible()


def test_an_entry_is_edited_by_a_double_click(qtbot: QtBot) -> None:
    panel = shown(qtbot, fake_frame(phase=Phase.UPDATE, H=4))
    panel.table.selectRow(2)
    qtbot.wait(1)
    place = QPoint(round(panel.map.width() * 2.5 / 4), round(panel.map.height() * 1.5 / 4))
    with qtbot.waitSignal(panel.edit_requested) as asked:
        qtbot.mouseDClick(panel.map, Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [("parameter", "l0/W_g", (1, 2))]


def test_vectors_and_scalars_have_a_map_too(qtbot: QtBot) -> None:
    vector, scalar = np.arange(5.0), np.array(0.3)
    changes = (Change("l0/b", vector, vector, None, None), Change("l0/a", scalar, scalar, None, None))
    panel = shown(qtbot, replace(fake_frame(phase=Phase.CLIP), changes=changes))
    assert panel.map.index_at(panel.map.width() * 0.99, 1) == (4,)
    panel.table.selectRow(1)
    assert panel.map.index_at(3, 3) == ()
    panel.grab()


def test_the_selected_parameter_follows_the_view(qtbot: QtBot) -> None:
    frame = fake_frame(phase=Phase.UPDATE)
    panel = shown(qtbot, frame)
    panel.show_frame(replace(frame, view=replace(frame.view, path="l0/W_o")))
    assert panel.table.currentIndex().row() == 3
    panel.show_frame(frame)
    assert panel.table.currentIndex().row() == 3


def test_norms_are_taken_once(monkeypatch) -> None:
    change = fake_frame(phase=Phase.UPDATE).changes[0]
    first = row_of(change, None)
    monkeypatch.setattr(np.linalg, "norm", lambda *_: pytest.fail("taken again"))
    assert row_of(replace(change), first).norms == first.norms


@pytest.mark.parametrize("width", [240, 260, 420])
@pytest.mark.parametrize("phase", [Phase.BACKWARD, Phase.CLIP, Phase.UPDATE])
def test_every_phase_and_width_is_drawn(qtbot: QtBot, phase: Phase, width: int) -> None:
    panel = shown(qtbot, fake_frame(phase=phase), width)
    for kind in range(4):
        panel._choose_kind((kind,))
        panel.grab()
    assert panel.table.isColumnHidden(1) == (width < 300)
    assert panel.minimumSizeHint().width() <= 260
