"""From the start of the process to the first painted window: the ready example beside an empty window and NumPy.

``python -m tests.benchmarks.bench_start [RUNS]``. Both are started in turn, many times; the first start of each, which
fills caches, is not counted. Wanted: the median of the example at most 2.5 times that of the empty window. Both are
also measured as on a machine where Python may not keep compiled modules, which has to compile all that is imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import CLOCK_MONOTONIC, clock_gettime

from tests.benchmarks.figures import machine, percentiles, print_table, ratio
from tests.benchmarks.homes import own_home

PROJECT = Path(__file__).resolve().parents[2]
WANTED = 2.5

TELL = """
from time import CLOCK_MONOTONIC, clock_gettime
from PySide6.QtCore import QEvent, QObject, QTimer
class Watcher(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, tell)
        return False
def tell():
    print(clock_gettime(CLOCK_MONOTONIC), flush=True)
    os._exit(0)
"""  # the paint of a whole window is one event of its own; what is queued meanwhile comes when all is painted. Only the
# window is watched: where Python is to see all objects of Qt, PySide6 loads all its classes to find a name for them.

EMPTY = f"""
import os
import numpy
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1600, 900)
{TELL}
watcher = Watcher()
window.installEventFilter(watcher)
window.show()
app.exec()
"""

EXAMPLE = f"""
import os
import desktop.launch
loaded = desktop.launch.require_qt
def require_qt():
    loaded()
    exec({TELL!r}, globals())
    from PySide6.QtWidgets import QMainWindow
    shown = QMainWindow.show
    def show(window):
        window.installEventFilter(Watcher(window))
        shown(window)
    QMainWindow.show = show
desktop.launch.require_qt = require_qt
from main import main
main([])
"""  # as a person starts it, in the same order; only the moment of showing is caught
PROGRAMS = {"empty": EMPTY, "example": EXAMPLE}


def start(program: str, environment: Mapping[str, str]) -> float:
    """Seconds from the start of the process until the window is painted."""
    began = clock_gettime(CLOCK_MONOTONIC)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=dict(environment), capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1]) - began


def starts(runs: int, environment: Mapping[str, str]) -> dict[str, list[float]]:
    """Seconds of every counted start; the order changes from round to round."""
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for program in PROGRAMS.values():
        start(program, environment)
    for number in range(runs):
        for name in sorted(PROGRAMS, reverse=bool(number % 2)):
            seconds[name].append(start(PROGRAMS[name], environment))
    return seconds


def row_of(title: str, seconds: Mapping[str, list[float]]) -> list[str]:
    """Medians, best and ratios of one kind of start."""
    empty, example = seconds["empty"], seconds["example"]
    medians = [percentiles(each, (50,))[0] for each in (empty, example)]
    cells = [f"{1000 * value:.0f}" for value in (*medians, min(empty), min(example))]
    ratios = (medians[1] / medians[0], ratio(example, empty), min(example) / min(empty))
    return [title, *cells, *(f"{value:.2f}" for value in ratios)]


def main() -> None:
    """Print all figures."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    print(f"{machine()}; {runs} starts each; wanted: ratio of the medians at most {WANTED}", "", sep="\n")
    with tempfile.TemporaryDirectory(prefix="gatewalk-bench-") as place:
        environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
        environment |= own_home(Path(place))
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        rows = [row_of("compiled modules kept", starts(runs, environment))]
        (Path(place) / "bytecode").rename(Path(place) / "old")
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment.pop("PYTHONPYCACHEPREFIX")
        if not list(PROJECT.glob("core/__pycache__")):
            rows.append(row_of("compiled at every start", starts(max(3, runs // 2), environment)))
    head = ["ms", "empty", "example", "best empty", "best example", "of medians", "median of ratios", "of the best"]
    print_table(head, rows)


if __name__ == "__main__":
    main()
