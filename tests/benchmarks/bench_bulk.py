"""Whole iterations in bulk beside the same walked step by step, beside the least NumPy can do, and beside PyTorch.

``python -m tests.benchmarks.bench_bulk [PYTHON]``; PYTHON is an interpreter that has PyTorch, by default this one where
it has. Everything runs on one thread, batch of one: forward, back through time, and the gradient of every weight.
Wanted at T = 1,000, H = 64: in float64 at most 0.35 of torch.nn.LSTM, in float32 at most 4 times it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from time import perf_counter

import numpy as np

from core.bulk import Bulk
from core.cell import load_cell
from core.network import build_network
from core.problem import Problem
from core.run import Run
from tests.benchmarks.figures import Work, interleaved, machine, microseconds, print_table, ratio

STEPS, UNITS = 1000, 64
CELLS = ("lstm", "gru", "gru_reset_before", "lstm_peephole", "rnn_tanh")
ROUNDS, CALLS = 6, 8  # of the comparison with PyTorch: processes one after the other, and calls in each
WANTED = {"float64": 0.35, "float32": 4.0}

TORCH = """
import sys, time, torch
torch.set_num_threads(1)
steps, units, calls, kind = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), getattr(torch, sys.argv[4])
module = torch.nn.LSTM(units, units, dtype=kind)
x, y = torch.randn(steps, 1, units, dtype=kind), torch.randn(steps, 1, units, dtype=kind)
for call in range(calls + 2):
    start = time.perf_counter()
    module.zero_grad()
    (0.5 * ((module(x)[0] - y) ** 2).sum()).backward()
    if call >= 2:
        print(time.perf_counter() - start)
"""
OURS = "from tests.benchmarks.bench_bulk import print_seconds; import sys; print_seconds(sys.argv[1])"


def problem_of(cell: str, kind: str = "float64", batch: int = 1, steps: int = STEPS) -> Problem:
    """Half the squared error at each step, no readout."""
    network = build_network(load_cell(cell, inputs=UNITS, units=UNITS), head="direct", loss="squared")
    rng = np.random.default_rng(4)
    inputs, targets = (rng.standard_normal((steps, batch, UNITS)) for _ in range(2))
    return Problem(network, network.initial_parameters(0), inputs, targets, dtype=np.dtype(kind))


def whole(problem: Problem) -> Work:
    """In bulk, compiled before."""
    bulk = Bulk(problem.network)
    return lambda: bulk.complete(problem).gradients()


def walked(problem: Problem) -> Work:
    """Step by step."""
    return lambda: Run(problem).complete().gradients()


def bare(problem: Problem) -> Callable[[], None]:
    """An LSTM's two matrix-vector products a step, and its products over time: less no bulk path can do."""
    rng, kind = np.random.default_rng(1), problem.dtype
    weights = rng.standard_normal((UNITS, 4 * UNITS)).astype(kind)
    turned = np.ascontiguousarray(weights.T)
    rows, deltas = (rng.standard_normal((STEPS, width)).astype(kind) for width in (UNITS, 4 * UNITS))
    row, delta = np.zeros(UNITS, kind), np.zeros(4 * UNITS, kind)

    def multiply() -> None:
        rows @ weights
        for step in rows:
            np.dot(step, weights, delta)
        for step in deltas:
            np.dot(step, turned, row)
        deltas.T @ rows
        deltas.T @ rows

    return multiply


def report_cells(rounds: int = 7) -> None:
    """Every cell against its walk."""
    rows = []
    for cell in CELLS:
        for kind in WANTED:
            problem = problem_of(cell, kind)
            works = {"bulk": whole(problem), "walk": walked(problem)}
            if cell == "lstm":
                works["bare"] = bare(problem)
            seconds = interleaved(works, rounds)
            products = f"{ratio(seconds['bulk'], seconds['bare']):.2f}" if "bare" in works else ""
            times = [microseconds(seconds[name]) for name in ("bulk", "walk")]
            rows.append([cell, kind, *times, f"{ratio(seconds['bulk'], seconds['walk']):.2f}", products])
    print_table([f"T = {STEPS}, H = {UNITS}", "", "bulk, µs", "walked, µs", "ratio", "to products alone"], rows)


def report_batches(rounds: int = 5) -> None:
    """An LSTM at other lengths and batches."""
    rows = []
    for steps in (10, 100, 1000):
        for batch in (1, 16):
            problem = problem_of("lstm", batch=batch, steps=steps)
            seconds = interleaved({"bulk": whole(problem), "walk": walked(problem)}, rounds)
            times = [microseconds(seconds[name]) for name in ("bulk", "walk")]
            rows.append([f"T = {steps}, B = {batch}", *times, f"{ratio(seconds['bulk'], seconds['walk']):.2f}"])
    print_table(["lstm, float64", "bulk, µs", "walked, µs", "ratio"], rows)


def print_seconds(kind: str) -> None:
    """Seconds of a few calls, one a line: what a process of the comparison with PyTorch prints."""
    work = whole(problem_of("lstm", kind))
    work(), work()
    for _ in range(CALLS):
        start = perf_counter()
        work()
        print(perf_counter() - start)


def report_torch(python: str) -> None:
    """Against torch.nn.LSTM, in processes that take turns so that what slows the machine slows both."""
    rows = []
    for kind, wanted in WANTED.items():
        seconds: dict[str, list[float]] = {"ours": [], "torch": []}
        for _ in range(ROUNDS):
            seconds["ours"] += _seconds([sys.executable, "-c", OURS, kind])
            seconds["torch"] += _seconds([python, "-c", TORCH, str(STEPS), str(UNITS), str(CALLS), kind])
        times = [microseconds(seconds[name]) for name in ("ours", "torch")]
        rows.append([kind, *times, f"{ratio(seconds['ours'], seconds['torch']):.2f}", f"at most {wanted}"])
    print_table(["lstm against torch.nn.LSTM", "bulk, µs", "PyTorch, µs", "ratio", "wanted"], rows)


def _seconds(command: list[str]) -> list[float]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(line) for line in done.stdout.split()]


def main() -> None:
    """Print all figures."""
    print(machine(), "", sep="\n")
    report_cells()
    report_batches()
    if len(sys.argv) > 1 or find_spec("torch"):
        report_torch(sys.argv[1] if len(sys.argv) > 1 else sys.executable)


if __name__ == "__main__":
    main()
