"""What the gallery lists: shipped scenarios in their order, and the person's own, broken ones too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from core.errors import GatewalkError
from core.files.reading import read_text
from core.resources import resource_path
from core.scenario import MAX_BYTES, scenario_names
from core.scenario_file import Settings, parse_settings
from core.words import first_sentence, said


class Card(msgspec.Struct, frozen=True, eq=False):
    """A scenario as the gallery shows it; ``problem`` says why it cannot be opened, "" where nothing is known."""

    key: str  # what opens it: a name, or a path
    file: Path
    text: str = ""
    settings: Settings | None = None
    problem: str = ""

    def name(self, language: str) -> str:
        """What it is called."""
        return self.file.name if self.settings is None else said(self.settings.name, language)

    def sentence(self, language: str) -> str:
        """What it shows, or what is wrong with it."""
        if self.problem or self.settings is None:
            return self.problem
        return first_sentence(said(self.settings.description, language))

    @property
    def steps(self) -> int:
        """How many steps its lesson has."""
        return 0 if self.settings is None else len(self.settings.lesson)

    @property
    def networks(self) -> int:
        """How many networks walk side by side."""
        return 1 if self.settings is None else 1 + len(self.settings.lanes)

    def wrong(self, problem: str) -> Card:
        """The same card, with what was found to be wrong."""
        return msgspec.structs.replace(self, problem=problem)

    def digest(self) -> str:
        """A name for what it holds: other numbers or words give another one."""
        found = hashlib.sha256(self.text.encode())
        for path in self._files():
            found.update(path.read_bytes() if path.is_file() else b"")
        return found.hexdigest()[:24]

    def _files(self) -> Iterable[Path]:
        """The files it is made of, as far as it names them."""
        if self.settings is None:
            return
        for part in (self.settings, *self.settings.lanes):
            network = part.network
            named = [] if network is None else [(network.file, "networks"), (network.cell, "cells")]
            named += [] if part.weights is None else [(part.weights.file, "weights")]
            for name, folder in named:
                suffix = "" if Path(name).suffix else ".toml"
                yield from (self.file.parent / name, resource_path(folder, name + suffix)) if name else ()


def shipped_cards() -> tuple[Card, ...]:
    """A card for every scenario that ships with Gatewalk, in their order."""
    cards = [card_of(name, resource_path("scenarios", f"{name}.toml")) for name in scenario_names()]
    return tuple(sorted(cards, key=lambda card: (card.settings is None, card.settings and card.settings.order)))


def own_cards(files: Iterable[str]) -> tuple[Card, ...]:
    """A card for each of the person's files that is there."""
    return tuple(card_of(file, Path(file)) for file in files if Path(file).is_file())


def card_of(key: str, file: Path) -> Card:
    """The card of a file; what is seen to be wrong at once stands on it."""
    try:
        text = read_text(file, MAX_BYTES, "A scenario is a page of text.")
        return Card(key, file, text, parse_settings(text, file.name))
    except GatewalkError as error:
        return Card(key, file, problem=str(error))
