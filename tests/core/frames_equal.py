"""Frames compared deeply, bit for bit.

A fingerprint is taken when a frame is made, so that a frame is also caught that changes afterwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

import msgspec
import numpy as np

Fingerprint = dict[str, Any]
PLAIN = (str, int, float)


def fingerprint(frame: Any, leave_out: Collection[str] = ()) -> Fingerprint:
    """Every number and text of a frame by its place in it; fields named in ``leave_out`` are not looked at."""
    found: Fingerprint = {}
    _note(frame, "", leave_out, found)
    return found


def assert_frames_equal(one: Any, two: Any, leave_out: Collection[str] = ()) -> None:
    """Equal in every field, arrays bit for bit. Either may be a fingerprint."""
    first, second = (each if isinstance(each, dict) else fingerprint(each, leave_out) for each in (one, two))
    differing = [place for place in {**first, **second} if first.get(place) != second.get(place)]
    told = "\n".join(f"{place}: {_told(first, place)} != {_told(second, place)}" for place in differing[:5])
    assert not differing, f"{len(differing)} places differ:\n{told}"


def _note(part: Any, place: str, leave_out: Collection[str], found: Fingerprint) -> None:
    if part is None or isinstance(part, PLAIN):
        found[place] = repr(part)  # nan equals itself, 0.0 and -0.0 differ
    elif isinstance(part, (np.ndarray, np.generic)):
        found[place] = (part.dtype.str, part.shape, part.tobytes())
    elif names := field_names(part):
        found[place] = type(part).__name__
        for name in names:
            if name not in leave_out:
                _note(getattr(part, name), f"{place}.{name}", leave_out, found)
    elif isinstance(part, (tuple, list)):
        found[place] = len(part)
        for number, item in enumerate(part):
            _note(item, f"{place}[{number}]", leave_out, found)
    elif isinstance(part, Mapping):
        found[place] = tuple(part)
        for key in part:
            _note(part[key], f"{place}[{key}]", leave_out, found)
    else:
        found[place] = repr(part)


def field_names(part: Any) -> tuple[str, ...]:
    """Of a record of either kind; of anything else, none."""
    return _names(type(part))


@cache
def _names(kind: type) -> tuple[str, ...]:
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()


def _told(found: Fingerprint, place: str) -> str:
    value = found.get(place, "missing")
    if isinstance(value, tuple) and len(value) == 3 and isinstance(value[2], bytes):
        return str(np.frombuffer(value[2], value[0]).reshape(value[1]))
    return str(value)
