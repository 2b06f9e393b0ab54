"""Memory that is used again: an operating system takes longer to hand out fresh pages than a step to fill them."""

from __future__ import annotations

from math import prod
from sys import getrefcount
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_UNUSED = 3  # references to a buffer that only the pool knows: its list, the loop's name, the call's argument
_MOST = 64  # buffers that are remembered


class Pool:
    """Arrays whose memory is given out again once nobody holds them or a view of them. For one thread."""

    def __init__(self) -> None:
        self._buffers: list[NDArray[np.uint8]] = []

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """An array with anything in it."""
        size = prod(shape) * dtype.itemsize
        return self._buffer(size)[:size].view(dtype).reshape(shape)

    def _buffer(self, size: int) -> NDArray[np.uint8]:
        """The smallest unused buffer that is large enough and not far too large, or a new one."""
        best: int | None = None
        for number in range(len(self._buffers)):
            buffer = self._buffers[number]
            fits = size <= buffer.size <= 4 * size and getrefcount(buffer) == _UNUSED
            if fits and (best is None or buffer.size < self._buffers[best].size):
                best = number
        if best is not None:
            return self._buffers[best]
        new = np.empty(size, np.uint8)
        self._buffers = [*self._buffers[-_MOST + 1 :], new]
        return new
