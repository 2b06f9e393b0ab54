"""Curves have as few points as a chart has pixels for, and hide no peak."""

from __future__ import annotations

import numpy as np

from core.learning.course import Mark
from desktop.training.series import Series, envelope, thinned


def marks(count: int) -> list[Mark]:
    first = Mark(0, score=0.25)
    return [first, *(Mark(n, n / 10, n / 5, n % 3 == 0, n / 100 if n % 2 == 0 else None) for n in range(1, count))]


def test_what_is_measured_is_taken_in_once_and_in_parts():
    whole, parts = Series(), Series()
    every = marks(300)
    whole.take(every)
    for count in (1, 2, 70, 300):
        parts.take(every[:count])
    np.testing.assert_array_equal(whole.losses, parts.losses)
    np.testing.assert_array_equal(whole.clipped, np.arange(3, 300, 3))
    places, scores = whole.scores
    assert places[:3].tolist() == [0, 2, 4]
    assert scores[:3].tolist() == [0.25, 0.02, 0.04]
    assert np.isnan(whole.losses[0])


def test_another_training_begins_afresh():
    series = Series()
    series.take(marks(50))
    series.take(marks(10))
    assert series.count == 10
    assert series.norms[-1] == 9 / 5


def test_few_values_stay_as_they_are_and_nan_is_left_out():
    x, y = envelope(np.array([np.nan, 1.0, 3.0, 2.0]), 100)
    assert x.tolist() == [1, 2, 3]
    assert y.tolist() == [1, 3, 2]


def test_many_values_keep_their_peaks_and_their_order():
    values = np.sin(np.arange(10_000))
    values[7_123] = 50.0
    values[42] = -50.0
    x, y = envelope(values, 100)
    assert len(x) <= 200
    assert (np.diff(x) > 0).all()
    assert (y.max(), y.min()) == (50.0, -50.0)
    assert x[y.argmax()] == 7_123


def test_marks_are_thinned_to_what_can_be_told_apart():
    places = np.arange(1, 10_001)
    found = thinned(places, 10_000, 60)
    assert 50 <= len(found) <= 61
    assert set(found) <= set(places.tolist())
    assert thinned(np.array([5, 9]), 10_000, 60).tolist() == [5.0, 9.0]
