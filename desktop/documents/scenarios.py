"""Scenarios in the window: opening one, its lesson step by step, the language of its texts, and the person's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QLocale, QObject, Signal

from core.lesson import LessonStep
from core.scenario import Scenario, read_scenario
from core.scenario_session import session_of_scenario, stand_at
from core.words import LANGUAGES, USUAL
from desktop.bridge import Bridge
from desktop.settings import Settings

if TYPE_CHECKING:
    from core.session import Session
    from desktop.documents.files import Files


class OpenLesson(msgspec.Struct, frozen=True, eq=False):
    """Where a person is in the lesson of the scenario that is open; ``chosen`` are the answers given, by step."""

    scenario: Scenario
    session: Session
    number: int = 0
    chosen: dict[int, int] = {}

    @property
    def steps(self) -> tuple[LessonStep, ...]:
        """All steps."""
        return self.scenario.settings.lesson

    @property
    def step(self) -> LessonStep:
        """The step that is shown."""
        return self.steps[self.number]


class Scenarios(QObject):
    """Intents that concern scenarios; ``changed`` says that there is another lesson, step, answer or language."""

    changed = Signal(object)  # OpenLesson, or None
    opened = Signal(object)  # Scenario
    gallery_wanted = Signal(object)  # None
    looked = Signal(object)  # Look: a panel or a picture of the laboratory is to be seen

    def __init__(self, bridge: Bridge, settings: Settings, files: Files, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge, self._settings, self._files = bridge, settings, files
        self._open: OpenLesson | None = None

    # Languages

    @property
    def language(self) -> str:
        """What texts of scenarios are said in: as the person chose, else as the system."""
        return self._settings.language or system_language()

    def set_language(self, language: str) -> None:
        """Say them in this language from now on."""
        self._settings.language = language
        self.changed.emit(self.lesson)

    # Opening

    @property
    def lesson(self) -> OpenLesson | None:
        """The lesson of what is walked; None where it has none, or where something else has been opened since."""
        there = self._open is not None and self._open.session is self._bridge.session
        return self._open if there else None

    def open(self, name_or_path: str | Path) -> bool:
        """Walk a scenario in place of what there is. Whether it was done; what is wrong is said."""
        if not self._files.may_lose_work():
            return False
        found: list[tuple[Scenario, Session]] = []

        def read() -> None:
            scenario = read_scenario(name_or_path)
            if Path(name_or_path).suffix == ".toml":
                self._settings.add_scenario_file(str(Path(name_or_path).absolute()))
            found.append((scenario, session_of_scenario(scenario, self.language)))
            self._bridge.replace_session(found[0][1])

        if not self._bridge.attempt(read):
            return False
        self._files.forget_path()
        self._begin(*found[0])
        return True

    def _begin(self, scenario: Scenario, session: Session) -> None:
        self._open = OpenLesson(scenario, session) if scenario.settings.lesson else None
        self.opened.emit(scenario)
        if self._open is None:
            self.changed.emit(None)
        else:
            self.go_to(0)

    # Walking through a lesson

    def go_to(self, number: int) -> None:
        """Show a step of the lesson, counted from 0, and stand where it says; nothing where there is no such one."""
        lesson = self.lesson
        if lesson is None or not 0 <= number < len(lesson.steps):
            return
        self._open = msgspec.structs.replace(lesson, number=number)
        self.show_place()
        self.changed.emit(self._open)

    def go_on(self, steps: int) -> None:
        """So many steps on, or back."""
        if self.lesson is not None:
            self.go_to(self.lesson.number + steps)

    def show_place(self) -> None:
        """Stand where the step of the lesson says, and look at what it says."""
        lesson = self.lesson
        if lesson is None:
            return
        at, look = lesson.step.at, lesson.step.look
        if at is not None:
            self._bridge.edit(lambda session: stand_at(session, at))
        if look is not None:
            unit = self._bridge.view.unit if look.unit is None else look.unit
            self._bridge.set_view(path=look.path, t=look.t, unit=unit)
            self.looked.emit(look)
        elif at is not None:
            self._bridge.set_view(path="", t=None)

    def answer(self, choice: int) -> None:
        """Give an answer to the question of the step, counted from 1; the first one counts."""
        lesson = self.lesson
        if lesson is not None and lesson.step.question is not None and lesson.number not in lesson.chosen:
            self._open = msgspec.structs.replace(lesson, chosen={**lesson.chosen, lesson.number: choice})
            self.changed.emit(self._open)


def system_language() -> str:
    """The language of the system, where scenarios are said in it; else English."""
    code = QLocale.system().name().partition("_")[0]
    return code if code in LANGUAGES else USUAL
