"""``python main.py check MODEL [INPUT]``: every gradient against small differences, and the worst error."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.commands.batch_input import BatchInput
from core.commands.model_files import opened_with_input
from core.commands.model_options import add_lengths_option, add_model_options, choices_of, positive
from core.commands.target_options import CROSS_ENTROPY, SQUARED, with_target_file
from core.commands.walk_words import network_in_words, steps_in_words
from core.errors import DataError
from core.files.lengths import lengths_in
from core.gradients.proof.check import Proof, Summary, prove_all
from core.gradients.proof.measure import VERDICTS
from core.models import (
    Model,
    file_of,
    inputs_in,
    is_model_file,
    is_snapshot,
    load_model,
    random_parameters,
    vocabulary_of,
)
from core.network import Network
from core.network_file import is_network
from core.posing import problem_of
from core.run import Problem, Run
from core.sequence import Sequence, from_numbers
from core.tables import count

Array = NDArray[Any]
INPUTS, OUTPUTS, STEPS, BATCH = 3, 3, 6, 2  # of what is made up
LARGEST = 2e12  # operations on numbers: some minutes


def add_arguments(parser: ArgumentParser) -> None:
    """What the command line may say."""
    add_model_options(parser)
    parser.add_argument("input", metavar="INPUT", nargs="?", default="", help="a sequence (default: random numbers)")
    parser.add_argument("--target", default="", metavar="FILE", help="targets of INPUT (default: random ones)")
    parser.add_argument("--steps", type=positive, metavar="T", help=f"steps of the random input (default: {STEPS})")
    add_lengths_option(parser)


def run(arguments: Namespace) -> int:
    """Check, print a table, and give 1 when a gradient differs."""
    generator = np.random.default_rng(arguments.seed or 0)
    model, problem = _problem(arguments, generator)
    summary = prove_all(Run(problem).complete(), progress=_progress())
    print(_heading(model, problem, arguments))
    for line in table(summary):
        print(line)
    return 0 if summary.agrees else 1


def table(summary: Summary) -> list[str]:
    """The summary as lines: a row per path, then the worst of all and what differs."""
    width = max([len(path.path) for path in summary.paths], default=4)
    lines = [f"{'path':<{width}}  {'count':>7}  {'worst error':>11}  {'central':>7}  {'complex':>7}  verdicts"]
    for path in summary.paths:
        verdicts = ", ".join(f"{number} {verdict}" for verdict in VERDICTS if (number := path.verdicts.get(verdict, 0)))
        methods = [path.methods.get(method, 0) for method in ("central difference", "complex step")]
        worst = "–" if np.isnan(path.worst) else f"{path.worst:.1e}"
        lines.append(
            f"{path.path:<{width}}  {path.count:>7}  {worst:>11}  {methods[0]:>7}  {methods[1]:>7}  {verdicts}"
        )
    lines += [f"differs: {_proof(proof)}" for proof in summary.failures[:10]]
    if summary.worst is not None:
        lines.append(f"worst: {_proof(summary.worst)}")
    total = ", ".join(f"{number} {verdict}" for verdict in VERDICTS if (number := summary.verdicts(verdict)))
    return [*lines, f"{count(summary.count, 'gradient')}: {total}"]


def _proof(proof: Proof) -> str:
    t = "" if proof.t is None else f" at {'row' if proof.path.startswith('initial/') else 't ='} {proof.t + 1}"
    place = ", ".join(str(index + 1) for index in proof.index)
    return (
        f"{proof.path}[{place}]{t}: computed {proof.analytic:.9g}, {proof.method} {proof.numeric:.9g}, "
        f"relative error {proof.relative_error:.1e}, {proof.verdict}"
    )


def _heading(model: Model, problem: Problem, arguments: Namespace) -> str:
    numbers = "all parameters random"
    if _has_numbers(arguments):
        numbers = f"parameters from {arguments.weights or arguments.model}"
    data = arguments.input or "random input"
    return f"{network_in_words(model.network)}, {model.network.loss} loss; {numbers}; {data}: {steps_in_words(problem)}"


def _problem(arguments: Namespace, generator: np.random.Generator) -> tuple[Model, Problem]:
    if is_model_file(arguments.model):
        model, sequence = _from_file(arguments, generator)
    else:
        model, sequence = _from_name(arguments, generator)
    network = model.network
    states = {path: generator.normal(size=rows.shape) for path, rows in network.initial_states(sequence.batch).items()}
    if arguments.target:
        problem = problem_of(network, model.parameters, sequence, initial=states)
    else:
        target = random_target(network, (sequence.length, sequence.batch), generator)
        lengths = sequence.lengths
        problem = Problem(network, model.parameters, sequence.inputs, target, initial=states, lengths=lengths)
    _check_size(problem)
    return model, problem


def _from_file(arguments: Namespace, generator: np.random.Generator) -> tuple[Model, Sequence]:
    _check_options(arguments)
    model, sequence, lines = opened_with_input(arguments, made_up=lambda inputs: _made_up(arguments, generator, inputs))
    for line in lines:
        print(line)
    return model, sequence


def _from_name(arguments: Namespace, generator: np.random.Generator) -> tuple[Model, Sequence]:
    sequence = _sequence(arguments, generator)
    loss, outputs = arguments.loss or _loss_for(arguments), OUTPUTS
    if arguments.target:
        prepare = BatchInput(arguments.lengths).targets
        wanted = loss if is_network(arguments.model) else arguments.loss
        sequence, loss, outputs = with_target_file(sequence, arguments.target, wanted, prepare)
    free = not arguments.target and (bool(arguments.weights) or arguments.head == "direct")
    choices = choices_of(arguments, loss)
    model = load_model(arguments.model, choices, inputs=sequence.width, outputs=None if free else outputs)
    if not _has_numbers(arguments):
        model = Model(model.network, random_parameters(model.network, generator))
    return model, sequence


def _sequence(arguments: Namespace, generator: np.random.Generator) -> Sequence:
    _check_options(arguments)
    if arguments.input:
        file = file_of(arguments.model)
        vocabulary = vocabulary_of(arguments.model)
        return BatchInput(arguments.lengths).read(arguments.input, vocabulary, file.tokens if file else None)
    return _made_up(arguments, generator, _inputs(arguments))


def _made_up(arguments: Namespace, generator: np.random.Generator, inputs: int) -> Sequence:
    lengths = lengths_in(arguments.lengths) if arguments.lengths else np.full(BATCH, arguments.steps or STEPS)
    return from_numbers(generator.normal(size=(lengths.max(), len(lengths), inputs))).padded(lengths)


def _check_options(arguments: Namespace) -> None:
    """Refuses options that belong to another input than the one that is there."""
    if arguments.input and arguments.steps:
        raise DataError("--steps is for random input; this input has its own steps. Leave one of them out.")
    if arguments.lengths and arguments.steps:
        raise DataError("--steps is for sequences of one length, --lengths for several. Leave one of them out.")
    if arguments.target and not arguments.input:
        raise DataError("A target needs the INPUT that it belongs to. Give both, or neither.")


def _inputs(arguments: Namespace) -> int:
    """The inputs that given weights are for, or a few."""
    if not (_has_numbers(arguments) or is_network(arguments.model)):
        return INPUTS
    return inputs_in(arguments.model, arguments.weights) or INPUTS


def _has_numbers(arguments: Namespace) -> bool:
    """Whether the parameters are given, in a file or in a saved session."""
    return bool(arguments.weights) or is_snapshot(arguments.model) or is_model_file(arguments.model)


def _loss_for(arguments: Namespace) -> str:
    """The loss that suits the readout; a saved session has its own, and so has a network file."""
    if is_snapshot(arguments.model):
        return ""
    if file := file_of(arguments.model):
        return file.loss
    return SQUARED if arguments.head in ("identity", "direct") else CROSS_ENTROPY


def random_target(network: Network, shape: tuple[int, int], generator: np.random.Generator) -> Array:
    """A target that the loss can read, (T, B, O)."""
    if network.loss != CROSS_ENTROPY:
        return generator.normal(size=(*shape, network.outputs))
    return np.eye(network.outputs)[generator.integers(0, network.outputs, shape)]


def _check_size(problem: Problem) -> None:
    network = problem.network
    numbers = sum(int(np.prod(shape)) for shape in network.parameter_shapes.values())
    width = sum(sum(block.cell.variable_sizes.values()) for block in network.blocks)
    copies = numbers + width * problem.steps / 2  # of the walk, each over all weights and operations
    if copies * problem.steps * problem.batch_size * (4 * numbers + 200 * width) > LARGEST:
        raise DataError(
            f"Checking every gradient of this walk would take very long: {numbers:,} parameters over {problem.steps:,} "
            "steps. Use fewer units or a shorter input."
        )


def _progress() -> Callable[[int, int], None] | None:
    """Shows how far the work is, where a person watches."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        print(f"\r{done:,} of {total:,} gradients", end=end, file=sys.stderr, flush=True)

    return show
