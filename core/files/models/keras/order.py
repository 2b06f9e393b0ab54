"""The order of layers that a file of weights lists by name: those chains in which each layer fits the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from core.files.models.keras.file import KerasFile
from core.files.models.keras.parts import Dense, Embedding, Part, Recurrent
from core.files.models.records import Answers, Question
from core.stack import Direction
from core.tokens import shown

_MOST_CHAINS = 12
_MOST_TRIES = 3_000


def ordered(file: KerasFile, parts: list[Part], answers: Answers) -> list[Part]:
    """The parts in the order data flows, by answer or guess where several fit. Raises FileError where none does.

    Layers of one class are numbered in the file, and stay in that order.
    """
    search = _Search(file, _queues(parts))
    chains = list(dict.fromkeys(tuple(part.name for part in chain) for chain in search.chains()))
    if not chains:
        widths = ", ".join(f"{shown(part.name)} reads {_reads(file, part)}" for part in parts[:6])
        raise file.refusal(f"its layers fit no chain: {widths}. Open the whole model (.keras).")
    names = {" → ".join(chain): chain for chain in chains}
    chosen = next(iter(names))
    if len(names) > 1:
        text = "In which order do the layers follow each other? A file of weights does not say."
        chosen = answers.choose(Question("order", text, tuple(names), chosen))
    by_name = {part.name: part for part in parts}
    return [by_name[name] for name in names[chosen]]


def _queues(parts: list[Part]) -> list[list[Part]]:
    """The parts class by class, each in the order of its numbers; dense layers last."""
    queues: dict[str, list[Part]] = {}
    for part in sorted(parts, key=lambda part: (isinstance(part, Dense), *_numbered(part.name))):
        queues.setdefault(_numbered(part.name)[0], []).append(part)
    return list(queues.values())


def _numbered(name: str) -> tuple[str, int]:
    """ "lstm_2" as ("lstm", 2)."""
    base, _, number = name.rpartition("_")
    return (base, int(number)) if base and number.isascii() and number.isdecimal() else (name, 0)


def _reads(file: KerasFile, part: Part) -> int:
    """How many numbers a part reads at a step."""
    weights = part.weights[0] if isinstance(part, Recurrent) else part.weights  # type: ignore[union-attr]
    return file.tree.tensors[weights.kernel].shape[0]


def _gives(part: Part) -> tuple[int, ...]:
    """How many numbers a part may give at a step, the likelier first."""
    if isinstance(part, Embedding):
        return (part.width,)
    assert isinstance(part, Recurrent | Dense)
    both = isinstance(part, Recurrent) and part.direction is Direction.BOTH
    return (2 * part.units, part.units) if both else (part.units,)


@dataclass(eq=False)
class _Search:
    """Chains in which every part reads as many numbers as the one before gives."""

    file: KerasFile
    queues: list[list[Part]]
    tries: int = 0
    found: list[list[Part]] = field(default_factory=list)

    def chains(self) -> Iterator[list[Part]]:
        embeddings = sum(isinstance(part, Embedding) for queue in self.queues for part in queue)
        if embeddings > 1:
            return
        self._extend([], [0] * len(self.queues), None, embeddings)
        yield from self.found

    def _extend(self, chain: list[Part], done: list[int], width: int | None, embeddings: int) -> None:
        self.tries += 1
        if self.tries > _MOST_TRIES or len(self.found) >= _MOST_CHAINS:
            return
        rest = [number for number, queue in enumerate(self.queues) if done[number] < len(queue)]
        if not rest:
            self.found.append(chain)
        for number in rest:
            part = self.queues[number][done[number]]
            is_first = not chain
            if isinstance(part, Embedding) != bool(is_first and embeddings):
                continue
            if width is not None and _reads(self.file, part) != width:
                continue
            after = [*done[:number], done[number] + 1, *done[number + 1 :]]
            for given in _gives(part):
                self._extend([*chain, part], after, given, embeddings)
