"""From a scenario to a session that stands where it begins, with its lanes and breakpoints."""

from __future__ import annotations

from core import lane_list
from core.branch import Setup
from core.frame import Cursor, Phase
from core.lanes import another_network
from core.lesson import Place
from core.scenario import Scenario, read_scenario
from core.session import Session
from core.words import USUAL, said

READY = "agreement"  # the scenario with which the window opens
_TIMELESS = (Phase.CLIP, Phase.UPDATE)


def ready_session(name: str = READY) -> Session:
    """A shipped scenario, where it says that one should begin. Raises FileError."""
    return session_of_scenario(read_scenario(name))


def session_of_scenario(scenario: Scenario, language: str = USUAL) -> Session:
    """A new session of a scenario, its names in a language. Raises GatewalkError where parts do not fit."""
    learning, name = scenario.settings.learning.step(), scenario.named(language)
    parameters, state, training = scenario.begun()
    setup = Setup(
        scenario.network(), scenario.sequence(), scenario.initial(), learning=learning, name=name, training=training
    )
    session = Session(setup, parameters, state)
    for number, part in enumerate(scenario.lanes):
        lane = scenario.lane(number)
        network = setup.network if part.network is None else lane.network()
        made = another_network(setup, network, lane.parameters(), said(part.name, language))
        session.lanes = lane_list.with_lane(session.lanes, made, session.branch, 0)
    session.breakpoints = scenario.settings.breakpoints
    if scenario.opening is not None:
        stand_at(session, scenario.opening)
    return session


def stand_at(session: Session, place: Place) -> None:
    """Move a session to a place. Raises SessionError where there is no such one."""
    session.go_to(Cursor(place.iteration, 0))
    if place.grain is not None:
        session.grain = place.grain
    if place.phase is Phase.BACKWARD and place.t is not None:  # its last walk; others may not come to t
        session.go_to(Cursor(place.iteration, _end_of(session, place.phase)))
    else:
        session.go_to_phase(place.phase)
    if place.t is not None and place.phase not in _TIMELESS:
        session.go_to_time(place.t)


def _end_of(session: Session, phase: Phase) -> int:
    timeline = session.timeline
    later = timeline.phases[timeline.phases.index(phase) + 1 :] if phase in timeline.phases else ()
    return timeline.starts_phase(later[0]) if later else timeline.length
