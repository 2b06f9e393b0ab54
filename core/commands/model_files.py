"""What the commands do for models from files: read their input, say what was found, and what was guessed."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from core.block import EMBEDDING
from core.commands.batch_input import INPUT_KEY, BatchInput
from core.commands.model_options import choices_of
from core.commands.target_options import CROSS_ENTROPY, SQUARED, with_target_file
from core.files.models import Answers, OpenedModel, Question
from core.models import Model, load_model
from core.network import Network
from core.sequence import Sequence

_MOST_LISTED = 6


def opened_with_input(
    arguments: Namespace, at: Literal["all", "last"] = "all", made_up: Callable[[int], Sequence] | None = None
) -> tuple[Model, Sequence, list[str]]:
    """The model in a file, the sequence as it reads it, with targets where there are any, and what to say about both.

    ``made_up`` gives a sequence of so many inputs where the command line names none. Raises GatewalkError.
    """
    choices = choices_of(arguments, "")
    given, about_input = _split(choices.answers)
    choices = replace(choices, answers=given, seed=choices.seed if made_up is None else None)
    network = load_model(arguments.model, choices, inputs=0).network
    if made_up is not None and not arguments.input:
        sequence, loss = made_up(network.inputs), arguments.loss or _suiting(network)
    else:
        sequence, loss = _read(arguments, network, about_input)
        sequence = sequence.with_loss_at(at) if loss else sequence
        loss = loss or ((arguments.loss or _suiting(network)) if made_up else "")
    model = load_model(arguments.model, replace(choices, loss=loss), inputs=sequence.width)
    assert model.opened is not None
    return model, sequence, report(model.opened, about_input)


def _read(arguments: Namespace, network: Network, about_input: Answers) -> tuple[Sequence, str]:
    """The sequence with its targets, time first, and the loss; "" without targets."""
    batch = BatchInput(arguments.lengths, about_input)
    sequence = batch.read(arguments.input, tokens=network.inputs if network.layers[0].name == EMBEDDING else None)
    if not arguments.target:
        return sequence, ""
    sequence, loss, _ = with_target_file(sequence, arguments.target, arguments.loss, batch.targets)
    return sequence, loss


def _suiting(network: Network) -> str:
    """A loss that the readout has, for gradients that are only compared."""
    return SQUARED if SQUARED in network.head.cell.definition.losses else CROSS_ENTROPY


def _split(given: Mapping[str, str]) -> tuple[dict[str, str], Answers]:
    """The answers that are for the file, and those about the input."""
    about_input = {key: answer for key, answer in given.items() if key == INPUT_KEY}
    return {key: answer for key, answer in given.items() if key != INPUT_KEY}, Answers(about_input)


def report(opened: OpenedModel, about_input: Answers) -> list[str]:
    """What was found, what was guessed, and what else is to be known, a line each."""
    lines = [f"found: {opened.found}"]
    guesses = [_guess(question) for question in (*opened.answers.guessed, *about_input.guessed)]
    if guesses:
        lines.append(f"guessed: {', '.join(guesses)}; change it by --answer KEY=CHOICE")
    return lines + ([f"note: {'; '.join(opened.remarks)}"] if opened.remarks else [])


def _guess(question: Question) -> str:
    others = [choice for choice in question.choices if choice != question.guess]
    more = " …" if len(others) > _MOST_LISTED else ""
    return f"{question.key}={question.guess} (or {', '.join(others[:_MOST_LISTED])}{more})"
