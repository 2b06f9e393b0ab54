"""From a session's cursor to a frame: ``frame_at`` is a pure function of session state and view."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from msgspec.structs import replace

from core.diagram import Diagram, diagram_of
from core.frame import (
    ClipReport,
    Detail,
    EquationLine,
    FlowFrame,
    Frame,
    Inspection,
    LaneFrame,
    OperationFrame,
    Phase,
    Prediction,
    Sentence,
    Share,
    Truncation,
    View,
)
from core.network import HEAD, Network
from core.reveal.changes import Arrays, changes, truncation
from core.reveal.focus import focus
from core.reveal.formulas import Formulas, learning_lines
from core.reveal.inspect import inspection, shares
from core.reveal.lane import Lane
from core.reveal.moment import Moment
from core.reveal.operations import operation_frames
from core.reveal.regulariser import flow_frame, regularised_names, regulariser_sentence
from core.reveal.sentence import sentence_at, step_sentence
from core.reveal.walked import walked_equation
from core.run import Run
from core.tables import count

if TYPE_CHECKING:
    from core.branch import Setup
    from core.session import Session


LANES_KEPT = 4  # a run and its ghost, on both sides of an iteration's border; two more for each lane beside it


class Shown:
    """What is kept between frames of a session because it never changes: formulas, diagrams, texts, norms."""

    def __init__(self) -> None:
        self._lanes: dict[Run, Lane] = {}  # least recently used first; few, because they keep their runs in memory
        self._formulas: dict[Network, Formulas] = {}
        self._diagrams: dict[Network, dict[str, Diagram]] = {}
        self._truncations: WeakKeyDictionary[Run, Truncation] = WeakKeyDictionary()
        self._most = LANES_KEPT

    def make_room(self, companions: int) -> None:
        """Keep what so many lanes beside the lead need."""
        self._most = LANES_KEPT + 2 * companions

    def lane(self, run: Run, setup: Setup) -> Lane:
        """The lane of a run."""
        self._lanes[run] = self._lanes.pop(run) if run in self._lanes else _lane_of(run, setup)
        while len(self._lanes) > self._most:
            del self._lanes[next(iter(self._lanes))]
        return self._lanes[run]

    def formulas(self, network: Network) -> Formulas:
        """The formulas of a network."""
        if network not in self._formulas:
            self._formulas[network] = Formulas(network)
        return self._formulas[network]

    def diagram(self, network: Network, block: str) -> Diagram:
        """The data-flow diagram of a block."""
        diagrams = self._diagrams.setdefault(network, {})
        if block not in diagrams:
            diagrams[block] = diagram_of(network.block(block).cell.definition)
        return diagrams[block]

    def truncation(self, run: Run, gradients: Arrays) -> Truncation | None:
        """How the gradients of a run with a window differ from the full ones; None without a window."""
        if run.problem.window and run not in self._truncations:
            self._truncations[run] = truncation(run, gradients)
        return self._truncations.get(run)


def _lane_of(run: Run, setup: Setup) -> Lane:
    return Lane(run, setup.sequence, run.network.summary, count(run.network.last_layer.cell.units, "unit"))


def frame_at(session: Session, view: View) -> Frame:
    """Everything that is drawn at the session's cursor. The same cursor and view give the same frame, bit for bit.

    What the view selects and the network does not have follows the walk.
    """
    with np.errstate(all="ignore"):  # infinities and NaN are results to show
        return _Reveal(session, view).frame()


class _Reveal:
    def __init__(self, session: Session, view: View) -> None:
        run = session.run
        self.session, self.view, self.shown = session, view, session.shown
        self.moment = Moment(run, session.cursor, min(max(view.sample, 0), run.problem.batch_size - 1))
        self.network = run.network
        self.formulas = self.shown.formulas(self.network)
        walked = self.moment.position
        self.position = focus(walked, run.timeline, session.grain, self.network.layers)
        self.moment.position = self.position
        self.stands_on_state = self.position is not walked
        self.lane = self.shown.lane(run, session.setup)
        self.selected = view.path if self.network.has_variable(view.path) else ""

    def frame(self) -> Frame:
        session, moment = self.session, self.moment
        lane = self.lane.frame(moment, self.view, self._ghost())
        inspected = self._inspection()
        outcome = session.outcome if self._backward_is_done else None
        clip = outcome.report if outcome and moment.progress[Phase.CLIP].steps else None
        flow = flow_frame(moment, outcome, session.setup.learning.regulariser)
        return Frame(
            position=self.position,
            view=self.view,
            grain=session.grain,
            lanes=_lanes(session, self.view, self.moment.sample, lane),
            sentence=self._sentence(inspected, clip, flow),
            phases=session.timeline.phases,
            equations=self._equations(),
            walked=walked_equation(moment, self.formulas, self.view.unit),
            inspection=inspected,
            operations=self._operations(),
            changes=changes(moment, outcome) if self._shows_changes else (),
            clip=clip,
            loss=self._loss(lane),
            truncation=self.shown.truncation(session.run, outcome.gradients) if outcome else None,
            event=session.event,
            flow=flow,
        )

    def _sentence(self, inspected: Inspection | None, clip: ClipReport | None, flow: FlowFrame | None) -> Sentence:
        t = self.position.t
        if self.position.phase is Phase.REGULARISER and t is not None and t < self.moment.length:
            return regulariser_sentence(self.moment, flow)
        if self.stands_on_state:
            return step_sentence(self.moment, self._token, self.formulas)
        return sentence_at(self.moment, self._token, self._walk_shares(inspected), self._prediction(), clip)

    @property
    def _backward_is_done(self) -> bool:
        return self.position.phase in (Phase.REGULARISER, Phase.CLIP, Phase.UPDATE)

    @property
    def _shows_changes(self) -> bool:
        return self.view.changes or self._backward_is_done

    def _ghost(self) -> LaneFrame | None:
        """The run before the last edit, computed to the same cursor."""
        session, branch = self.session, self.session.branch.owner(self.session.cursor.iteration)
        run = session.ghost
        if run is None or branch.parent is None:
            return None
        run.ensure(session.cursor.index)
        lane = self.shown.lane(run, branch.parent.owner(session.cursor.iteration).setup)
        return lane.frame(Moment(run, session.cursor, self.moment.sample), self.view)

    @property
    def block(self) -> str:
        """The block whose equations are shown: the selected one, else the one that is walked."""
        walked = self.position.block if self.position.t is not None else ""
        return self.selected.split("/")[0] or walked or self.network.last_layer.name

    @property
    def _token(self) -> str:
        """The token of the step that is walked."""
        t = self.position.t
        return "" if t is None else self.lane.texts(self.moment.sample)[0][t]

    def _equations(self) -> tuple[EquationLine, ...]:
        if self._backward_is_done and not self.selected:
            learning = self.session.setup.learning
            return learning_lines(self.position.phase, learning, regularised_names(self.network, learning.regulariser))
        lines = self.formulas.lines[self.block]
        lit = self.position.path if self.position.t is not None else ""
        return tuple(replace(line, lit=True) if line.path == lit else line for line in lines)

    def _inspection(self) -> Inspection | None:
        path, t = self._inspected()
        token, labels = self.lane.texts(self.moment.sample)[0][t], self.session.setup.sequence.target_labels
        return inspection(self.moment, self.formulas, path, t, self.view.unit, token, labels)

    def _inspected(self) -> tuple[str, int]:
        """The selected variable and step; what is not selected follows the walk."""
        layer = self.network.last_layer
        walked = self.position.path if self.position.t is not None else ""
        path = self.selected or walked or layer.output_path
        t = self.view.t if self.view.t is not None else self.position.t
        return path, min(max(t or 0, 0), self.moment.steps - 1)

    def _walk_shares(self, inspected: Inspection | None) -> tuple[Share, ...]:
        if self.position.phase is not Phase.BACKWARD or self.position.t is None:
            return ()
        if inspected and (inspected.path, inspected.t) == (self.position.path, self.position.t):
            return inspected.shares
        return shares(self.moment, self.formulas, self.position.path, self.position.t)

    def _prediction(self) -> Prediction | None:
        t = self.position.t
        if t is None or not self.moment.is_reached(f"{HEAD}/{self.network.head.output}", t):
            return None
        return self.lane.prediction(self.moment, t)

    def _operations(self) -> dict[int, OperationFrame]:
        if self.view.detail is not Detail.INSIDE:
            return {}
        diagram = self.shown.diagram(self.network, self.block)
        _, t = self._inspected()
        return operation_frames(self.moment, diagram, self.network.block(self.block), t)

    @staticmethod
    def _loss(lane: LaneFrame) -> float | None:
        reached = lane.losses[lane.losses == lane.losses]
        return float(reached.sum()) if len(reached) else None


def _lanes(session: Session, view: View, sample: int, lead: LaneFrame) -> tuple[LaneFrame, ...]:
    """The lead's lane and those beside it."""
    session.shown.make_room(len(session.lanes))
    if not session.lanes:
        return (lead,)
    from core.reveal.companions import beside  # most walks have no other lane

    return beside(session, view, sample, lead)
