"""Measuring on a machine that does other things too: everything interleaved, only ratios and percentiles compared."""

from __future__ import annotations

import gc
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import numpy as np

Work = Callable[[], object]


def interleaved(works: Mapping[str, Work], rounds: int, calls: int = 1) -> dict[str, list[float]]:
    """Seconds a call of every work, one number a round; a round does each work ``calls`` times, one after the other."""
    for work in works.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in works}
    with without_collector():
        for _ in range(rounds):
            for name, work in works.items():
                seconds[name].append(timed(work, calls))
    return seconds


def timed(work: Work, calls: int) -> float:
    """Seconds a call."""
    start = perf_counter()
    for _ in range(calls):
        work()
    return (perf_counter() - start) / calls


@contextmanager
def without_collector() -> Iterator[None]:
    """No garbage collection falls into what is measured."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """The median over the rounds of first / second: what slows the machine down slows both."""
    return median(a / b for a, b in zip(first, second, strict=True))


def percentiles(values: Sequence[float], wanted: Sequence[float] = (50, 90, 99, 100)) -> list[float]:
    """The values that so many per cent do not exceed."""
    return [float(value) for value in np.percentile(values, wanted)]


def machine() -> str:
    """Where this was measured, in a line."""
    system = f"{platform.system()} {platform.machine()}"
    return f"Python {sys.version.split()[0]}, NumPy {np.__version__}, {system}"


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with the first column to the left and numbers to the right."""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(cells).rstrip())
    print()


def microseconds(seconds: Sequence[float]) -> str:
    """The median, as text."""
    return f"{median(seconds) * 1e6:.1f}"
