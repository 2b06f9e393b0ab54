"""A session from a file, or one sentence that says what is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from numpy.typing import NDArray

from core.branch import Branch, Iteration, Setup
from core.errors import DataError, FileError, GatewalkError
from core.files.arrays_zip import read_archive
from core.files.snapshot.compare import NORM, Difference, largest_difference, norms_of
from core.files.snapshot.lanes import compute_shown, lane_of, lanes_at
from core.files.snapshot.parts import at, network_of, parameters_of, sequence_of, setup_of
from core.files.snapshot.pool import PoolReader
from core.files.snapshot.records import FORMAT, BranchRecord, Document, Get, Header, UndoRecord
from core.files.trace_arrays import arrays_of
from core.frame import Cursor, View
from core.lanes import Companion
from core.session import Session
from core.undo import Undoable

Array = NDArray[Any]
LOAD_LIMIT_BYTES = 2 * 1024**3
_LARGEST_ITERATION = 1_000_000_000
# What the checks of all parts raise; anything else is a defect of this program.
_REFUSALS = (GatewalkError, KeyError, IndexError, ValueError, TypeError, OverflowError, RecursionError, MemoryError)


@dataclass(frozen=True, eq=False)
class Opened:
    """A session as it was saved; ``difference`` where computing it again gave something else."""

    session: Session
    view: View
    difference: Difference | None


def load_session(path: str | Path, *, limit_bytes: int = LOAD_LIMIT_BYTES) -> tuple[Session, View]:
    """The session and the view of a snapshot. Raises FileError."""
    opened = open_session(path, limit_bytes=limit_bytes)
    return opened.session, opened.view


def open_session(path: str | Path, *, limit_bytes: int = LOAD_LIMIT_BYTES) -> Opened:
    """The session of a snapshot, computed again as far as it was. Raises FileError.

    At most ``limit_bytes`` are read, and the rows of a run may take no more.
    """
    state = restored(path, limit_bytes)
    with _refusing(path):
        session = _session(state)
        return Opened(session, _checked_view(state.document.view, session), _difference(state, session))


@dataclass(frozen=True, eq=False)
class Restored:
    """What a file holds, checked, before anything is computed."""

    document: Document
    arrays: Mapping[str, Array]
    branches: list[Branch]  # parents before their children

    @property
    def branch(self) -> Branch:
        """The branch the cursor is in."""
        return self.branches[self.document.branch]


def restored(path: str | Path, limit_bytes: int) -> Restored:
    """The branches in a file. Raises FileError."""
    json_bytes, arrays = read_archive(path, limit_bytes=limit_bytes)
    document = _decoded(json_bytes, path)
    with _refusing(path):
        get = PoolReader(document.pool, arrays).get
        networks = [network_of(record) for record in document.networks]
        sequences = [sequence_of(record, get) for record in document.sequences]
        setups = [setup_of(record, networks, sequences, get) for record in document.setups]
        for setup in setups:
            _check_memory(setup, limit_bytes)
        branches: list[Branch] = []
        for record in document.branches:
            branches.append(_branch(record, branches, setups, get))
        _check_cursor(document.cursor, at(branches, document.branch, "branch"))
        return Restored(document, arrays, branches)


@contextmanager
def _refusing(path: str | Path) -> Iterator[None]:
    """Turns what the checks raise into one FileError."""
    try:
        yield
    except _REFUSALS as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise FileError(
            f"{path}: the session cannot be opened: {reason or type(error).__name__}. Open another copy of the file."
        ) from error


def _decoded(json_bytes: bytes, path: str | Path) -> Document:
    try:
        found = msgspec.json.decode(json_bytes, type=Header).format
        if found > FORMAT:
            raise FileError(
                f"{path}: this session was saved by a newer Gatewalk (format {found}, known is {FORMAT}). "
                "Open it with the newer one."
            )
        if found < 1:
            raise FileError(f"{path}: this is not a Gatewalk session: it has format {found}, expected {FORMAT}.")
        return msgspec.json.decode(json_bytes, type=Document)
    except (msgspec.MsgspecError, GatewalkError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: the session.json in it cannot be understood: {error}.") from error


def _check_memory(setup: Setup, limit_bytes: int) -> None:
    """Refuses sizes that no array in the file bounds, before memory is taken for them."""
    widths = [sum(block.cell.variable_sizes.values()) for block in setup.network.blocks]
    needed = 8 * sum(widths) * setup.sequence.length * setup.sequence.batch
    if needed > limit_bytes:
        raise DataError(f"a run of it takes {needed / 1e6:.4g} MB of memory, {limit_bytes / 1e6:.4g} MB are allowed")


def _branch(record: BranchRecord, earlier: list[Branch], setups: list[Setup], get: Get) -> Branch:
    setup = at(setups, record.setup, "setup")
    parent = None if record.parent is None else at(earlier, record.parent, "an earlier branch")
    if not 0 <= record.first <= (0 if parent is None else parent.last):
        raise DataError(f"a branch begins at iteration {record.first}, which its parent does not have")
    if not record.parameters or len(record.parameters) != len(record.states):
        raise DataError("a branch has no iterations, or not as many states as parameters")
    starts = [
        Iteration(
            parameters_of(setup.network, _named(record.parameter_paths, parameters, get)),
            _named(record.state_paths, states, get),
        )
        for parameters, states in zip(record.parameters, record.states, strict=True)
    ]
    branch = Branch(setup, starts[0], record.first, parent)
    branch.iterations.extend(starts[1:])
    most = setup.sequence.length * len(setup.network.stages)
    for number, frontier in record.frontiers.items():
        if not (record.first <= number <= branch.last and all(0 <= n <= most for n in frontier)):
            raise DataError(f"iteration {number} of a branch is computed to {frontier}, which it does not have")
        branch.advance_to(number, frontier)
    return branch


def _named(paths: list[str], refs: list[Any], get: Get) -> dict[str, Array]:
    pairs = zip(paths, refs, strict=True)
    return {path: get(ref) for path, ref in pairs if ref is not None}


def _check_cursor(cursor: Cursor, branch: Branch) -> None:
    """Refuses a cursor of an iteration that the branch has not begun, which would be computed."""
    if not (0 <= cursor.iteration <= branch.last and cursor.index >= 0):
        raise DataError(f"the cursor stands at {cursor.iteration}:{cursor.index}, outside the walk")


def _session(state: Restored) -> Session:
    document, branches = state.document, state.branches
    root = branches[0]
    session = Session(root.setup, root.iterations[0].parameters, root.iterations[0].optimiser_state)
    session.branch, session.grain = state.branch, document.grain
    companions = [lane_of(record, branches) for record in document.companions]
    session.lanes = lanes_at(companions, document.lanes)
    session.done = [_undoable(record, branches, companions) for record in document.done]
    session.undone = [_undoable(record, branches, companions) for record in document.undone]
    if any(
        not 0 <= mark.cursor.iteration <= _LARGEST_ITERATION or mark.cursor.index < 0 for mark in document.bookmarks
    ):
        raise DataError("a bookmark stands outside the walk")
    session.bookmarks, session.breakpoints = document.bookmarks, document.breakpoints
    session.notes = document.notes
    session.go_to(document.cursor)
    compute_shown(session)
    session.event = document.event
    return session


def _undoable(record: UndoRecord, branches: list[Branch], companions: list[Companion]) -> Undoable:
    branch = at(branches, record.branch, "branch")
    _check_cursor(record.cursor, branch)
    return Undoable(record.label, branch, record.cursor, lanes_at(companions, record.lanes))


def _checked_view(view: View, session: Session) -> View:
    """The view; what the session does not have is left out of it, as it moves nothing."""
    network, sequence = session.setup.network, session.setup.sequence
    sizes = {f"{b.name}/{name}": size for b in network.blocks for name, size in b.cell.variable_sizes.items()}
    path = view.path if view.path in sizes else ""
    t = view.t if view.t is not None and 0 <= view.t < sequence.length else None
    unit = view.unit if 0 <= view.unit < (sizes[path] if path else max(sizes.values())) else 0
    sample = view.sample if 0 <= view.sample < sequence.batch else 0
    whole = View()
    first, last = (view.first, view.last) if 0 <= view.first < view.last else (whole.first, whole.last)
    return replace(view, path=path, t=t, unit=unit, sample=sample, first=first, last=last)


def _difference(state: Restored, session: Session) -> Difference | None:
    """Compares what the file holds with what was computed again."""
    computed, norms = state.document.computed, state.document.norms
    if not (computed or norms):
        return None
    now = arrays_of(session.run)
    found = largest_difference({key: state.arrays[key] for key in computed}, now)
    saved_norms = {key: state.arrays[NORM + key] for key in norms}
    return largest_difference(saved_norms, norms_of({key: now[key] for key in norms})) or found
