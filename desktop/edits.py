"""Asking for another value where one was double-clicked, and handing it to the bridge."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QInputDialog, QWidget

from desktop.bridge import Bridge
from desktop.reports import Kind

DIGITS = 12


class Edits(QObject):
    """``edit`` gets the place as the views name it: (kind, path, t) and, for one unit or entry, its index."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._window: QWidget | None = None

    def attach(self, window: QWidget) -> None:
        """Say which window the dialogs belong to."""
        self._window = window

    def edit(self, place: tuple[Any, ...]) -> None:
        """Ask for another value of this place."""
        kind, path, where = place[:3]
        if kind == "input":
            self._input(where)
        elif kind == "target":
            self._target(where)
        elif kind == "parameter":
            self._parameter(path, where)
        elif kind == "initial":
            self._initial(path, place[3] if len(place) > 3 else self._bridge.view.unit)
        else:
            self._value(path, where, place[3] if len(place) > 3 else self._bridge.view.unit)

    def _input(self, t: int) -> None:
        sequence = self._bridge.session.setup.sequence
        title = tr("Input at t = {t}").format(t=t + 1)
        if sequence.vocabulary is not None:
            token = self._choose(title, tr("Word"), tuple(sequence.vocabulary.tokens), sequence.tokens[t])
            if token is not None:
                self._bridge.edits.set_input(t, token)
            return
        numbers = self._numbers(title, sequence.inputs[t, self._bridge.view.sample])
        if numbers is not None:
            self._bridge.edits.set_input(t, numbers)

    def _target(self, t: int) -> None:
        sequence = self._bridge.session.setup.sequence
        title = tr("Target at t = {t}").format(t=t + 1)
        if sequence.target_labels:
            none = tr("no target")
            label = self._choose(title, tr("Target"), (none, *sequence.target_labels), "")
            if label is not None:
                self._bridge.edits.set_target(t, -1 if label == none else label)
            return
        if sequence.targets is None:
            self._bridge.report(tr("This sequence has no targets; give some in the data panel."))
            return
        numbers = self._numbers(title, sequence.targets[t, self._bridge.view.sample])
        if numbers is not None:
            whole = sequence.targets.ndim == 2
            self._bridge.edits.set_target(t, int(numbers[0]) if whole else numbers)

    def _parameter(self, path: str, index: tuple[int, ...]) -> None:
        now = float(self._bridge.session.parameters[path][tuple(index)])
        place = ", ".join(str(each + 1) for each in index)
        value = self._number(tr("{path}, entry {place}").format(path=path, place=place), now)
        if value is not None:
            self._bridge.edits.set_weight(path, tuple(index), value)

    def _initial(self, path: str, unit: int) -> None:
        rows = self._bridge.session.run.initial(path)
        title = tr("Initial {path}, unit {unit}").format(path=path, unit=unit + 1)
        value = self._number(title, float(rows[-1, self._bridge.view.sample, unit]))
        if value is not None:
            self._bridge.edits.set_initial(path, len(rows) - 1, unit, value)

    def _value(self, path: str, t: int, unit: int) -> None:
        if path.startswith("head/"):
            self._bridge.report(tr("Only the variables of a layer can be overwritten; edit the target instead."))
            return
        seen = self._bridge.frame.inspection
        known = seen is not None and (seen.path, seen.t) == (path, t) and seen.values is not None
        now = float(seen.values[unit]) if known else 0.0
        words = tr("Overwrite {path}, unit {unit}, at t = {t}").format(path=path, unit=unit + 1, t=t + 1)
        value = self._number(words, now)
        if value is not None:
            self._bridge.edits.overwrite(path, t, unit, value)

    def add_bookmark(self) -> None:
        """Ask for a name for this place."""
        frame = self._bridge.frame
        place = frame.position
        proposed = f"{place.phase} t = {place.t + 1}" if place.t is not None else str(place.phase)
        name, good = QInputDialog.getText(self._window, tr("Add a bookmark"), tr("Name of this place"), text=proposed)
        if good and name.strip():
            self._bridge.edits.add_bookmark(name.strip())

    def break_here(self) -> None:
        """Stop at the time step of the walk, or no longer."""
        t = self._bridge.frame.position.t
        if t is None:
            self._bridge.report(tr("Walk to a time step first; then the walk can be stopped there."), Kind.ERROR)
        else:
            self._bridge.edits.break_here(t)

    def _number(self, words: str, now: float) -> float | None:
        text, good = QInputDialog.getText(self._window, tr("Edit"), words, text=f"{now:.{DIGITS}g}")
        return self._read(text) if good else None

    def _numbers(self, title: str, now: Any) -> list[float] | None:
        shown = ", ".join(f"{float(each):.{DIGITS}g}" for each in now.reshape(-1))
        text, good = QInputDialog.getText(self._window, title, tr("Numbers, separated by commas"), text=shown)
        if not good:
            return None
        numbers = [self._read(part) for part in text.split(",")]
        return None if None in numbers else numbers

    def _choose(self, title: str, label: str, options: tuple[str, ...], now: str) -> str | None:
        current = options.index(now) if now in options else 0
        text, good = QInputDialog.getItem(self._window, title, label, options, current, False)
        return text if good else None

    def _read(self, text: str) -> float | None:
        try:
            return float(text.strip())
        except ValueError:
            self._bridge.report(tr("'{text}' is no number; expected one such as 0.25 or 1e-3.").format(text=text))
            return None


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Edits", text)
