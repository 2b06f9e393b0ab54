"""Every array once: equal arrays are found by their content and kept stacked, type by type and shape by shape.

A session of a thousand iterations has tens of thousands of arrays; as members of their own their names and headers
would take more room than their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.files.snapshot.records import PoolGroup, Ref

Array = NDArray[Any]
Digest = tuple[str, tuple[int, ...], bytes]


class PoolWriter:
    """Takes arrays and gives references; ``members`` are what has to be written."""

    def __init__(self, named: Mapping[str, Array]) -> None:
        """``named``: arrays that are members anyway, by key; they are referred to and not kept again."""
        self._seen: dict[int, tuple[Array, Digest]] = {}  # by identity; holds the array, so that no id is reused
        self._refs: dict[Digest, Ref] = {}
        self._groups: dict[str, dict[int, Array]] = {}
        self._count = 0
        for key, array in named.items():
            self._refs.setdefault(self._digest(array), key)

    def add(self, array: Array) -> Ref:
        """What the document says in place of the array."""
        digest = self._digest(array)
        if digest not in self._refs:
            self._groups.setdefault(_group_key(array), {})[self._count] = array
            self._refs[digest] = self._count
            self._count += 1
        return self._refs[digest]

    @property
    def groups(self) -> list[PoolGroup]:
        """The index of the pool."""
        return [PoolGroup(key, list(arrays)) for key, arrays in self._groups.items()]

    def members(self) -> dict[str, Array]:
        """The stacked arrays by key."""
        return {key: np.stack(list(arrays.values())) for key, arrays in self._groups.items()}

    def _digest(self, array: Array) -> Digest:
        if id(array) not in self._seen:
            content = blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).digest()
            self._seen[id(array)] = array, (array.dtype.str, array.shape, content)
        return self._seen[id(array)][1]


class PoolReader:
    """Gives the arrays that references name, read-only."""

    def __init__(self, groups: Iterable[PoolGroup], members: Mapping[str, Array]) -> None:
        """Raises KeyError for a missing member and ValueError for one of another length."""
        self._members = members
        self._rows: dict[int, tuple[Array, int]] = {}
        for group in groups:
            stack = members[group.key]
            if stack.ndim < 1 or len(stack) != len(group.numbers):
                raise ValueError(f"{group.key} has shape {stack.shape}, expected {len(group.numbers)} arrays")
            self._rows.update({number: (stack, row) for row, number in enumerate(group.numbers)})

    def get(self, ref: Ref) -> Array:
        """The array; KeyError where there is none."""
        if isinstance(ref, str):
            return self._members[ref]
        stack, row = self._rows[ref]
        return stack[row, ...]


def _group_key(array: Array) -> str:
    size = "x".join(map(str, array.shape)) or "scalar"
    return f"pool/{array.dtype.name}-{size}"
