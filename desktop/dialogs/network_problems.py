"""What is wrong with a network as it was chosen, and beside which field that is to be said."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QCoreApplication

from core.block import HEAD
from core.errors import GatewalkError
from core.learning.initialisers import INITIALISERS
from core.network import Network
from core.stack import READOUT, Direction, build_stack
from desktop.dialogs.model_choice import Verdict, check_text
from desktop.dialogs.network_choice import LayerChoice, NetworkChoice, network_of

MOST_NUMBERS = 20_000_000  # 160 MB


@dataclass(frozen=True)
class Problem:
    """``place`` is "l0", "head" or "embedding", "" for the whole network; ``field`` names what is to be changed."""

    place: str
    field: str  # "cell", "join", "sizes", "rule", "readout", "width"; "" for all of it
    text: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, eq=False)
class Judgement:
    """A choice judged: the network that it makes, or what is wrong."""

    network: Network | None
    problems: tuple[Problem, ...] = ()

    def at(self, place: str, field: str = "") -> Problem | None:
        """The first problem of a place, or of one of its fields."""
        return next((each for each in self.problems if each.place == place and field in ("", each.field)), None)


def judge(choice: NetworkChoice, inputs: int, outputs: int | None) -> Judgement:
    """Everything that keeps a choice from being a network that reads ``inputs`` numbers and gives ``outputs``."""
    problems = tuple(_layer_problems(choice, inputs))
    problems += () if problems else tuple(_readout_problems(choice))
    if problems:
        return Judgement(None, problems)
    try:
        network = network_of(choice, inputs, outputs)
    except GatewalkError as error:
        return Judgement(None, (Problem(HEAD, "readout", capital(str(error))),))
    if numbers_in(network) > MOST_NUMBERS:
        words = tr("This network would have {count} weights, at most {most} are possible; use fewer units.")
        text = words.format(count=f"{numbers_in(network):,}", most=f"{MOST_NUMBERS:,}")
        return Judgement(None, (Problem(_largest(network), "units", text),))
    return Judgement(network)


def numbers_in(network: Network) -> int:
    """How many numbers all parameters have together."""
    return sum(math.prod(shape) for shape in network.parameter_shapes.values())


def _largest(network: Network) -> str:
    sizes: dict[str, int] = {}
    for path, shape in network.parameter_shapes.items():
        block = path.split("/")[0].split(".")[0]
        sizes[block] = sizes.get(block, 0) + math.prod(shape)
    return max(sizes, key=sizes.__getitem__)


def _layer_problems(choice: NetworkChoice, inputs: int) -> Iterator[Problem]:
    """What is wrong inside each layer, bottom to top; above an impossible one widths are not known."""
    for number, layer in enumerate(choice.layers):
        name = f"l{number}"
        if layer.draft is not None:
            yield _draft_problem(name, check_text(layer.draft))
            continue
        problem = _rule_problem(layer)
        if problem:
            yield Problem(name, "rule", problem)
        below = replace(choice, layers=choice.layers[:number])
        try:
            _stand_on(below, layer, inputs)
        except GatewalkError as error:
            yield Problem(name, _wrong_field(below, layer, inputs), capital(str(error)))
            return


def _draft_problem(name: str, verdict: Verdict) -> Problem:
    if not verdict.problem:
        return Problem(
            name, "cell", tr("Write equations, such as {first}").format(first="h = tanh(W @ x + U @ h[-1] + b)")
        )
    return Problem(name, "cell", verdict.problem, verdict.line, verdict.column)


def _stand_on(below: NetworkChoice, layer: LayerChoice, inputs: int) -> None:
    """Nothing where a layer can stand on these. Raises GatewalkError where it cannot."""
    tame = replace(layer, join="concatenation" if layer.join == READOUT else layer.join)
    stack = replace(below, layers=(*below.layers, tame))
    build_stack(stack.specs(), inputs=inputs, embedding=below.embedding, head="direct")


def _wrong_field(below: NetworkChoice, layer: LayerChoice, inputs: int) -> str:
    """The field that makes a layer impossible: its cell, its sizes or its join."""
    forward = replace(layer, direction=Direction.FORWARD)
    for field, tame in (("join", forward), ("sizes", replace(forward, sizes={}))):
        try:
            _stand_on(below, tame, inputs)
        except GatewalkError:
            continue
        return field
    return "cell"


def _rule_problem(layer: LayerChoice) -> str:
    rule = layer.rule
    if rule is None or rule.value is None or rule.value >= INITIALISERS[rule.name].least:
        return ""
    words = tr("The {meaning} is at least {least:g}.")
    return words.format(meaning=INITIALISERS[rule.name].meaning, least=INITIALISERS[rule.name].least)


def _readout_problems(choice: NetworkChoice) -> Iterator[Problem]:
    top, name = choice.layers[-1], f"l{len(choice.layers) - 1}"
    if choice.head == "direct" and top.direction is Direction.BOTH and top.join == READOUT:
        text = tr("There is no readout that could join both directions; choose one there, or join them here.")
        yield Problem(name, "join", text)


def capital(text: str) -> str:
    """A sentence with a capital, unless it begins with a name."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() else text


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Network", text)
