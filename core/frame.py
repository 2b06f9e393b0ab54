"""What is on screen at one cursor: plain records that the views draw and nothing else.

A ``Frame`` is a pure function of (lanes, view, grain, cursor); ``core.reveal.frame_at`` makes it. Time steps are
counted from 0 here; texts that people read count them from 1. Shape letters: ``T`` time steps of the sequence,
``V`` visible columns, ``H`` size of the variable, ``B`` batch size.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec
from numpy.typing import NDArray

# The same name twice: these are names of this module too.
from core.places import Cursor as Cursor
from core.places import Grain as Grain
from core.places import Phase as Phase
from core.places import Position as Position


class Scale(StrEnum):
    """Which colour scale a variable is drawn with."""

    GATE = "gate"  # between 0 and 1
    STATE = "state"  # signed, around 0


class Arrival(IntEnum):
    """How much of an adjoint (or of a value) stands at the cursor."""

    NONE = 0
    PARTLY = 1  # some consumers have sent their part, others have not yet
    COMPLETE = 2


class Detail(StrEnum):
    """Level of detail of the unrolled view."""

    MAP = "map"  # thousands of steps as heat strips
    CELLS = "cells"  # one box a time step, a column of strips a variable
    INSIDE = "inside"  # the data-flow diagram of the current cell


class View(msgspec.Struct, frozen=True):
    """What a person looks at; changing it moves nothing and computes nothing new of the walk."""

    path: str = ""  # selected variable, "l0/c"; "" follows the walk
    t: int | None = None  # selected time step; None follows the walk
    unit: int = 0  # the unit whose numbers the equations show
    sample: int = 0  # element of the batch
    first: int = 0  # visible columns are first <= t < last
    last: int = 1_000_000
    detail: Detail = Detail.CELLS
    collapsed: frozenset[str] = frozenset()  # blocks drawn as one strip
    changes: bool = False  # whether the parameters' gradients are looked at (they are formed only then)


class Sentence(msgspec.Struct, frozen=True):
    """A sentence for people: an English template and what goes into it, so that it can be translated."""

    template: str
    values: dict[str, str] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format(**self.values)


class Track(msgspec.Struct, frozen=True, eq=False):
    """One variable of one block over the visible columns, and its norms over the whole sequence.

    Rows whose ``reached``/``arrived`` says no hold zeros; draw them as "not computed yet", never as zero.
    """

    path: str  # "l0/c"
    name: str  # "c"
    latex: str  # "c"
    role: str  # "cell state"; "" where the cell names none
    scale: Scale
    is_state: bool  # read by a later time step (h and c of an LSTM)
    values: NDArray  # (V, H)
    reached: NDArray  # (V,) bool
    adjoints: NDArray  # (V, H): what has arrived of dL/d(variable)
    arrived: NDArray  # (V,) int8, see Arrival
    value_norms: NDArray  # (T,) Euclidean norms, NaN where not reached
    adjoint_norms: NDArray  # (T,) norms of what has arrived, NaN where nothing has
    limit: float  # for a steady colour scale: 1, 2 or 5 times a power of ten, at least all absolute values so far


class Flow(msgspec.Struct, frozen=True, eq=False):
    """An edge of the unrolled network that carries gradient back: from a reader to the variable it read.

    ``delay`` >= 1 runs over that many columns (from t to t - delay, drawn right to left; in a block of direction -1
    from t to t + delay); ``delay`` 0 stays in the column (readout to layer, layer to input). Where it is above 1 the
    arrays also hold the readers beside the visible columns whose edges end in these.
    """

    source: str  # block that reads, "l0" or "head"
    target: str  # path of what is read, "l0/h", "input"
    delay: int
    reached: NDArray  # (V,) bool: the value has travelled forward over the edge that ENDS at the reader's column
    norms: NDArray  # (V,) norm of the gradient sent by the reader in that column; NaN where not sent yet
    before: int = 0  # of its entries lie before the first visible column: readers there whose edge comes into sight


class BlockFrame(msgspec.Struct, frozen=True, eq=False):
    """A layer (or the head) in one lane."""

    name: str  # "l0"
    title: str  # "LSTM"
    units: int
    direction: int  # +1 walks t up, -1 down
    tracks: tuple[Track, ...]
    flows: tuple[Flow, ...]
    collapsed: bool = False  # shown by its output alone


class Prediction(msgspec.Struct, frozen=True, eq=False):
    """What the readout says at one step: the likeliest label and its probability, or the output as text."""

    label: str
    probability: float | None  # None for a readout that gives no probabilities
    right: bool | None  # None without a target
    comes_next: bool = False  # what is asked for is what the next step reads


class LaneFrame(msgspec.Struct, frozen=True, eq=False):
    """One network on one sequence: what is drawn in a lane."""

    name: str
    subtitle: str  # "12 units · trained"
    length: int  # T
    first: int  # column of row 0 in all (V, ...) arrays
    last: int  # one past the last visible column; V = last - first
    tokens: tuple[str, ...]  # (V,) input of each column as text
    targets: tuple[str, ...]  # (V,) "" where there is no target
    predictions: tuple[Prediction | None, ...]  # (V,) None where not reached or no loss there
    losses: NDArray  # (T,) NaN where not reached or no loss
    blocks: tuple[BlockFrame, ...]  # bottom to top; the head last
    gradient_limits: tuple[float, float]  # whole decades around all adjoint norms that stand, zeros left out
    ghost: LaneFrame | None = None  # the run before the last edit, same columns
    own_length: int | None = None  # steps of the shown sequence, where others of the batch are longer: padding follows
    position: Position | None = None  # of a lane beside the lead: what it has done last, in its own iterations
    note: Sentence | None = None  # of a lane beside the lead: why nothing (or nothing more) stands in it


class EquationLine(msgspec.Struct, frozen=True):
    """One equation of the cell for the equations panel."""

    path: str  # "l0/c"
    name: str
    role: str
    latex: str  # forward: "c_{t} = f_{t} \\odot c_{t-1} + i_{t} \\odot g_{t}"
    backward_latex: str  # gather form: "\\delta c_{t} = \\delta h_{t} \\odot ... + \\delta c_{t+1} \\odot f_{t+1}"
    terms: tuple[str, ...]  # paths of what the equation reads, for clicking
    lit: bool  # this is the current one


class WalkedEquation(msgspec.Struct, frozen=True):
    """The current equation three times: symbols, numbers of one unit, result."""

    path: str
    t: int
    unit: int
    symbols: str  # LaTeX
    numbers: str  # LaTeX, for `unit`
    result: str  # "0.199"; "" while operations are still to come
    backward: bool


class Share(msgspec.Struct, frozen=True):
    """How much of an adjoint came over one edge: <part, total>/|total|^2; shares add up to 1, may be negative."""

    label: str  # "from t = 7 through c (forget gate)"
    value: float


class Inspection(msgspec.Struct, frozen=True, eq=False):
    """The selected variable at the selected time step."""

    path: str
    name: str
    role: str
    t: int
    token: str
    unit: int
    scale: Scale
    labels: tuple[str, ...]  # names of the units where they have names (words), else empty
    values: NDArray | None  # (H,) None: not computed yet
    adjoints: NDArray | None  # (H,) None: nothing has arrived yet
    arrived: Arrival
    from_this_loss: NDArray | None  # (H,) dL_t/d(variable); None until the adjoint is complete
    from_future: NDArray | None  # (H,) the rest
    history: NDArray  # (T,) the unit's value over time, NaN where not reached
    adjoint_history: NDArray  # (T,)
    shares: tuple[Share, ...]
    overwritten: bool = False  # an intervention stands here: the gradient does not enter its equation
    padding: bool = False  # the shown sequence has ended before: nothing is computed here, nor will be


class OperationFrame(msgspec.Struct, frozen=True, eq=False):
    """One node of the cell's data-flow diagram at the current time step."""

    value: NDArray | None  # (H,) None: not computed yet
    adjoint: NDArray | None  # (H,) what has arrived
    sent: tuple[NDArray | None, ...]  # per argument: what this node has sent back; None: not yet
    lit: bool


