"""The panels at the left: what of the session they show, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.frame import Cursor, Frame
from desktop.bridge import Bridge
from desktop.documents.files import SNAPSHOT, Files
from desktop.documents.learned import has_learned
from desktop.settings import Settings
from desktop.style.theme import Theme
from desktop.views.side.bookmarks import BookmarksPanel
from desktop.views.side.breakpoints import BreakpointsPanel
from desktop.views.side.data import DataPanel
from desktop.views.side.model import ModelPanel
from desktop.views.side.records import (
    BookmarkCard,
    brief_place_words,
    layer_paths,
    model_summary,
    place_words,
)
from desktop.walking.edits import Edits
from desktop.window.contents import Content

MOST_SNAPSHOTS = 6


class Side:
    """Keeps the four panels in step with the session; what has not changed is not given again."""

    def __init__(self, bridge: Bridge, settings: Settings, files: Files, edits: Edits, theme: Theme) -> None:
        self._bridge, self._settings, self._files, self._edits = bridge, settings, files, edits
        self._theme = theme
        self._shown: dict[str, Any] = {}
        self._norms: dict[Cursor, tuple[float, ...]] = {}

    def contents(self) -> dict[str, Callable[[], Content]]:
        """What makes the panels, by name."""
        return {
            "model": lambda: Content(self.model, self._show_model),
            "data": lambda: Content(self.data, self._show_data),
            "bookmarks": lambda: Content(self.bookmarks, self._show_bookmarks),
            "breakpoints": lambda: Content(self.breakpoints, self._show_breakpoints),
        }

    @cached_property
    def model(self) -> ModelPanel:
        """The network and how it learns."""
        panel, bridge, edits = ModelPanel(self._theme), self._bridge, self._edits
        panel.change_requested.connect(lambda _: edits.change_model())
        panel.answers_requested.connect(lambda _: self._files.models.ask_again())
        panel.learning_changed.connect(bridge.edits.set_learning)
        panel.edit_requested.connect(edits.edit)
        return panel

    @cached_property
    def data(self) -> DataPanel:
        """The sequence that is read."""
        panel, bridge, edits = DataPanel(self._theme), self._bridge, self._edits
        panel.jump_requested.connect(bridge.go_to_time)
        panel.edit_requested.connect(edits.edit)
        panel.sample_requested.connect(bridge.choose_sample)
        panel.open_text_requested.connect(lambda _: edits.type_text())
        panel.open_file_requested.connect(lambda _: self._files.open_data())
        panel.loss_requested.connect(edits.set_loss_steps)
        return panel

    @cached_property
    def bookmarks(self) -> BookmarksPanel:
        """Places of the walk, and saved sessions."""
        panel = BookmarksPanel(self._theme)
        panel.add_requested.connect(lambda _: self._edits.add_bookmark())
        panel.jump_requested.connect(self._jump)
        panel.rename_requested.connect(lambda pair: self._rename(*pair))
        panel.delete_requested.connect(self._delete)
        return panel

    @cached_property
    def breakpoints(self) -> BreakpointsPanel:
        """Where a walk stops by itself."""
        panel = BreakpointsPanel(self._theme)
        panel.add_requested.connect(self._bridge.edits.add_breakpoint)
        panel.remove_requested.connect(self._bridge.edits.remove_breakpoint)
        return panel

    def _changed(self, name: str, *facts: object) -> bool:
        """Whether these facts are others than at the last time."""
        before, self._shown[name] = self._shown.get(name), facts
        return (
            before is None or len(before) != len(facts) or any(a is not b for a, b in zip(before, facts, strict=True))
        )

    def _show_model(self, frame: Frame) -> None:
        setup, parameters = self._bridge.session.setup, self._bridge.session.parameters
        if self._changed("model", setup.network, setup.name, parameters, setup.origin):
            trained = has_learned(self._bridge.session)
            self.model.show_model(model_summary(setup.network, setup.name, trained, setup.origin))
        if self._changed("learning", setup.learning, setup.network):
            self.model.show_learning(setup.learning, setup.network)

    def _show_data(self, frame: Frame) -> None:
        self.data.show_sequence(self._bridge.session.setup.sequence)
        self.data.show_frame(frame)

    def _show_breakpoints(self, frame: Frame) -> None:
        session = self._bridge.session
        if self._changed("session", session):
            self.breakpoints.forget_switched_off()
        network, steps = session.setup.network, session.setup.sequence.length
        if self._changed("paths", network, session.setup.sequence):
            self.breakpoints.show_paths(layer_paths(network), steps)
        if self._changed("breakpoints", session.breakpoints, session.event):
            self.breakpoints.show_breakpoints(session.breakpoints, session.event)
        self.breakpoints.show_frame(frame)

    def _show_bookmarks(self, frame: Frame) -> None:
        marks, recent = self._bridge.session.bookmarks, self._settings.recent_files
        cursor = frame.position.cursor
        if any(mark.cursor == cursor for mark in marks):
            self._norms.setdefault(cursor, _norms(frame))
        here = tuple(mark.cursor == cursor for mark in marks)
        facts = (marks, recent, here, self._bridge.session.timeline.length)
        if facts != self._shown.get("bookmarks"):
            self._shown["bookmarks"] = facts
            places = self._places(cursor)
            elsewhere = len(marks) - len(places)
            self.bookmarks.show_bookmarks((*places, *_snapshots(recent, self._files.path)), elsewhere)

    def _places(self, here: Cursor) -> list[BookmarkCard]:
        timeline = self._bridge.session.timeline
        cards = []
        for mark in self._bridge.session.bookmarks:
            if not mark.exists_in(timeline):
                continue  # of another model; undo brings both back
            inside = Cursor(mark.cursor.iteration, min(mark.cursor.index, timeline.length))
            place, norms = timeline.position(inside), self._norms.get(mark.cursor, ())
            words, brief = place_words(place), brief_place_words(place)
            at_it = mark.cursor == here
            cards.append(BookmarkCard(mark.name, words, norms, mark.cursor, note=mark.note, here=at_it, brief=brief))
        return cards

    def _jump(self, card: BookmarkCard) -> None:
        if isinstance(card.key, Path):
            self._files.open_path(card.key)
        else:
            self._bridge.go_to(card.key)

    def _rename(self, card: BookmarkCard, name: str) -> None:
        if isinstance(card.key, Path):
            self._bridge.report(tr("A saved session is renamed by saving it under another name."))
            self._shown.pop("bookmarks", None)
            self._show_bookmarks(self._bridge.frame)
        elif name.strip():
            self._bridge.edits.rename_bookmark(card.name, name.strip())

    def _delete(self, card: BookmarkCard) -> None:
        if isinstance(card.key, Path):
            self._settings.remove_recent_file(str(card.key))
            self._show_bookmarks(self._bridge.frame)
        else:
            self._bridge.edits.remove_bookmark(card.name)


def _norms(frame: Frame) -> tuple[float, ...]:
    """‖∂L/∂h_t‖ over time of the lead lane's last layer, as far as it has arrived."""
    layers = [block for lane in frame.lanes[:1] for block in lane.blocks if block.name != "head"]
    tracks = [track for block in layers[-1:] for track in block.tracks if track.is_state]
    return tuple(float(norm) for norm in tracks[-1].adjoint_norms) if tracks else ()


def _snapshots(recent: tuple[str, ...], here: Path | None) -> list[BookmarkCard]:
    """Saved sessions that were used lately."""
    files = [Path(file) for file in recent if Path(file).suffix.lower() == SNAPSHOT][:MOST_SNAPSHOTS]
    return [
        BookmarkCard(file.stem, str(file.parent), (), file, kind="snapshot", here=file == here, brief=file.parent.name)
        for file in files
    ]


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Side", text)
