"""The schema of ``session.json``.

Arrays are not in it: a ``Ref`` names one. A text is the key of a member ("param/l0/W_f"); a number is one of those that
``Document.pool`` lists. Whatever refers to another record does so by its place in the list, and a branch only to
branches before it, so nothing can be circular.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from numpy.typing import NDArray

from core.branch import Bookmark
from core.breakpoints import Breakpoint
from core.frame import Cursor, Grain, View
from core.lanes import LaneKind
from core.learning.record import Training
from core.learning.step import LearningSettings
from core.network import Padding
from core.tokens import Kind

FORMAT = 2  # raised when a program that knows only older formats could misread a file
PLAIN_FORMAT = 1  # of a file that such a program reads rightly: stacks of forward layers, sequences of one length
Ref: TypeAlias = int | str
Add: TypeAlias = Callable[[NDArray[Any]], Ref]
Get: TypeAlias = Callable[[Ref], NDArray[Any]]


class Header(msgspec.Struct):
    """What is read before anything else."""

    format: int


class BlockRecord(msgspec.Struct):
    """A cell with its sizes; ``text`` is the whole cell file, so that a snapshot opens without it.

    ``reads`` is None in files of format 1, where each block reads the one before it.
    """

    name: str
    text: str
    file: str  # name of the file the text came from, without its folder
    inputs: int
    units: int
    extra: dict[str, int] = {}
    delays: dict[str, int] = {}  # by name, of the cells that name some
    reads: dict[str, str] | None = None
    reverse: bool = False
    aligned: bool = True
    tied: str = ""


class NetworkRecord(msgspec.Struct):
    """All blocks but the readout in the order data flows, the readout, and the name of its loss."""

    layers: list[BlockRecord]
    head: BlockRecord
    loss: str
    padding: Padding = "zero"


class SequenceRecord(msgspec.Struct):
    """A sequence, field by field."""

    inputs: Ref
    tokens: tuple[str, ...]
    kind: Kind
    targets: Ref | None = None
    known: Ref | None = None
    target_labels: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] | None = None
    name: str = ""
    lengths: tuple[int, ...] | None = None


class InterventionRecord(msgspec.Struct):
    """A state overwritten by hand; JSON has no infinity and no NaN, so these values are texts."""

    block: str
    variable: str
    t: int
    unit: int
    value: float | str


class PieceRecord(msgspec.Struct):
    """A part of a tensor that is a part of a parameter; see ``core.files.models.layout``."""

    tensor: str
    parameter: str
    part: tuple[int | tuple[int, int], ...] = ()
    place: tuple[int | tuple[int, int], ...] = ()
    transposed: bool = False


class OriginRecord(msgspec.Struct):
    """The model file that a network came from."""

    file: str
    found: str
    remarks: tuple[str, ...]
    answers: dict[str, str]
    pieces: list[PieceRecord]
    shapes: dict[str, tuple[int, ...]]
    initial: dict[str, Ref] = {}
    tensors: dict[str, Ref] = {}


class SetupRecord(msgspec.Struct):
    """What the iterations of a branch have in common."""

    network: int
    sequence: int
    initial: dict[str, Ref] = {}
    interventions: list[InterventionRecord] = []
    learning: LearningSettings = LearningSettings()
    name: str = ""
    origin: OriginRecord | None = None
    training: Training = Training()


class BranchRecord(msgspec.Struct):
    """A branch. Iteration ``first + n`` starts with row n of ``parameters`` and of ``states``."""

    setup: int
    first: int
    parent: int | None
    parameter_paths: list[str]
    parameters: list[list[Ref]]  # per iteration, in the order of the paths
    state_paths: list[str]
    states: list[list[Ref | None]]  # the optimiser's; None where an iteration has no such entry
    frontiers: dict[int, tuple[int, int]] = {}  # iteration -> time steps done forward and backward


class UndoRecord(msgspec.Struct):
    """One entry of the undo or redo history."""

    label: str
    branch: int
    cursor: Cursor
    lanes: list[int] = []  # among ``Document.companions``


class LaneRecord(msgspec.Struct):
    """A lane beside the lead: the branch of its network and first parameters, and pairs of branches, lead's and own."""

    name: str
    kind: LaneKind
    root: int
    stands_at: int | None = None
    mirrors: list[tuple[int, int]] = []


class PoolGroup(msgspec.Struct):
    """A member ``pool/…`` that stacks arrays of one type and shape; ``numbers`` are what refers to its rows."""

    key: str
    numbers: list[int]


class Document(msgspec.Struct):
    """All of ``session.json``."""

    format: int
    program: str
    networks: list[NetworkRecord]
    sequences: list[SequenceRecord]
    setups: list[SetupRecord]
    branches: list[BranchRecord]
    branch: int
    cursor: Cursor
    grain: Grain
    view: View
    pool: list[PoolGroup]
    computed: list[str] = []  # members with computed values of the cursor's iteration, NaN where not computed
    norms: list[str] = []  # members "norm/…": norms over the last axis, where the values were too large to keep
    done: list[UndoRecord] = []
    undone: list[UndoRecord] = []
    companions: list[LaneRecord] = []  # all lanes beside the lead, also those that undo and redo bring back
    lanes: list[int] = []  # those that are shown
    bookmarks: tuple[Bookmark, ...] = ()
    breakpoints: tuple[Breakpoint, ...] = ()
    notes: str = ""
    event: str = ""
