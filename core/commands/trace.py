"""``python main.py trace MODEL INPUT -o OUT.npz``: every variable and every gradient of one walk, in one file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.commands.batch_input import BatchInput
from core.commands.model_files import opened_with_input
from core.commands.model_options import add_lengths_option, add_model_options, choices_of
from core.commands.target_options import with_target_file
from core.commands.walk_words import network_in_words, steps_in_words
from core.errors import DataError, FileError, ShapeError
from core.files.npz import read_npz, without_prefix, write_npz
from core.files.trace_arrays import arrays_of, ends_of, file_gradients
from core.models import Model, file_of, is_model_file, is_snapshot, load_model, vocabulary_of
from core.network import Network
from core.posing import problem_of
from core.run import Problem, Run
from core.sequence import Sequence
from core.tables import count
from core.tokens import shown

Array = NDArray[Any]
LARGEST = 4_000_000_000  # bytes that a walk may take


def add_arguments(parser: ArgumentParser) -> None:
    """What the command line may say."""
    add_model_options(parser)
    parser.add_argument("input", metavar="INPUT", help=".npy (T, D) or (T, B, D), .csv with a row a step, or .txt")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.npz", help="file to write")
    parser.add_argument(
        "--target", default="", metavar="FILE", help="targets: classes (-1: no loss) or rows of numbers"
    )
    parser.add_argument("--at", choices=("all", "last"), default="all", help="where the loss stands (default: all)")
    parser.add_argument(
        "--initial", default="", metavar="FILE", help=".npz of initial states, keys initial/l0/h (K, B, H)"
    )
    add_lengths_option(parser)


def run(arguments: Namespace) -> int:
    """Walk the model over the input, write the file and say so."""
    out = _checked_output(arguments)
    if is_model_file(arguments.model):
        model, sequence, lines = opened_with_input(arguments, arguments.at)
    else:
        sequence, loss, outputs = _sequence(arguments)
        model = load_model(arguments.model, choices_of(arguments, loss), inputs=sequence.width, outputs=outputs)
        lines = []
    with np.errstate(all="ignore"):  # overflow is a result like any other, and the summary names it
        walk = Run(_problem(model, sequence, arguments.initial)).complete()
        arrays = arrays_of(walk) | ends_of(walk) | (file_gradients(walk, model.opened.names) if model.opened else {})
    write_npz(out, arrays)
    broken = [key for key, array in arrays.items() if not np.isfinite(array).all()]
    summary = _summary(walk, sequence, arguments, len(arrays))
    for line in (*lines, summary + (f"; overflow in {', '.join(broken[:4])}" if broken else "")):
        print(line)
    return 0


def _checked_output(arguments: Namespace) -> Path:
    """The file to write, when writing it is safe and possible. Raises FileError."""
    out = Path(arguments.out)
    if out.suffix.lower() != ".npz":
        raise FileError(f"{shown(arguments.out)}: the file to write must end in .npz. Name it for example trace.npz.")
    if out.is_dir() or not out.parent.is_dir():
        reason = "it is a folder" if out.is_dir() else f"there is no folder {shown(str(out.parent))}"
        raise FileError(f"{shown(arguments.out)} cannot be written: {reason}. Choose another place.")
    read = (arguments.model, arguments.input, arguments.target, arguments.weights, arguments.initial, arguments.lengths)
    for source in read:
        if source and out.exists() and Path(source).exists() and out.samefile(source):
            raise FileError(f"{shown(arguments.out)} is also read, and would be overwritten. Write to another file.")
    return out


def _sequence(arguments: Namespace) -> tuple[Sequence, str, int | None]:
    """The sequence with its targets, the loss ("" without targets) and the number of outputs."""
    batch, file = BatchInput(arguments.lengths), file_of(arguments.model)
    sequence = batch.read(arguments.input, vocabulary_of(arguments.model), file.tokens if file else None)
    if not arguments.target:
        return sequence, "", None
    wanted = arguments.loss or (file.loss if file else "")
    sequence, loss, outputs = with_target_file(sequence, arguments.target, wanted, batch.targets)
    if (sequence.targets is not None) and sequence.targets.ndim == 2 and arguments.weights:
        outputs = _outputs_of(arguments.weights, outputs)
    return sequence.with_loss_at(arguments.at), loss, outputs


def _outputs_of(weights: str, least: int) -> int:
    """The outputs of a readout in the weights; the classes of a target may be fewer."""
    matrix = without_prefix(read_npz(weights, "weights"), "param/").get("head/V")
    return max(least, len(matrix)) if matrix is not None and matrix.ndim else least


def _problem(model: Model, sequence: Sequence, initial: str) -> Problem:
    network = model.network
    states = dict(_own_states(model, sequence.batch))
    states |= initial_states(network, initial, sequence.batch) if initial else {}
    row = sum(sum(block.cell.variable_sizes.values()) for block in network.blocks)
    if (needed := 48 * row * sequence.length * sequence.batch) > LARGEST:
        raise DataError(
            f"This walk would take about {needed / 1e9:,.1f} GB, expected at most {LARGEST / 1e9:g}. "
            "Use fewer units, steps or sequences."
        )
    return problem_of(network, model.parameters, sequence, initial=states)


def _own_states(model: Model, batch: int) -> Mapping[str, Array]:
    """The initial states that a model file holds, for every sequence of the batch. Raises ShapeError."""
    states = model.opened.initial if model.opened else {}
    if model.file is not None:
        return model.file.initial(model.network, batch)
    for path, rows in states.items():
        if rows.shape[1] not in (1, batch):
            raise ShapeError(
                f"The file has initial values of {path} for {rows.shape[1]} sequences, but the input has {batch}. Give "
                "as many, or initial values by --initial."
            )
    return {path: np.broadcast_to(rows, (len(rows), batch, rows.shape[2])) for path, rows in states.items()}


def initial_states(network: Network, path: str, batch: int) -> dict[str, Array]:
    """The initial states in a file, by path, (K, B, H). Raises FileError, ShapeError for what does not fit."""
    found, name = without_prefix(read_npz(path, "initial states"), "initial/"), shown(Path(path).name)
    expected = network.initial_states(batch)
    for key, array in found.items():
        if key not in expected:
            known = ", ".join(expected) or "none"
            raise ShapeError(f"{name}: {shown(key)} has no initial values in this model; these have: {known}.")
        shape = expected[key].shape
        if array.shape not in (shape, shape[1:] if shape[0] == 1 else shape):
            raise ShapeError(f"{name}: {key} has shape {array.shape}, expected {shape}: rows × sequences × units.")
    return {key: array.reshape(expected[key].shape).astype(float) for key, array in found.items()}


def _summary(run: Run, sequence: Sequence, arguments: Namespace, arrays: int) -> str:
    """One line: what was found and what was written."""
    what = network_in_words(run.network)
    parts = [
        shown(Path(arguments.model).name) if is_model_file(arguments.model) else what,
        f"{steps_in_words(run.problem)} × {count(sequence.width, 'input')}",
    ]
    if sequence.vocabulary is not None and not is_snapshot(arguments.model):
        parts.append(
            f"a vocabulary made of the {count(len(sequence.vocabulary), 'token')} of this text ({sequence.kind})"
        )
    if run.has_loss:
        places = count(int(run.problem.loss_weights.sum()), "target")
        parts.append(f"{run.network.loss} loss {run.losses().sum():.6g} at {places}")
    else:
        parts.append("no target, so no loss and no gradients")
    return f"{'; '.join(parts)}; wrote {count(arrays, 'array')} to {arguments.out}"
