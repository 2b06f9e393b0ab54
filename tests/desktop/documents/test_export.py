"""Pictures and data for other programs."""

from __future__ import annotations

import csv
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.errors import FileError
from core.files.trace_arrays import arrays_of
from core.frame import Phase
from desktop.documents.export import image_of, write_data, write_picture
from desktop.style.theme import DARK, LIGHT
from desktop.views.unrolled import UnrolledView
from tests.core.files.sessions import batch_session, words_session
from tests.desktop.fake_frames import fake_frame


@pytest.fixture
def view(qtbot: QtBot) -> UnrolledView:
    view = UnrolledView()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show_frame(fake_frame(T=5, H=6, cell="lstm", phase=Phase.BACKWARD, t=3, equation="c"))
    return view


@pytest.mark.parametrize("scale", [1.0, 2.0, 1.5])
def test_a_picture_has_the_pixels_that_were_asked_for(view: UnrolledView, tmp_path: Path, scale: float) -> None:
    write_picture(view, tmp_path / "walk.png", scale=scale)
    image = QImage(str(tmp_path / "walk.png"))
    assert (image.width(), image.height()) == (600 * scale, 400 * scale)
    assert image.pixelColor(2, image.height() - 2).name() == LIGHT.background.name()


def test_a_sharp_picture_shows_what_the_screen_shows(view: UnrolledView) -> None:
    small = image_of(view, 1.0)
    screen = view.grab().toImage().convertToFormat(small.format())
    assert small == screen


def test_other_colours(view: UnrolledView, tmp_path: Path) -> None:
    write_picture(view, tmp_path / "dark.png", theme=DARK)
    write_picture(view, tmp_path / "light.png")
    assert QImage(str(tmp_path / "dark.png")).pixelColor(2, 798).name() == DARK.background.name()
    assert QImage(str(tmp_path / "light.png")).pixelColor(2, 798).name() == LIGHT.background.name()


def test_text_in_an_svg_is_text(view: UnrolledView, tmp_path: Path) -> None:
    write_picture(view, tmp_path / "walk.svg")
    root = ET.parse(tmp_path / "walk.svg").getroot()
    texts = " ".join("".join(element.itertext()) for element in root.iter() if element.tag.endswith("text"))
    assert "cats" in texts
    assert root.attrib["viewBox"] == "0 0 600 400"


def test_cells_in_an_svg_are_shapes_with_their_names_as_text(view: UnrolledView, tmp_path: Path) -> None:
    write_picture(view, tmp_path / "walk.svg")
    elements = list(ET.parse(tmp_path / "walk.svg").getroot().iter())
    columns, box = 5, view.scene.boxes[0, 0]
    pictures = [each for each in elements if each.tag.endswith("image")]
    assert not [each for each in pictures if abs(float(each.attrib["width"]) - box.width) < 4]
    names = ["".join(each.itertext()).strip() for each in elements if each.tag.endswith("text")]
    assert names.count("o") >= columns


def test_any_widget_can_be_drawn(qtbot: QtBot, tmp_path: Path) -> None:
    label = QLabel("words")
    qtbot.addWidget(label)
    label.resize(80, 30)
    for name in ("label.png", "label.svg"):
        write_picture(label, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100


def test_a_view_without_a_frame(qtbot: QtBot, tmp_path: Path) -> None:
    view = UnrolledView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    write_picture(view, tmp_path / "empty.png")
    assert QImage(str(tmp_path / "empty.png")).width() == 600


@pytest.mark.parametrize("name", ["walk.jpg", "walk", "walk.png.txt"])
def test_other_endings_of_pictures(view: UnrolledView, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=r"\.png or \.svg, got"):
        write_picture(view, tmp_path / name)


def test_pictures_that_cannot_be(view: UnrolledView, qtbot: QtBot, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="another scale"):
        write_picture(view, tmp_path / "huge.png", scale=1000)
    with pytest.raises(FileError, match="cannot be written"):
        write_picture(view, tmp_path / "no folder" / "a.png")
    flat = QWidget()
    qtbot.addWidget(flat)
    flat.resize(0, 0)
    with pytest.raises(FileError, match="no size"):
        write_picture(flat, tmp_path / "flat.png")
    assert not list(tmp_path.iterdir())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_a_table_holds_every_number_exactly(tmp_path: Path) -> None:
    session = batch_session()
    session.go_end()
    write_data(session.run, tmp_path / "walk.csv")
    rows = rows_of(tmp_path / "walk.csv")
    arrays = arrays_of(session.run)
    assert len(rows) == 5 * 3
    for number, row in enumerate(rows):
        t, sample = divmod(number, 3)
        assert (row["t"], row["sequence"]) == (str(t), str(sample))
        assert float(row["l0/h[2]"]) == arrays["l0/h"][t, sample, 2]
        assert float(row["grad/l1/h[3]"]) == arrays["grad/l1/h"][t, sample, 3]
        assert float(row["loss[0]"]) == arrays["loss"][t, sample]


def test_a_table_of_half_a_walk(tmp_path: Path) -> None:
    session = words_session()
    session.go_to_time(2)
    write_data(session.run, tmp_path / "walk.csv", tokens=session.setup.sequence.tokens)
    rows = rows_of(tmp_path / "walk.csv")
    assert [row["token"] for row in rows] == list(session.setup.sequence.tokens)
    assert [row["l0/h[0]"] != "" for row in rows] == [True] * 3 + [False] * 4
    assert not any(name.startswith("grad/") for name in rows[0])
    text = (tmp_path / "walk.csv").read_text("utf-8")
    assert "# l0: LSTM, 4 units; f forget gate" in text
    assert "cross-entropy loss" in text


def test_arrays_have_the_names_of_trace(tmp_path: Path) -> None:
    session = words_session()
    session.go_end()
    write_data(session.run, tmp_path / "walk.npz")
    with np.load(tmp_path / "walk.npz") as file:
        assert set(file.files) == set(arrays_of(session.run))
        np.testing.assert_array_equal(file["grad/l0/c"], session.run.adjoints("l0/c"))


def test_data_that_cannot_be_written(tmp_path: Path) -> None:
    session = words_session()
    with pytest.raises(FileError, match=r"data is written as \.npz or \.csv"):
        write_data(session.run, tmp_path / "walk.xlsx")
    with pytest.raises(FileError, match="cannot be written"):
        write_data(session.run, tmp_path / "no folder" / "walk.csv")
