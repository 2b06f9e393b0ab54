"""Asking for another value where one was double-clicked, and handing the answer to the bridge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtWidgets import QWidget

from core.sequence import Sequence
from core.targets import class_of, empty_like_row
from desktop.bridge import Bridge
from desktop.reports import Kind
from desktop.walking.session_edits import reads, says
from desktop.window.look import Look

HEAD = "head/"
NO_TARGET = -1


class Edits(QObject):
    """``edit`` gets the place as the views name it: (kind, path, t) and, for one unit or entry, its index."""

    def __init__(self, bridge: Bridge, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._look = bridge, look
        self._window: QWidget | None = None

    def attach(self, window: QWidget) -> None:
        """Say which window the dialogs belong to."""
        self._window = window

    def choose_lanes(self) -> None:
        """Which networks stand beside the lead."""
        from desktop.dialogs.lanes import LanesDialog

        LanesDialog(self._bridge, self._look.theme, self._window).open()

    def edit(self, place: tuple[Any, ...]) -> None:
        """Ask for another value of this place."""
        kind, path, where = place[:3]
        unit = place[3] if len(place) > 3 else self._bridge.view.unit
        asks: dict[str, Callable[[], None]] = {
            "input": lambda: self._input(where),
            "target": lambda: self._target(where),
            "parameter": lambda: self._parameter(path, where),
            "initial": lambda: self._initial(path, unit),
            "value": lambda: self._value(path, where, unit),
        }
        asks[kind]()

    @property
    def _sample(self) -> int:
        """The sequence of the batch that is looked at; the view may remember one of a larger batch."""
        return min(self._bridge.view.sample, self._bridge.session.setup.sequence.batch - 1)

    def _input(self, t: int) -> None:
        sequence, sample = self._bridge.session.setup.sequence, self._sample
        title = tr("Input at t = {t}").format(t=t + 1)
        if sequence.vocabulary is not None:
            now = sequence.tokens_at(sample)[t]
            options = tuple(sequence.vocabulary.tokens)
            self._ask(title, now, lambda token: self._set_input(t, token), options=options)
        else:
            now = sequence.inputs[t, sample]
            self._ask(title, now, lambda numbers: self._set_input(t, numbers))

    def _target(self, t: int) -> None:
        sequence, sample = self._bridge.session.setup.sequence, self._sample
        title = tr("Target at t = {t}").format(t=t + 1)
        if not self._bridge.session.setup.network.loss:
            self._bridge.report(tr("This model has no loss, so it needs no target; choose one with “Change model…”."))
        elif sequence.target_labels:
            found = NO_TARGET if sequence.known is None else int(sequence.known[t, sample])
            now = sequence.target_labels[found] if found >= 0 else ""
            options, none = sequence.target_labels, tr("no target")
            self._ask(title, now, lambda label: self._set_target(t, label), options=options, none=none)
        elif sequence.known is None:
            zeros = np.zeros(self._bridge.session.setup.network.outputs)
            self._ask(title, zeros, lambda numbers: self._set_target(t, numbers))
        elif sequence.known.ndim == 2:
            now = float(max(sequence.known[t, sample], NO_TARGET))
            self._ask(title, now, lambda number: self._set_target(t, int(number)))
        else:
            now = np.nan_to_num(sequence.known[t, sample])
            self._ask(title, now, lambda numbers: self._set_target(t, numbers))

    def _set_input(self, t: int, value: Any) -> None:
        self._bridge.edits.set_input(t, input_row(self._bridge.session.setup.sequence, t, self._sample, value))

    def _set_target(self, t: int, value: Any) -> None:
        sequence = self._bridge.session.setup.sequence
        self._bridge.edits.set_target(t, target_row(sequence, t, self._sample, value))

    def _parameter(self, path: str, index: tuple[int, ...] | None) -> None:
        from desktop.dialogs.parameter import edit_parameter

        values = np.asarray(self._bridge.session.parameters[path])
        edit_parameter(self._window, path, values, self._look.theme, index, done=self._take_parameter)

    def _take_parameter(self, answer: Any) -> None:
        if answer is None or not answer.changed:
            return
        if len(answer.changed) == 1:
            index = answer.changed[0]
            self._bridge.edits.set_weight(answer.path, index, float(answer.values[index]))
            return
        label = tr("set {path}").format(path=answer.path)
        changed = {**self._bridge.session.parameters, answer.path: answer.values}
        self._bridge.edits.set_parameters(changed, label)

    def _initial(self, path: str, unit: int) -> None:
        rows = self._bridge.session.run.initial(path)
        unit = min(unit, rows.shape[-1] - 1)
        now = float(rows[-1, self._sample, unit])
        title = tr("Initial {name}, unit {unit}").format(name=self._name(path), unit=unit + 1)
        last = len(rows) - 1
        self._ask(title, now, lambda value: self._bridge.edits.set_initial(path, last, unit, value))

    def _value(self, path: str, t: int, unit: int) -> None:
        if path.startswith(HEAD):
            self._bridge.report(tr("Only the variables of a layer can be overwritten; edit the target instead."))
            return
        run = self._bridge.session.run
        values = run.values(path)
        unit = min(unit, values.shape[-1] - 1)
        now = float(values[t, self._sample, unit]) if t < run.forward_done else 0.0
        name = self._name(path)
        title = tr("Overwrite {name}, unit {unit}, at t = {t}").format(name=name, unit=unit + 1, t=t + 1)
        words = tr("The gradient that arrives there is shown, but does not enter the equation.")
        units = values.shape[-1]
        self._ask(title, now, lambda value: self._take_value(path, t, unit, value), words=words, units=units)

    def _take_value(self, path: str, t: int, unit: int, answer: Any) -> None:
        if isinstance(answer, np.ndarray):
            self._bridge.edits.overwrite_all(path, t, float(answer[0]))
        else:
            self._bridge.edits.overwrite(path, t, unit, answer)

    def _name(self, path: str) -> str:
        """A variable as equations write it; with its layer where there are several."""
        return path if len(self._bridge.session.setup.network.layers) > 1 else path.split("/")[-1]

    def _ask(self, title: str, now: Any, done: Callable[[Any], object], **more: Any) -> None:
        """Ask in a dialog of the window; going back does nothing."""
        from desktop.dialogs.value import ValueQuestion, edit_value

        def take(answer: object) -> None:
            if answer is not None:
                done(answer)

        edit_value(self._window, ValueQuestion(title, now, **more), self._look.theme, done=take)

    # What is not one value

    def type_text(self) -> None:
        """Ask for a text, or numbers, to walk."""
        from desktop.dialogs.text_data import ask_text_data
        from desktop.dialogs.text_reading import targets_of_session, text_of

        sequence, network = self._bridge.session.setup.sequence, self._bridge.session.setup.network
        ask_text_data(
            self._window,
            sequence.vocabulary,
            sequence.kind,
            self._look.theme,
            width=network.inputs,
            outputs=network.outputs,
            labels=sequence.target_labels,
            text=text_of(sequence),
            target=targets_of_session(sequence),
            apart=sequence.batch > 1,
            done=self._take_sequence,
        )

    def _take_sequence(self, sequence: object) -> None:
        if not isinstance(sequence, Sequence):
            return
        setup = self._bridge.session.setup
        if sequence.targets is None and not sequence.target_labels and sequence.vocabulary == setup.sequence.vocabulary:
            sequence = replace(sequence, target_labels=setup.sequence.target_labels)  # predictions keep their names
        if reads(setup.network, setup.sequence, sequence):
            self._bridge.edits.set_sequence(sequence)
        else:
            self._bridge.edits.set_sequence_and_model(sequence)

    def set_loss_steps(self, steps: Any) -> None:
        """Where the loss stands: "all", "last", or these steps."""
        sample = None if isinstance(steps, str) else self._sample  # chosen steps are those of the sequence that is seen
        self._bridge.edit(lambda session: session.set_sequence(session.setup.sequence.with_loss_at(steps, sample)))

    def change_model(self) -> None:
        """Ask for another model."""
        from desktop.dialogs.model import ask_model

        session = self._bridge.session
        ask_model(self._window, session.setup.network, session.parameters, self._look.theme, self._take_model)

    def _take_model(self, answer: Any) -> None:
        if answer is None or answer.same:
            return
        setup = self._bridge.session.setup
        origin, sequence = setup.origin, setup.sequence
        kept = origin if origin is not None and answer.keeps_all(origin.names.parameters) else None
        if not says(answer.network, sequence.targets):  # only where there is no loss that would want them
            sequence = replace(sequence, targets=None, known=None)
        self._bridge.edits.set_model(answer.network, answer.parameters, sequence, setup.name, kept)

    def add_bookmark(self) -> None:
        """Ask for a name for this place."""
        from desktop.dialogs.name import NameQuestion, ask_name
        from desktop.views.side.records import place_words

        proposed = place_words(self._bridge.frame.position)
        session = self._bridge.session
        here = session.cursor  # the walk may go on while one types

        def take(name: object) -> None:
            if name is not None and self._bridge.session is session:
                self._bridge.edits.add_bookmark(str(name), cursor=here)

        question = NameQuestion(tr("Add a bookmark"), tr("Name of this place"), proposed, tr("Add"))
        ask_name(self._window, question, self._look.theme, take)

    def break_here(self) -> None:
        """Stop at the time step of the walk, or no longer."""
        t = self._bridge.frame.position.t
        if t is None:
            self._bridge.report(tr("Walk to a time step first; then the walk can be stopped there."), Kind.ERROR)
        else:
            self._bridge.edits.break_here(t)


def input_row(sequence: Sequence, t: int, sample: int, value: Any) -> Any:
    """The input of step ``t`` where one sequence of the batch gets another; the others keep theirs."""
    if sequence.batch == 1:
        return value
    rows = sequence.inputs[t].copy()
    words = sequence.vocabulary if isinstance(value, str) else None
    rows[sample] = value if words is None else words.one_hot(words.index(value))
    return rows


def target_row(sequence: Sequence, t: int, sample: int, value: Any) -> Any:
    """The same for the target."""
    if sequence.batch == 1:
        return value
    if isinstance(value, str):
        value = class_of(value, sequence.target_labels)
    given = np.asarray(value)
    if sequence.known is not None:
        rows = sequence.known[t].copy()
    else:
        rows = empty_like_row(given, 1, sequence.batch)[0]
    rows[sample] = given
    return rows


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Edits", text)
