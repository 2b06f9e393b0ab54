"""Targets of a sequence: classes (T, B) with -1 for "no loss here", or numbers (T, B, O) with a row of NaN for it."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Ordered
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import DataError, ShapeError
from core.tables import place_in_words, type_in_words
from core.tokens import shown
from core.vocabulary import Vocabulary

NO_LOSS = -1  # the class that means: no loss at this step


def has_target(targets: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a target stands: (T, B)."""
    return ~np.isnan(targets).any(axis=2) if targets.ndim == 3 else targets != NO_LOSS


def only_last(targets: NDArray[Any], lengths: NDArray[np.intp]) -> NDArray[Any]:
    """A copy with the last target of each sequence only; sequence b ends before step ``lengths[b]``."""
    steps = np.arange(len(targets))[:, None]
    there = has_target(targets) & (steps < lengths)
    last = np.where(there, steps, -1).max(axis=0)
    copy = targets.copy()
    copy[steps != last] = NO_LOSS if targets.ndim == 2 else np.nan
    return copy


def not_behind(targets: NDArray[Any], lengths: NDArray[np.intp]) -> NDArray[Any]:
    """A read-only copy without targets in padding; sequence b ends before step ``lengths[b]``."""
    copy = targets.copy()
    copy[np.arange(len(targets))[:, None] >= lengths] = NO_LOSS if targets.ndim == 2 else np.nan
    copy.flags.writeable = False
    return copy


def without(targets: NDArray[Any], steps: NDArray[np.int64]) -> NDArray[Any]:
    """A copy of ``targets`` with no loss at ``steps``."""
    copy = targets.copy()
    copy[steps] = np.nan if copy.ndim == 3 else NO_LOSS
    return copy


def empty_like_row(row: NDArray[Any], length: int, batch: int) -> NDArray[Any]:
    """Targets without any loss, for rows like ``row``: classes, or numbers (…, O)."""
    if row.dtype.kind == "f":
        return np.full((length, batch, row.shape[-1] if row.ndim else 1), np.nan)
    return np.full((length, batch), NO_LOSS, dtype=np.int64)


def target_row(target: ArrayLike, what: str) -> NDArray[Any]:
    """A target of one step as an array: whole numbers are classes, fractions are output numbers."""
    row = np.asarray(target)
    if row.dtype.kind not in "biuf":
        raise DataError(f"{what} holds {type_in_words(row.dtype)}, expected a class or numbers.")
    return row.astype(np.float64 if row.dtype.kind == "f" else np.int64)


def with_row(targets: NDArray[Any], t: int, row: NDArray[Any]) -> NDArray[Any]:
    """A copy of ``targets`` with ``row`` at step ``t``; raises ShapeError when it is of another kind or size."""
    if targets.ndim == 3:
        row = row.astype(np.float64)
        row = row[None] if row.ndim == 0 and targets.shape[2] == 1 else row
    expected = [(), targets.shape[1:]] if targets.ndim == 2 else [targets.shape[2:], targets.shape[1:]]
    if row.dtype.kind != targets.dtype.kind or row.shape not in expected:
        sizes = " or ".join(_size(shape, targets.dtype.kind) for shape in dict.fromkeys(expected))
        raise ShapeError(
            f"The target of step {t + 1} got {_size(row.shape, row.dtype.kind)}, expected {sizes}, as elsewhere. "
            "Give a target of that size, or replace the targets of all steps."
        )
    copy = targets.copy()
    copy[t] = row
    return copy


def checked_targets(targets: ArrayLike, length: int, batch: int, labels: Ordered[str]) -> NDArray[Any]:
    """``targets`` as a read-only array of the right type and shape; raises DataError or ShapeError."""
    array = np.array(targets)  # a copy: nobody else can change it
    if array.dtype.kind not in "biuf":
        raise DataError(f"The targets hold {type_in_words(array.dtype)}, expected classes or numbers.")
    if array.shape[:2] != (length, batch) or array.ndim not in (2, 3) or array.size == 0:
        raise ShapeError(
            f"Got targets of shape {array.shape}, expected ({length}, {batch}) classes or ({length}, {batch}, outputs) "
            "numbers. Give one target per step and sequence."
        )
    array = _checked_classes(array, labels) if array.ndim == 2 else _checked_numbers(array.astype(np.float64))
    array.flags.writeable = False
    return array


