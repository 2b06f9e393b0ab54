"""The map of losses beside one plain backward pass, and what a long sequence takes: time, memory, time to stop.

``python -m tests.benchmarks.bench_map``. An LSTM of 64 units on one thread, half the squared error at each step. The
plain pass is that of ``core.bulk``, the gradients of all weights included. What the thread worked is counted: a busy
machine interrupts the longer of two works more often. Wanted: the whole map of 200 steps, 20,100 gradients, in at most
12 times the plain pass; 2,000 steps within memory, and stopped at once.
"""

from __future__ import annotations

import os

if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import threading
import tracemalloc
from time import perf_counter, thread_time

from core.bulk import Bulk
from core.errors import Cancelled
from core.gradients.backward import loss_sweep
from core.gradients.itemised.loss_map import LossMap, loss_map
from core.problem import Problem
from core.run import Run
from tests.benchmarks.bench_bulk import problem_of
from tests.benchmarks.figures import machine, microseconds, percentiles, print_table, ratio, without_collector

STEPS, LONG, ROUNDS = 200, 2000, 15
PATH = "l0/h"
WANTED = 12


def report_ratio(cells: tuple[str, ...] = ("lstm", "gru", "rnn_tanh")) -> None:
    """Both in turns, so that what slows the machine slows both."""
    rows = []
    for cell in cells:
        problem = problem_of(cell, steps=STEPS)
        run, bulk = Run(problem).complete(), Bulk(problem.network)
        seconds: dict[str, list[float]] = {"map": [], "plain": []}
        with without_collector():
            for _ in range(ROUNDS + 2):
                seconds["plain"].append(backward(bulk, problem))
                seconds["map"].append(mapped(run))
        found = {name: times[2:] for name, times in seconds.items()}
        wanted = f"at most {WANTED}" if cell == "lstm" else ""
        times = [microseconds(found[name]) for name in ("map", "plain")]
        rows.append([cell, *times, f"{ratio(found['map'], found['plain']):.1f}", wanted])
    print_table([f"T = {STEPS}, H = 64", "map, µs", "plain backward, µs", "ratio", "wanted"], rows)


def backward(bulk: Bulk, problem: Problem) -> float:
    """Seconds that the thread works for the backward half with all gradients."""
    whole = bulk.forward(problem)
    start = thread_time()
    whole.complete().gradients()
    return thread_time() - start


def mapped(run: Run) -> float:
    """Seconds that the thread works for a map."""
    start = thread_time()
    loss_map(run, PATH)
    return thread_time() - start


def report_long() -> None:
    """Two thousand steps: how long, how much memory, how soon it stops."""
    run = Run(problem_of("lstm", steps=LONG)).complete()
    seconds = mapped(run)
    tracemalloc.start()
    found = loss_map(run, PATH)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = [["seconds", f"{seconds:.1f}"], ["memory at most, MB", f"{peak / 1e6:.0f}"]]
    rows += [["of it the map itself, MB", f"{size_of(found) / 1e6:.0f}"]]
    rows += [["bound on what is on its way, MB", f"{loss_sweep.MEMORY / 1e6:.0f}"]]
    stops = sorted(1000 * seconds_to_stop(run, 0.1 + 0.2 * number) for number in range(10))
    rows += [["ms until stopped, median", f"{percentiles(stops, [50])[0]:.1f}"], ["longest", f"{stops[-1]:.1f}"]]
    print_table([f"T = {LONG}, H = 64", ""], rows)


def size_of(found: LossMap) -> int:
    """Bytes of the map's arrays."""
    return sum(array.nbytes for array in (found.norms, found.along, found.reached, found.totals, found.entries))


def seconds_to_stop(run: Run, after: float) -> float:
    """From the moment when somebody stops the map until it has stopped."""
    stop, stopped = threading.Event(), 0.0

    def work() -> None:
        nonlocal stopped
        try:
            loss_map(run, PATH, cancelled=stop.is_set)
        except Cancelled:
            stopped = perf_counter()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(after)
    asked = perf_counter()
    stop.set()
    thread.join()
    return stopped - asked


def main() -> None:
    """Print all figures."""
    print(machine(), "", sep="\n")
    report_ratio()
    report_long()


if __name__ == "__main__":
    main()
