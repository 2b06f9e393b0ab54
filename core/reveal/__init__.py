"""From a session's cursor to a frame: ``frame_at`` is a pure function of session state and view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from core.diagram import Diagram, diagram_of
from core.frame import (
    Detail,
    EquationLine,
    Frame,
    Inspection,
    LaneFrame,
    OperationFrame,
    Phase,
    Prediction,
    Share,
    View,
)
from core.network import HEAD, Network
from core.reveal.changes import changes, truncation
from core.reveal.formulas import Formulas
from core.reveal.inspect import inspection, shares
from core.reveal.lane import Lane
from core.reveal.moment import Moment
from core.reveal.operations import operation_frames
from core.reveal.sentence import sentence_at
from core.reveal.walked import walked_equation
from core.run import Run

if TYPE_CHECKING:
    from core.branch import Setup
    from core.session import Session


class Shown:
    """What is kept between frames of a session because it never changes: formulas, diagrams, texts, norms."""

    def __init__(self) -> None:
        self._lanes: WeakKeyDictionary[Run, Lane] = WeakKeyDictionary()
        self._formulas: WeakKeyDictionary[Network, Formulas] = WeakKeyDictionary()
        self._diagrams: WeakKeyDictionary[Network, dict[str, Diagram]] = WeakKeyDictionary()
        self._whole: WeakKeyDictionary[Run, Run] = WeakKeyDictionary()

    def lane(self, run: Run, setup: Setup) -> Lane:
        """The lane of a run."""
        if run not in self._lanes:
            name = " · ".join(block.cell.definition.short_name for block in run.network.layers)
            self._lanes[run] = Lane(run, setup.sequence, name, f"{run.network.layers[-1].cell.units} units")
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

    def whole(self, run: Run) -> Run:
        """The run with the full backward pass, for one whose gradients are truncated."""
        if run not in self._whole:
            self._whole[run] = run.without_window()
        return self._whole[run]


def frame_at(session: Session, view: View) -> Frame:
    """Everything that is drawn at the session's cursor. The same cursor and view give the same frame, bit for bit."""
    return _Reveal(session, view).frame()


class _Reveal:
    def __init__(self, session: Session, view: View) -> None:
        self.session, self.view, self.shown = session, view, session.shown
        self.moment = Moment(session.run, session.cursor, min(view.sample, session.run.problem.batch_size - 1))
        self.network = session.run.network
        self.formulas = self.shown.formulas(self.network)
        self.position = self.moment.position

    def frame(self) -> Frame:
        session, moment = self.session, self.moment
        lane = self._lane()
        inspected = self._inspection()
        outcome = session.outcome if self._backward_is_done else None
        clip = outcome.report if outcome and moment.progress[Phase.CLIP].steps else None
        return Frame(
            position=self.position,
            view=self.view,
            grain=session.grain,
            lanes=(lane,),
            sentence=sentence_at(
                moment, session.setup.sequence, self._walk_shares(inspected), self._prediction(), clip
            ),
            phases=session.timeline.phases,
            equations=self._equations(),
            walked=walked_equation(moment, self.formulas, self.view.unit),
            inspection=inspected,
            operations=self._operations(),
            changes=changes(moment, outcome) if self._shows_changes else (),
            clip=clip,
            loss=self._loss(lane),
            truncation=truncation(session.run, outcome, self.shown.whole(session.run))
            if outcome and session.run.problem.window
            else None,
            event=session.event,
        )

    @property
    def _backward_is_done(self) -> bool:
        return self.position.phase in (Phase.CLIP, Phase.UPDATE)

    @property
    def _shows_changes(self) -> bool:
        return self.view.changes or self._backward_is_done

    def _lane(self) -> LaneFrame:
        session = self.session
        ghost_run = session.ghost
        ghost = None
        if ghost_run is not None and ghost_run.problem.steps == session.run.problem.steps:
            ghost = self._ghost(ghost_run)
        return self.shown.lane(session.run, session.setup).frame(self.moment, self.view, ghost)

    def _ghost(self, run: Run) -> LaneFrame | None:
        """The run before the last edit at the same cursor, as far as it was computed."""
        session = self.session
        if run.timeline.length != session.timeline.length or run.network is not session.run.network:
            return None
        run.ensure(session.cursor.index)
        parent = session.branch.owner(session.cursor.iteration).parent
        assert parent is not None
        setup = parent.owner(session.cursor.iteration).setup
        return self.shown.lane(run, setup).frame(Moment(run, session.cursor, self.moment.sample), self.view)

    @property
    def block(self) -> str:
        """The block whose equations are shown: the selected one, else the one that is walked."""
        if self.view.path:
            return self.view.path.split("/")[0]
        return self.position.block or self.network.layers[-1].name

    def _equations(self) -> tuple[EquationLine, ...]:
        lines = self.formulas.lines.get(self.block, ())
        lit = self.position.path if self.position.t is not None else ""
        return tuple(replace(line, lit=True) if line.path == lit else line for line in lines)

    def _inspection(self) -> Inspection | None:
        path, t = self._inspected()
        return inspection(self.moment, self.formulas, self.session.setup.sequence, path, t, self.view.unit)

    def _inspected(self) -> tuple[str, int]:
        """The selected variable and step; what is not selected follows the walk."""
        layer = self.network.layers[-1]
        walked = self.position.path if self.position.t is not None else ""
        path = self.view.path or walked or f"{layer.name}/{layer.output}"
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
        lane = self.shown.lane(self.session.run, self.session.setup)
        return lane.prediction(self.moment, t)

    def _operations(self) -> dict[int, OperationFrame]:
        if self.view.detail is not Detail.INSIDE or self.block not in self.formulas.lines:
            return {}
        diagram = self.shown.diagram(self.network, self.block)
        _, t = self._inspected()
        return operation_frames(self.moment, diagram, self.network.block(self.block), t)

    @staticmethod
    def _loss(lane: LaneFrame) -> float | None:
        reached = lane.losses[lane.losses == lane.losses]
        return float(reached.sum()) if len(reached) else None