def class_of(label: str, labels: Ordered[str]) -> int:
    """The class named ``label``; raises DataError that lists what there is."""
    if not labels:
        raise DataError(f"The classes have no names, so {shown(label)} means nothing. Give the number of the class.")
    if label in labels:
        return tuple(labels).index(label)
    near = Vocabulary(tuple(labels)).near(label)
    hint = f" (near: {', '.join(map(shown, near))})" if near else ""
    few = ", ".join(map(shown, labels[:8])) + (" …" if len(labels) > 8 else "")
    raise DataError(f"{shown(label)}{hint} is none of the {len(labels)} classes: {few}. Choose one of these.")


def chosen_steps(steps: str | Iterable[int], known: NDArray[Any]) -> NDArray[np.int64]:
    """The steps that "all", "last" or a list of numbers (from 0) mean, among those that have a target."""
    possible = np.flatnonzero(has_target(known).any(axis=1))
    if not possible.size:
        raise DataError("No step of this sequence has a target. Give at least one step a target first.")
    if isinstance(steps, str):
        if steps not in ("all", "last"):
            raise DataError(f"The loss stands at “all”, “last” or a list of steps, got {shown(steps)}.")
        return possible if steps == "all" else possible[-1:]
    chosen = np.array(sorted({int(step) for step in steps}), dtype=np.int64)
    if not chosen.size:
        raise DataError("Got an empty list of steps, so there would be no loss at all. Choose at least one step.")
    if chosen[0] < 0 or chosen[-1] >= len(known):
        wrong = chosen[0] if chosen[0] < 0 else chosen[-1]
        raise DataError(f"There is no step {wrong + 1}: the sequence has the steps 1 to {len(known)}.")
    missing = np.setdiff1d(chosen, possible)
    if missing.size:
        raise DataError(f"Step {missing[0] + 1} has no target, so it can have no loss. Give it a target first.")
    return chosen


def _checked_classes(array: NDArray[Any], labels: Ordered[str]) -> NDArray[np.int64]:
    if array.dtype.kind == "f":
        whole = np.isfinite(array) & (array == np.round(array))
        if not whole.all():
            place = tuple(int(i) for i in np.argwhere(~whole)[0])
            raise DataError(
                f"The target in row {place[0] + 1}, sequence {place[1] + 1} is {array[place]:g}, expected a class, "
                "a whole number. Give classes as (T, B) whole numbers, or output numbers as (T, B, outputs)."
            )
    top = len(labels) - 1 if labels else np.iinfo(np.int32).max
    wrong = np.argwhere((array < NO_LOSS) | (array > top))
    if wrong.size:
        place = tuple(int(i) for i in wrong[0])
        classes = f"0 to {top} ({', '.join(labels[:8])}{' …' if len(labels) > 8 else ''})" if labels else "0 or more"
        raise DataError(
            f"The target in row {place[0] + 1}, sequence {place[1] + 1} is class {array[place]:g}, expected {classes}, "
            "or -1 for no loss at that step."
        )
    return array.astype(np.int64)


def _checked_numbers(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows are finite, or NaN all over, which means that there is no loss."""
    wrong = np.argwhere(~np.isfinite(array) & ~np.isnan(array).all(axis=2, keepdims=True))
    if wrong.size:
        place = tuple(int(i) for i in wrong[0])
        raise DataError(
            f"The target in {place_in_words(place, array.shape)} is {array[place]:g}, expected a finite number. "
            "Correct it, or set the whole row to NaN for no loss there."
        )
    return array


def _size(shape: tuple[int, ...], kind: str) -> str:
    size = " × ".join(map(str, shape)) or "1"
    return f"{size} {'class' if kind == 'i' else 'number'}" + ("" if size == "1" else "es" if kind == "i" else "s")
