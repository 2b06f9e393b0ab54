"""What can be chosen in a picture stays where there is nothing to draw, so that something else can be chosen."""

from __future__ import annotations

import pytest

from core.frame import View
from core.reveal import frame_at
from desktop.laboratory.page import Laboratory
from desktop.laboratory.questions import Subject
from desktop.laboratory.random_products import RandomPicture
from desktop.style.colours import ColourMaps
from desktop.style.theme import LIGHT
from tests.core.walk_cases import session_of

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_a_wrong_number_can_be_mended(qapp, qtbot):
    session = session_of("rnn_tanh")
    page = Laboratory(ColourMaps(LIGHT), (RandomPicture,))
    page.resize(740, 420)
    page.show()
    page.show_frame(frame_at(session, View()), Subject(session.run.problem))
    qtbot.waitUntil(lambda: not page.busy, timeout=20_000)
    picture = page.picture
    assert picture.body.isVisible()
    picture.variance.setText("-1")
    page._ask()
    assert not picture.body.isVisible()
    assert picture.variance.isVisible()
    assert "marked" in page.sentence.text()
    picture.variance.setText("0.9")
    picture.variance.editingFinished.emit()
    qtbot.waitUntil(picture.body.isVisible, timeout=20_000)
    assert "0.9" in page.sentence.text()
    page.close_worker()
    page.hide()
    page.deleteLater()
