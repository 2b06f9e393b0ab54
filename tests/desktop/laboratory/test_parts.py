"""Fields of a picture: they go on in a next row where there is no more room, and check their numbers."""

from __future__ import annotations

import pytest

from desktop.laboratory.parts import Fields, positive, values_of, whole
from desktop.widgets.number_field import NumberField

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_fields_take_as_many_rows_as_they_need(qapp):
    numbers = [NumberField(f"number {n}", 1.0) for n in range(5)]
    row = Fields(*((f"words {n}", field) for n, field in enumerate(numbers)))
    row.resize(2000, 40)
    row.show()
    wide = row.minimumHeight()
    row.resize(300, 40)
    qapp.processEvents()
    assert row.minimumHeight() >= 2 * wide
    row.hide()
    row.deleteLater()


def test_values_and_checks(qapp):
    fields = [NumberField("a", 1.5, positive), NumberField("b", 3.0, whole(1, 5))]
    assert values_of(fields) == (1.5, 3.0)
    fields[1].setText("2.5")
    assert values_of(fields) is None
    assert "from 1 to 5" in fields[1].problem
    fields[1].setText("6")
    assert fields[1].problem
    fields[0].setText("0")
    assert "above 0" in fields[0].problem
    for field in fields:
        field.deleteLater()