class Change(msgspec.Struct, frozen=True, eq=False):
    """A parameter in the clip and update phases."""

    path: str  # "l0/W_f"
    value: NDArray  # before the update
    gradient: NDArray  # as accumulated by the backward pass so far; behind the regulariser phase with Ω's
    clipped: NDArray | None  # after clipping; None before
    updated: NDArray | None  # after the update; None before


class ClipReport(msgspec.Struct, frozen=True, eq=False):
    """What clipping did: norms before and after, and the change of direction."""

    rule: str  # "norm at most 1", "off"
    norm_before: float
    norm_after: float
    cosine: float
    entries_cut: int
    entries: int


class FlowFrame(msgspec.Struct, frozen=True, eq=False):
    """The information-flow regulariser Ω of the shown sequence, up to the cursor."""

    block: str  # "l0"
    title: str  # "layer 1"; "" where there is one layer only
    state: str  # "h", "[h; c]"
    ratios: NDArray  # (T,) norm of dL/d(state) one step back over its norm; NaN where no term is shown
    is_zero: NDArray  # (T,) bool: shown, and left out because dL/d(state) is zero
    is_cut: NDArray  # (T,) bool: shown, and left out because truncated BPTT lets nothing through
    total: float  # the sum of the terms shown
    weight: float
    gradient: str  # which of the gradients of Ω, in words
    norm_before: float  # of the loss's gradient, all parameters
    norm_after: float | None  # with Ω's; None until all terms are there
    cosine: float | None  # between the two


class Truncation(msgspec.Struct, frozen=True):
    """How the gradient of truncated BPTT differs from the full one, over all parameters."""

    window: int  # steps
    norm: float
    full_norm: float
    cosine: float  # between the two
    difference: float  # norm of the difference, relative to the full norm


class Frame(msgspec.Struct, frozen=True, eq=False):
    """Everything the views draw."""

    position: Position
    view: View
    grain: Grain
    lanes: tuple[LaneFrame, ...]
    sentence: Sentence
    phases: tuple[Phase, ...]  # the phases this session walks
    equations: tuple[EquationLine, ...]  # of the current or selected block
    walked: WalkedEquation | None
    inspection: Inspection | None
    operations: dict[int, OperationFrame]  # by node number of core.diagram.Diagram; empty unless Detail.INSIDE
    changes: tuple[Change, ...]  # parameters of the lead lane
    clip: ClipReport | None
    loss: float | None  # of the shown batch element, summed over the steps reached; None before the first
    truncation: Truncation | None = None  # once the backward phase is done, where a window is set
    event: str = ""  # the breakpoint that stopped the walk here
    flow: FlowFrame | None = None  # from the regulariser phase on
