"""Memory that is used again, but never while somebody holds it."""

from __future__ import annotations

import numpy as np

from core.bulk.pool import Pool

FLOAT = np.dtype(float)


def where(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_when_nobody_holds_it() -> None:
    pool = Pool()
    first = pool.empty((30, 4), FLOAT)
    place = where(first)
    del first
    assert where(pool.empty((29, 4), FLOAT)) == place


def test_a_view_keeps_its_memory() -> None:
    pool = Pool()
    view = pool.empty((30, 4), FLOAT)[3:, 1]
    view[...] = 7.0
    pool.empty((30, 4), FLOAT)[...] = 1.0
    assert (view == 7.0).all()


def test_a_large_buffer_is_not_spent_on_a_small_array() -> None:
    pool = Pool()
    place = where(pool.empty((1000,), FLOAT))
    small = pool.empty((10,), FLOAT)
    assert where(small) != place
    assert where(pool.empty((900,), FLOAT)) == place


def test_two_dtypes_share_memory() -> None:
    pool = Pool()
    place = where(pool.empty((10,), FLOAT))
    single = pool.empty((16,), np.dtype(np.float32))
    assert (where(single), single.dtype, single.shape) == (place, np.float32, (16,))
