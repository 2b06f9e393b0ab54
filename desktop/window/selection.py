"""Intents about what is selected: another variable, its number, its proof."""

from __future__ import annotations

from desktop.bridge import Bridge
from desktop.walking.edits import Edits
from desktop.walking.proofs import Proofs


class Selection:
    """The variable that the inspector shows."""

    def __init__(self, bridge: Bridge, edits: Edits, proofs: Proofs) -> None:
        self._bridge, self._edits, self._proofs = bridge, edits, proofs

    def choose_variable(self, direction: int) -> None:
        """Select the next or the previous equation's variable."""
        frame = self._bridge.frame
        paths = [line.path for line in frame.equations]
        here = frame.view.path or frame.position.path
        if paths:
            place = paths.index(here) + direction if here in paths else (0 if direction > 0 else -1)
            self._bridge.select(paths[place % len(paths)], frame.view.t)

    def edit(self) -> None:
        """Change the number that the inspector shows."""
        seen = self._bridge.frame.inspection
        if seen is not None:
            self._edits.edit(("value", seen.path, seen.t, seen.unit))

    def check(self) -> None:
        """Prove the gradient that the inspector shows."""
        seen = self._bridge.frame.inspection
        if seen is not None:
            self._proofs.check(seen.path, seen.t, seen.unit)
