"""``python main.py sample SCENARIO --out FILE``: sequences of a task, written for other programs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

import msgspec
import numpy as np

from core.commands.model_options import positive, whole
from core.errors import GatewalkError
from core.files.task_data import save_sequences
from core.scenario import read_scenario, scenario_names
from core.tables import count
from core.tasks import TASKS, Task

PARTS = ("training", "test")
_BATCHES = 2  # the stream of a seed that batches come from, as in a training


def add_arguments(parser: ArgumentParser) -> None:
    """What the command may say."""
    names = ", ".join(sorted(TASKS))
    parser.add_argument("task", metavar="TASK", help=f"a scenario with a task, or one of: {names}")
    parser.add_argument("--out", required=True, metavar="FILE", type=Path, help="the .npz or .csv file to write")
    parser.add_argument("--count", type=positive, default=100, metavar="N", help="sequences (default: 100)")
    parser.add_argument("--part", choices=PARTS, default="training", help="which part of the task (default: training)")
    parser.add_argument("--seed", type=whole, metavar="S", help="seed (default: the task's)")


def run(arguments: Namespace) -> int:
    """Write the sequences and say what was written."""
    task = _task(arguments.task)
    if arguments.seed is not None:
        task = msgspec.structs.replace(task, seed=arguments.seed)
    if arguments.part == "test":
        sequences = task.held_out(arguments.count)
    else:
        sequences = (task.batch(np.random.default_rng((task.seed, _BATCHES, 0)), arguments.count),)
    save_sequences(arguments.out, sequences)
    written = sum(sequence.batch for sequence in sequences)
    print(f"wrote {count(written, 'sequence')} of the {arguments.part} part to {arguments.out}")
    return 0


def _task(name: str) -> Task:
    """The task of a scenario, or one by its own name with its usual settings. Raises GatewalkError."""
    if name in TASKS:
        return TASKS[name]()
    if not name.endswith(".toml") and name not in scenario_names():
        known = ", ".join(sorted(TASKS))
        raise GatewalkError(f"There is no task or scenario '{name}'. Use one of: {known}; or a scenario.")
    task = read_scenario(name).task()
    if task is None:
        raise GatewalkError(f"The scenario '{name}' has no task: it reads one sequence of its own. Choose another.")
    return task
