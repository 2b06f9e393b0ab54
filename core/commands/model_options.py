"""Options that the commands have in common: which model, with which numbers."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from core.files.models import SUFFIXES
from core.models import DEFAULT_UNITS, HEADS, LOSSES, Choices


def add_model_options(parser: ArgumentParser) -> None:
    """MODEL and how to make it."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a built-in cell (lstm, gru, …) or network (bidirectional_lstm, …), a cell or network file (.toml), "
        f"or a model ({', '.join(SUFFIXES)})",
    )
    parser.add_argument(
        "--units",
        type=positive,
        metavar="N",
        help=f"units of the layer (default: as in --weights, else {DEFAULT_UNITS})",
    )
    parser.add_argument("--seed", type=whole, metavar="S", help="seed of the random numbers (default: 0)")
    parser.add_argument(
        "--weights", default="", metavar="FILE", help=".npz of the parameters, keys l0/W_f or param/l0/W_f"
    )
    parser.add_argument(
        "--head", choices=HEADS, default="", help="readout (default: what suits the loss; direct without a target)"
    )
    add_delay_option(parser)
    add_answer_option(parser)
    parser.add_argument("--loss", choices=LOSSES, default="", help="loss (default: what suits the target)")


def add_delay_option(parser: ArgumentParser) -> None:
    """Numbers for the delays that a cell names."""
    parser.add_argument(
        "--delay",
        action="append",
        type=delay,
        default=[],
        metavar="NAME=STEPS",
        help="steps of a delay that the cell names, such as d=10 (default: as in its file)",
    )


def delay(text: str) -> tuple[str, int]:
    """The name and the steps of one delay."""
    name, _, steps = text.partition("=")
    if not name or not steps:
        raise ArgumentTypeError(f"expected NAME=STEPS, got {text!r}")
    return name, positive(steps)


def add_answer_option(parser: ArgumentParser) -> None:
    """Answers to what a model file does not say."""
    parser.add_argument(
        "--answer",
        action="append",
        type=answer,
        default=[],
        metavar="KEY=CHOICE",
        help="what a model file does not say, such as cell=rnn_relu or readout=fc.weight (default: a guess, printed)",
    )


def answer(text: str) -> tuple[str, str]:
    """The key and the choice of one answer."""
    key, sign, choice = text.partition("=")
    if not key or not sign:
        raise ArgumentTypeError(f"expected KEY=CHOICE, got {text!r}")
    return key, choice


def add_lengths_option(parser: ArgumentParser) -> None:
    """How long each sequence of a batch is."""
    parser.add_argument(
        "--lengths",
        default="",
        metavar="N,N,…|FILE",
        help="steps of each sequence of a batch, the rest is padding (default: all, up to rows of NaN at the end)",
    )


def choices_of(arguments: Namespace, loss: str) -> Choices:
    """What the options say about the model, with the loss that was chosen."""
    return Choices(
        arguments.units,
        arguments.seed,
        arguments.weights,
        arguments.head,
        loss,
        dict(arguments.answer),
        dict(arguments.delay),
    )


def positive(text: str) -> int:
    """A whole number from 1 on."""
    number = whole(text)
    if number < 1:
        raise ArgumentTypeError(f"expected a whole number from 1 on, got {text}")
    return number


def whole(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isascii() or not text.isdecimal():
        raise ArgumentTypeError(f"expected a whole number from 0 on, got {text!r}")
    return int(text)
