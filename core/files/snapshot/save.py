"""A session to a file. What is captured does not change afterwards, so that it can be written on another thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from core.branch import Branch, Iteration, Setup
from core.errors import FileError
from core.files.arrays_zip import write_archive
from core.files.snapshot.compare import NORM, norms_of
from core.files.snapshot.lanes import LaneCapture, captured_lanes, lane_numbers, lane_record
from core.files.snapshot.parts import network_record, sequence_record, setup_record
from core.files.snapshot.pool import PoolWriter
from core.files.snapshot.records import FORMAT, PLAIN_FORMAT, BranchRecord, Document, SetupRecord, UndoRecord
from core.files.trace_arrays import arrays_of
from core.frame import Cursor, Grain, View
from core.network import Network
from core.run import Run
from core.sequence import Sequence
from core.session import Session
from core.undo import Undoable

Array = NDArray[Any]
PROGRAM = "Gatewalk"
KEEP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, eq=False)
class BranchCapture:
    """A branch as it stood."""

    branch: Branch
    iterations: tuple[Iteration, ...]
    frontiers: dict[int, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Capture:
    """A session as it stood at one moment: nothing in it changes when the walk goes on."""

    branches: tuple[BranchCapture, ...]  # parents before their children
    branch: Branch
    cursor: Cursor
    grain: Grain
    view: View
    run: Run
    forward: int
    backward: int
    done: tuple[Undoable, ...]
    undone: tuple[Undoable, ...]
    companions: tuple[LaneCapture, ...]
    lanes: list[int]  # those that are shown, among the companions
    rest: dict[str, Any]  # fields of the document that need no translation


def save_session(
    session: Session, path: str | Path, *, view: View | None = None, limit_bytes: int = KEEP_BYTES
) -> None:
    """Write everything to ``path``, completely or not at all. Raises FileError.

    Computed values are kept up to ``limit_bytes``; beyond, only their norms, and opening the file computes them again.
    """
    write_capture(capture(session, view=view), path, limit_bytes=limit_bytes)


def capture(session: Session, *, view: View | None = None) -> Capture:
    """What ``write_capture`` writes; takes no noticeable time."""
    entries = (*session.done, *session.undone)
    walked = _with_ancestors([session.branch, *(entry.branch for entry in entries)])
    companions = captured_lanes(session, walked)
    beside = (branch for kept in companions for branch in (kept.lane.root, *(own for _, own in kept.mirrors)))
    branches = _with_ancestors([*walked, *beside])
    run = session.run
    return Capture(
        branches=tuple(BranchCapture(b, tuple(b.iterations), b.frontiers()) for b in branches),
        branch=session.branch,
        cursor=session.cursor,
        grain=session.grain,
        view=view or View(),
        run=run,
        forward=run.forward_done,
        backward=run.backward_done,
        done=tuple(session.done),
        undone=tuple(session.undone),
        companions=companions,
        lanes=lane_numbers(session, companions),
        rest={name: getattr(session, name) for name in ("bookmarks", "breakpoints", "notes", "event")},
    )


def write_capture(captured: Capture, path: str | Path, *, limit_bytes: int = KEEP_BYTES) -> None:
    """Write what was captured. Raises FileError."""
    arrays = arrays_of(captured.run, captured.forward, captured.backward)
    given = {key: array for key, array in arrays.items() if key.startswith(("input", "param/", "initial/"))}
    computed = {key: array for key, array in arrays.items() if key not in given}
    norms: dict[str, Array] = {}
    if sum(array.nbytes for array in computed.values()) > limit_bytes:
        norms, computed = norms_of(computed), {}
    pool = PoolWriter(given)
    document = _document(captured, pool, list(computed), list(norms))
    json_bytes = _encoded(document, path)
    members = {**given, **computed, **pool.members(), **{NORM + key: array for key, array in norms.items()}}
    write_archive(path, json_bytes, members)


def _with_ancestors(branches: Iterable[Branch]) -> list[Branch]:
    """The branches and all their parents, each once, parents first."""
    ordered: dict[int, Branch] = {}
    for branch in branches:
        line = [branch]
        while (parent := line[-1].parent) is not None and id(parent) not in ordered:
            line.append(parent)
        ordered |= {id(found): found for found in reversed(line) if id(found) not in ordered}
    return list(ordered.values())


def _document(captured: Capture, pool: PoolWriter, computed: list[str], norms: list[str]) -> Document:
    setups = _unique(found.branch.setup for found in captured.branches)
    places = {id(found.branch): n for n, found in enumerate(captured.branches)}
    networks = _unique(setup.network for setup in setups)
    sequences = _unique(setup.sequence for setup in setups)
    document = Document(
        format=PLAIN_FORMAT if _is_plain(networks, sequences, setups) else FORMAT,
        program=PROGRAM,
        networks=[network_record(network) for network in networks],
        sequences=[sequence_record(sequence, pool.add) for sequence in sequences],
        setups=_setup_records(setups, networks, sequences, pool),
        branches=[_branch_record(found, setups, places, pool) for found in captured.branches],
        branch=places[id(captured.branch)],
        cursor=captured.cursor,
        grain=captured.grain,
        view=captured.view,
        pool=[],
        computed=computed,
        norms=norms,
        done=_undo_records(captured.done, captured.companions, places),
        undone=_undo_records(captured.undone, captured.companions, places),
        companions=[lane_record(found, places) for found in captured.companions],
        lanes=captured.lanes,
        **captured.rest,
    )
    document.pool = pool.groups
    return document


def _is_plain(networks: list[Network], sequences: list[Sequence], setups: list[Setup]) -> bool:
    """Whether a program that knows only forward layers, each reading the one before it, reads this rightly."""
    blocks = [block for network in networks for block in network.blocks]
    sized = any(block.cell.extra or block.cell.definition.named_delays for block in blocks)
    beyond = any(block.reverse or block.tied or len(block.reads) > 2 for block in blocks)
    summed = all(setup.learning.over_batch == "sum" for setup in setups)
    return summed and not (sized or beyond) and all(sequence.lengths is None for sequence in sequences)


def _setup_records(
    setups: list[Setup], networks: list[Network], sequences: list[Sequence], pool: PoolWriter
) -> list[SetupRecord]:
    return [
        setup_record(setup, _place(networks, setup.network), _place(sequences, setup.sequence), pool.add)
        for setup in setups
    ]


def _branch_record(found: BranchCapture, setups: list[Setup], places: dict[int, int], pool: PoolWriter) -> BranchRecord:
    branch = found.branch
    parameter_paths = list(found.iterations[0].parameters)
    state_paths = list(dict.fromkeys(path for entry in found.iterations for path in entry.optimiser_state))
    return BranchRecord(
        setup=_place(setups, branch.setup),
        first=branch.first,
        parent=None if branch.parent is None else places[id(branch.parent)],
        parameter_paths=parameter_paths,
        parameters=[[pool.add(np.asarray(start.parameters[p])) for p in parameter_paths] for start in found.iterations],
        state_paths=state_paths,
        states=[
            [pool.add(start.optimiser_state[p]) if p in start.optimiser_state else None for p in state_paths]
            for start in found.iterations
        ],
        frontiers=found.frontiers,
    )


def _undo_records(
    entries: Iterable[Undoable], companions: tuple[LaneCapture, ...], places: dict[int, int]
) -> list[UndoRecord]:
    return [
        UndoRecord(entry.label, places[id(entry.branch)], entry.cursor, lane_numbers(entry, companions))
        for entry in entries
    ]


def _unique(items: Iterable[Any]) -> list[Any]:
    return list({id(item): item for item in items}.values())


def _place(items: list[Any], wanted: Any) -> int:
    return next(n for n, item in enumerate(items) if item is wanted)


def _encoded(document: Document, path: str | Path) -> bytes:
    """The JSON, read once to be sure that it can be opened again."""
    try:
        encoded = msgspec.json.encode(document)
        msgspec.json.decode(encoded, type=Document)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise FileError(f"{path}: the session cannot be saved: {error}. Nothing was written.") from error
    return encoded
