"""Opening, saving and exporting, with the questions that belong to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from core.errors import FileError, GatewalkError
from core.posing import with_next_targets
from core.scenario import is_scenario
from core.scenario_session import ready_session
from core.sequence import Sequence
from desktop.bridge import Bridge
from desktop.dialogs import ask
from desktop.documents import session_files
from desktop.reports import Kind
from desktop.settings import Settings

if TYPE_CHECKING:
    from desktop.documents.model_files import ModelFiles

SNAPSHOT = ".gatewalk"
DATA = (".txt", ".csv", ".npy")
MODELS = (".safetensors", ".pt", ".pth", ".npz", ".onnx", ".keras", ".h5", ".hdf5", ".toml")


class Files(QObject):
    """All intents that concern files. ``window`` is what dialogs belong to."""

    def __init__(self, bridge: Bridge, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._settings = bridge, settings
        self._window: QWidget | None = None
        self._drawing: QWidget | None = None
        self._recent: QMenu | None = None
        self._saved_as: tuple[Path, str] | None = None  # the snapshot that is open, and its session's name
        self._named = ""
        self._closers: list[Callable[[], object]] = []
        self._leaving: list[Callable[[], bool]] = []
        self._models: ModelFiles | None = None
        self.open_scenario: Callable[[Path], bool] = self._open_model  # in place of what there is

    def attach(self, window: QWidget, drawing: QWidget, recent: QMenu) -> None:
        """Say which window this belongs to, what is drawn there, and where the recent files are listed."""
        self._window, self._drawing, self._recent = window, drawing, recent
        recent.aboutToShow.connect(self._list_recent)
        self._bridge.frame_changed.connect(lambda _frame: self._name_window())
        self._list_recent()
        self._name_window()

    @property
    def path(self) -> Path | None:
        """The snapshot that is open; None for a session without one, as after a new model was made for other data."""
        if self._saved_as is None or self._saved_as[1] != self._bridge.session.setup.name:
            return None
        return self._saved_as[0]

    def at_leaving(self, may_go: Callable[[], bool]) -> None:
        """Ask this first when the session is about to be left: whether it may."""
        self._leaving.append(may_go)

    def at_close(self, closer: Callable[[], object]) -> None:
        """Call this when the window closes for good."""
        self._closers.append(closer)

    def close(self) -> None:
        """The window closes and nothing more will be asked."""
        for closer in self._closers:
            closer()
        self._closers.clear()

    # Opening

    def new_session(self) -> None:
        """Start again with the ready example."""
        if self.may_lose_work() and self._try(lambda: self._bridge.replace_session(ready_session())):
            self._stand_on(None)

    def open(self) -> None:
        """Ask for a file and open it."""
        from desktop.documents.file_kinds import opening_kinds

        self._ask_and_open(tr("Open"), opening_kinds(SNAPSHOT, DATA, MODELS))

    def open_data(self) -> None:
        """Ask for a text, a table or an array, and walk it."""
        self._ask_and_open(tr("Open data"), tr("Text, tables and arrays (*.txt *.csv *.npy);;All files (*)"))

    def _ask_and_open(self, title: str, kinds: str) -> None:
        file, _ = QFileDialog.getOpenFileName(self._window, title, self._folder(), kinds)
        if file:
            self.open_path(file)

    def open_path(self, file: str | Path) -> bool:
        """Open a session, or walk a file of data. Whether it was done; if not, all is as it was."""
        path = Path(file)
        if path.suffix.lower() == SNAPSHOT:
            return self.open_session(path)
        if path.suffix.lower() == ".toml" and is_scenario(path):
            return self.open_scenario(path)
        if path.suffix.lower() not in DATA:
            return self._open_model(path)
        foreign: list[Sequence | None] = []
        if not self._try(lambda: foreign.append(session_files.open_data(self._bridge, path))):
            return False
        if foreign[0] is not None:
            self._offer_model(path, foreign[0])
            return False
        self._remember(path)
        return True

    def _open_model(self, path: Path) -> bool:
        """Walk the model in a file; False also while something about it is asked."""
        if path.suffix.lower() not in MODELS:
            words = tr("“{name}” ends in “{suffix}”. Sessions, data and models that can be opened end in {known}.")
            known = ", ".join((SNAPSHOT, *DATA, *MODELS))
            self._bridge.report(words.format(name=path.name, suffix=path.suffix, known=known), Kind.ERROR)
            return False
        walked: list[bool] = []
        return self._try(lambda: walked.append(self.models.open(path))) and walked[0]

    @property
    def models(self) -> ModelFiles:
        """What opens and saves models; made when it is first wanted, as it has much to load."""
        from desktop.documents.model_files import ModelFiles

        if self._models is None:
            self._models = ModelFiles(self._bridge, self._window, self._remember, self)
        return self._models

    def _offer_model(self, path: Path, sequence: Sequence) -> None:
        """Ask whether data that the model cannot read is to have a new one; until then all stays as it is."""
        why = session_files.unread_words(self._bridge, sequence)

        def take(answer: object) -> None:
            if answer == ask.MAKE:
                self._make_model(path, sequence)

        # Later, as at the start the window that it belongs to is not shown yet.
        QTimer.singleShot(0, self, lambda: ask.ask_new_model(self._window, path.name, why, take))

    def _make_model(self, path: Path, sequence: Sequence) -> None:
        asked = with_next_targets(sequence) if sequence.length > 1 else sequence
        if self._bridge.edits.set_sequence_and_model(asked):
            self._remember(path)
            words = tr("A new, untrained model walks “{name}”. Undo brings the one before back.")
            self._bridge.report(words.format(name=path.name))

    def open_session(self, path: Path) -> bool:
        """Open a snapshot in place of what there is."""
        if not self.may_lose_work() or not self._try(lambda: session_files.open_session(self._bridge, path)):
            return False
        self._stand_on(path)
        return True

    # Saving

    def save(self) -> bool:
        """Save under the known name, else ask for one."""
        return self.save_to(self.path) if self.path else self.save_as()

    def save_as(self) -> bool:
        """Ask for a name, and for how much is to be kept, and save."""
        from desktop.documents.file_kinds import snapshot_kinds

        start = str(self.path or Path(self._folder()) / f"{self._suggested()}{SNAPSHOT}")
        kinds = snapshot_kinds()
        usual = min(kinds, key=lambda kind: abs(kinds[kind] - self._settings.snapshot_bytes))
        file, kind = QFileDialog.getSaveFileName(
            self._window, tr("Save the session"), start, ";;".join(kinds), selectedFilter=usual
        )
        if file:
            self._settings.snapshot_bytes = kinds.get(kind, self._settings.snapshot_bytes)
        return bool(file) and self.save_to(Path(file))

    def save_to(self, path: Path) -> bool:
        """Save the session there. Whether it was done."""
        if path.suffix.lower() != SNAPSHOT:
            path = path.with_name(path.name + SNAPSHOT)
        if not self._try(lambda: session_files.save_session(self._bridge, path, self._settings.snapshot_bytes)):
            return False
        self._stand_on(path)
        self._bridge.report(tr("Saved as {file}.").format(file=path))
        return True

    def save_model(self) -> None:
        """Ask for a name and write the model for other programs."""
        self.models.save_as(Path(self._folder()) / self._suggested())

    def may_lose_work(self) -> bool:
        """Whether what there is may be left: it is saved, or the person says so."""
        if not all(may_go() for may_go in self._leaving):
            return False
        if not self._bridge.modified:
            return True
        answer = ask.ask_unsaved(self._window, self.path.stem if self.path else self._bridge.session.setup.name)
        return self.save() if answer == ask.SAVE else answer == ask.DISCARD

    # Exporting

    def export_picture(self) -> None:
        """Ask for a name and write the drawing there."""
        kinds = tr("Pictures (*.png *.svg)")
        file = self.ask_where(tr("Export the drawing"), ".png", kinds)
        if file and self._try(lambda: self._write_picture(file)):
            self._bridge.report(tr("The drawing was written to {file}.").format(file=file))

    def export_data(self) -> None:
        """Ask for a name and write all values and gradients there."""
        file = self.ask_where(tr("Export values and gradients"), ".npz", tr("Arrays (*.npz);;Tables (*.csv)"))
        if file and self._try(lambda: session_files.export_data(self._bridge, file)):
            self._bridge.report(tr("The data was written to {file}.").format(file=file))

    def ask_where(self, title: str, suffix: str, kinds: str) -> Path | None:
        """The file that a person wants to write; None for none."""
        start = str(Path(self._folder()) / f"{self._suggested()}{suffix}")
        file, _ = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        if not file:
            return None
        return Path(file) if Path(file).suffix else Path(file + suffix)

    def _write_picture(self, path: Path) -> None:
        from desktop.documents.export import write_picture

        write_picture(self._drawing, path)

    # Helpers

    def _try(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except GatewalkError as error:
            self._bridge.report(str(error), Kind.ERROR)
            return False
        except OSError as error:
            self._bridge.report(str(FileError(f"{error.filename or tr('The file')}: {error.strerror}.")), Kind.ERROR)
            return False
        return True

    def forget_path(self) -> None:
        """What there is now has no file of its own."""
        self._stand_on(None)

    def _stand_on(self, path: Path | None) -> None:
        self._saved_as = None if path is None else (path, self._bridge.session.setup.name)
        if path is not None:
            self._remember(path)
        self._name_window()

    def _name_window(self) -> None:
        path = self.path
        name = path.stem if path else self._bridge.session.setup.name
        named = f"{name}\n{path or ''}"
        if self._window is not None and named != self._named:
            self._named = named
            self._window.setWindowTitle(f"{name}[*] – Gatewalk" if name else "Gatewalk[*]")
            self._window.setWindowFilePath(str(path or ""))

    def _remember(self, path: Path) -> None:
        self._settings.add_recent_file(str(path.absolute()))
        self._list_recent()

    def _list_recent(self) -> None:
        if self._recent is None:
            return
        self._recent.clear()
        for number, file in enumerate(self._settings.recent_files, 1):
            entry = self._recent.addAction(f"&{number % 10}  {Path(file).name}")
            entry.setToolTip(file)
            entry.triggered.connect(lambda _checked=False, file=file: self._open_recent(file))
        self._recent.setEnabled(bool(self._settings.recent_files))
        if self._settings.recent_files:
            self._recent.addSeparator()
            self._recent.addAction(tr("&Forget these")).triggered.connect(self._forget_recent)

    def _open_recent(self, file: str) -> None:
        if not self.open_path(file) and not Path(file).exists():
            self._settings.remove_recent_file(file)

    def _forget_recent(self) -> None:
        self._settings.clear_recent_files()
        self._list_recent()

    def _folder(self) -> str:
        recent = self._settings.recent_files
        return str(Path(recent[0]).parent) if recent else str(Path.home())

    def _suggested(self) -> str:
        name = self.path.stem if self.path else self._bridge.session.setup.name or "gatewalk"
        return "".join(letter if letter.isalnum() or letter in " -_" else "-" for letter in name)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Files", text)
