from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from core.frame import Change, ClipReport, FlowFrame, Frame, Phase
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
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
    assert "cosine 0.83, 34°" in said
    assert "7 of 576" in said
    panel.show_frame(replace(frame, clip=None))
    assert not panel.reports.clip.isVisible()


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


def test_all_columns_are_in_sight_where_they_have_room(qtbot: QtBot) -> None:
    panel = shown(qtbot, fake_frame(phase=Phase.UPDATE), 320)
    table = panel.table
    whole = sum(table.columnWidth(column) for column in range(6) if not table.isColumnHidden(column))
    assert not table.isColumnHidden(5)
    assert whole <= table.viewport().width()


def test_entries_that_were_cut_are_marked_and_counted(qtbot: QtBot) -> None:
    gradient = np.array([[3.0, 0.5], [-0.2, -2.0]])
    change = Change("l0/U", gradient, gradient, np.clip(gradient, -1, 1), None)
    report = ClipReport("value at most 1", 3.6, 1.5, 0.97, 2, 4)
    frame = replace(fake_frame(phase=Phase.CLIP), changes=(change,), clip=report)
    panel = shown(qtbot, frame)
    before = panel.map.grab().toImage()
    panel._choose_kind((2,))
    assert "2 entries cut, marked" in panel.map.accessibleName()
    assert panel.before.isVisible()
    assert panel.before.index_at(1, 1) == (0, 0)
    image = panel.map.grab().toImage()
    dark = [near_dark(image, x, y) for y in (0.25, 0.75) for x in (0.25, 0.75)]
    assert dark == [True, False, False, True]
    assert not any(near_dark(before, x, y) for y in (0.25, 0.75) for x in (0.25, 0.75))
    panel.show_frame(replace(frame, clip=replace(report, rule="norm at most 1")))
    panel._show_map()
    assert "cut" not in panel.map.accessibleName()
    panel._choose_kind((1,))
    assert not panel.before.isVisible()


def near_dark(image: QImage, x: float, y: float) -> bool:
    """Whether a dark frame crosses the row through the middle of a cell."""
    row, half = round(image.height() * y), round(image.width() * 0.25)
    columns = range(max(round(image.width() * x) - half + 1, 0), round(image.width() * x) + half - 1)
    return any(image.pixelColor(column, row).lightness() < 110 for column in columns)


def test_the_regulariser_is_told_in_rows(qtbot: QtBot) -> None:
    nothing = np.zeros(4, bool)
    zero = np.array([False, False, True, True])
    ratios = np.array([np.nan, 0.5, np.nan, np.nan])
    flow = FlowFrame("l0", "", "h", ratios, zero, nothing, 0.25, 2.0, "exact", 3.0, None, None)
    frame = replace(fake_frame(phase=Phase.REGULARISER), flow=flow, clip=None)
    panel = shown(qtbot, frame)
    said = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert "0.25 so far · weight 2" in said
    assert "2, ∂L/∂h is zero" in said
    assert said.count("comes with the last term") == 2
    panel.show_frame(replace(frame, flow=replace(flow, norm_after=4.0, cosine=0.5)))
    said = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert {"3 → 4", "cosine 0.5, 60°", "0.25 · weight 2"} <= set(said)


def test_a_parameter_of_zeros_is_said_to_be_one(qtbot: QtBot) -> None:
    frame = fake_frame(phase=Phase.UPDATE, H=4)
    zeros = replace(frame.changes[0], gradient=np.zeros((4, 4)))
    panel = shown(qtbot, replace(frame, changes=(zeros, *frame.changes[1:])))
    panel.table.selectRow(0)
    said = [label.text() for label in panel.findChildren(QLabel) if "4 × 4" in label.text()]
    assert any("all zero" in text for text in said)
    assert not any("−0" in text for text in said)
