"""Opening models of other programs in the window: with the questions that they leave open, and what was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from core.errors import GatewalkError
from core.files.models import OpenedModel, open_model
from core.origin import Origin, origin_of
from desktop.bridge import Bridge
from desktop.documents.model_saving import SavingKind, kind_for, save_walked, saving_kinds
from desktop.documents.opened_models import data_for, first_guesses, loss_for, network_in, opened_with_loss
from desktop.reports import Kind, Report
from desktop.widgets.breakable import short_name

TOML = ".toml"
LONGEST_FOUND = 160  # characters of it in the message; the panel has all


class ModelFiles(QObject):
    """``window`` is what the dialog belongs to; ``opened`` hears the path of each model that is walked."""

    def __init__(
        self, bridge: Bridge, window: Any, opened: Callable[[Path], object], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge, self._window, self._opened = bridge, window, opened

    def open(self, path: Path) -> bool:
        """Walk the model in a file; where it leaves questions open, once they are answered. Raises GatewalkError."""
        if path.suffix.lower() == TOML:
            self._open_network(path)
            return True
        opened = open_model(path)
        guesses = first_guesses(opened, self._bridge.session.setup.sequence)
        if guesses:
            opened = open_model(path, guesses)
        if not opened.answers.asked:
            self._take(path, opened)
            return True
        # Later, as at the start the window that it belongs to is not shown yet.
        QTimer.singleShot(0, self, lambda: self._ask(path, opened))
        return False

    def ask_again(self) -> None:
        """Open the file of the present model again, to answer its questions otherwise."""
        origin = self._bridge.session.setup.origin
        if origin is not None:
            path = Path(origin.file)
            self._try(lambda: self._ask(path, open_model(path, origin.answers)))

    def save_as(self, start: Path) -> None:
        """Ask for a name and a kind, and save the model that is walked for other programs."""
        kinds = {kind.text: kind for kind in saving_kinds()}
        file, chosen = QFileDialog.getSaveFileName(
            self._window, tr("Save the model"), str(start), ";;".join(kinds), selectedFilter=next(iter(kinds))
        )
        if file:
            self._try(lambda: self._save(Path(file), kinds.get(chosen, next(iter(kinds.values())))))

    def _save(self, path: Path, chosen: SavingKind) -> None:
        kind = kind_for(path, chosen)
        target = path if path.suffix else path.with_name(path.name + kind.suffix)
        self._bridge.report(save_walked(self._bridge, target, kind))

    def _ask(self, path: Path, opened: OpenedModel) -> None:
        from desktop.dialogs.model_questions import ask_about_model

        def reopen(answers: Mapping[str, str]) -> OpenedModel:
            return open_model(path, answers)

        def take(answer: object) -> None:
            if isinstance(answer, OpenedModel):
                self._try(lambda: self._take(path, answer))

        ask_about_model(self._window, path.name, opened, reopen, self._window.look.theme, take)

    def _take(self, path: Path, opened: OpenedModel) -> None:
        """Walk an opened model on data that it can read. Raises GatewalkError."""
        sequence, words = data_for(opened.network, self._bridge.session.setup.sequence)
        complete = opened_with_loss(path, opened, loss_for(opened.network, sequence))
        origin = origin_of(complete, str(path.absolute()))
        self._walk(path, (complete.network, complete.parameters, sequence, path.stem, origin), words)

    def _open_network(self, path: Path) -> None:
        """Walk the network that a person described in a file, with new numbers. Raises GatewalkError."""
        setup = self._bridge.session.setup
        network, origin = network_in(path, setup.network, setup.sequence)
        sequence, words = data_for(network, setup.sequence)
        self._walk(path, (network, network.initial_parameters(0), sequence, path.stem, origin), words)

    def _walk(self, path: Path, model: tuple[Any, ...], words: str) -> None:
        if not self._bridge.edits.set_model(*model):
            return
        self._opened(path)
        if self._bridge.view.sample >= self._bridge.session.setup.sequence.batch:
            self._bridge.choose_sample(0)
        self._say(path, model[-1], words)

    def _say(self, path: Path, origin: Origin, words: str) -> None:
        found, last = brief(origin.found), tr("Undo brings the model before back.")
        text = tr("Opened “{name}”: {found} {words}").format(name=short_name(path.name), found=found, words=words)
        more = [*([origin.found] if len(origin.found) > LONGEST_FOUND else []), *origin.remarks, last]
        more = [remark[:1].upper() + remark[1:] for remark in more]
        self._bridge.reported.emit(Report(text, Kind.NOTE, "\n".join(more)))

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except GatewalkError as error:
            self._bridge.report(str(error), Kind.ERROR)


def brief(found: str) -> str:
    """What was found as the first part of a message; a long one ends behind one of its clauses."""
    if len(found) <= LONGEST_FOUND:
        return f"{found}."
    ends = [end.start() for end in re.finditer(r"[,;] | → ", found[:LONGEST_FOUND])]
    return found[: ends[-1] if ends else LONGEST_FOUND].rstrip() + " …"


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("ModelFiles", text)
