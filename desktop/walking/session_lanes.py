"""Lanes beside the lead, as intents: each is an edit that undo takes back, and gives one frame or one report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import SessionError
from core.frame import Frame, View
from core.lane_list import with_lane
from core.lanes import another_network, another_start, at_iteration, opened_model
from core.language import read_cell
from core.network import Network
from core.undo import before_last_edit

if TYPE_CHECKING:
    from core.compare import Comparison, Contrast
    from core.lanes import Companion
    from core.session import Session

Arrays = Mapping[str, Any]
Change = Callable[["Session"], object]
Prepare = Callable[[Callable[["Session"], Iterator[None]], Callable[[], object]], bool]


class SessionLanes:
    """``edit`` does something to the session, ends what runs, and says whether it was done; ``look`` gives a frame.

    ``prepare`` does work in small parts before an action, so that the window goes on; whether that could be begun.
    """

    def __init__(self, edit: Callable[[Change], bool], look: Callable[[View], Frame], prepare: Prepare) -> None:
        self._edit, self._look, self._prepare = edit, look, prepare

    def _add(self, made: Callable[[Session], Companion]) -> bool:
        """Add a lane once it has come to where the lead is. Whether it was added, or is under way."""
        lanes: list[Companion] = []
        added: list[bool] = []

        def work(session: Session) -> Iterator[None]:
            found = with_lane(session.lanes, made(session), session.branch, session.cursor.iteration)
            lanes.append(found[-1])
            yield from found[-1].work(session.branch.owner(session.cursor.iteration), session.cursor)

        def add() -> None:
            added.append(self._edit(lambda session: session.add_lane(lanes[0])))

        return self._prepare(work, add) and all(added)

    def add_cell(self, cell: str, seed: int = 0, name: str = "") -> bool:
        """The lead's layers with another cell in each, by the name of its file: "gru"."""

        def made(session: Session) -> Companion:
            network = with_cell(session.setup.network, cell)
            return another_network(session.setup, network, network.initial_parameters(seed), name)

        return self._add(made)

    def add_network(self, network: Network, parameters: Arrays, name: str = "") -> bool:
        """Any other network."""
        return self._add(lambda session: another_network(session.setup, network, parameters, name))

    def add_start(self, seed: int, name: str = "") -> bool:
        """The lead's network with other initial parameters."""
        return self._add(lambda session: another_start(session.setup, seed, name))

    def add_iteration(self, number: int, name: str = "") -> bool:
        """The lead as it stood at the start of an iteration, counted from 0."""
        return self._add(lambda session: at_iteration(session.branch, number, name))

    def add_before_edit(self, name: str = "") -> bool:
        """The walk before the last edit, as it would have gone on."""
        return self._add(lambda session: before_last_edit(session.done, session.branch, name))

    def add_snapshot(self, path: Path | str, name: str = "") -> bool:
        """The model of a snapshot, on what the lead reads."""

        def made(session: Session) -> Companion:
            from core.files.snapshot import read_model

            saved = read_model(path)
            title = name or Path(path).stem
            return opened_model(
                session.setup, saved.network, saved.parameters, saved.vocabulary, title, saved.iteration
            )

        return self._add(made)

    def differences(self, one: int = 0, other: int = 1, sample: int = 0) -> Comparison:
        """What differs between two lanes at the cursor, counted as in the frame. Raises SessionError."""
        from core.compare import compare  # when somebody first compares

        lanes = self._look(View(sample=sample)).lanes
        if not (0 <= one < len(lanes) and 0 <= other < len(lanes)):
            raise SessionError(f"there are {len(lanes)} lanes, so {one + 1} and {other + 1} cannot be compared")
        return compare(lanes[one], lanes[other])

    def go_to_difference(self, contrast: Contrast) -> bool:
        """Stand where the walk has just come to what differs most."""
        from core.compare import cursor_at

        return self._edit(lambda session: session.go_to(cursor_at(contrast, session.timeline, session.cursor)))

    def remove_lane(self, name: str) -> bool:
        """Take a lane away."""
        return self._edit(lambda session: session.remove_lane(name))

    def rename_lane(self, name: str, new: str) -> bool:
        """Give a lane another name."""
        return self._edit(lambda session: session.rename_lane(name, new))

    def make_lead(self, name: str) -> bool:
        """Let the cursor walk a lane; the lead stands in its place."""
        return self._edit(lambda session: session.make_lead(name))


def with_cell(network: Network, cell: str) -> Network:
    """A network of the same layers with another cell in each. Raises GatewalkError."""
    from desktop.dialogs.network_choice import choice_of, network_of

    choice, definition = choice_of(network), read_cell(cell)
    layers = tuple(replace(layer, definition=definition, sizes={}, reverse_cell=None) for layer in choice.layers)
    return network_of(replace(choice, layers=layers), network.inputs, network.outputs)
