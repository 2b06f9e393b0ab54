"""Lanes beside the lead: networks that walk the same data under the lead's cursor.

A companion has a branch of its own for every branch of the lead's, made when it is first asked for: where the lead's
data or learning changed at an iteration, the companion's branch forks at that iteration too. So undo of the lead's
edits is undo here, and nothing has to be kept in step by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from enum import StrEnum
from weakref import WeakKeyDictionary

import msgspec
from msgspec.structs import replace

from core.branch import Arrays, Branch, Iteration, Setup
from core.editing import Edit, start_of
from core.errors import DataError, SessionError
from core.frame import Position, Sentence
from core.learning.optimisers import initial_state
from core.network import Network
from core.run import Run
from core.sequence import Sequence
from core.vocabulary import Vocabulary

MOST = 3  # lanes beside the lead
LONGEST_NAME = 80  # characters


class LaneKind(StrEnum):
    """Where a lane came from."""

    NETWORK = "network"  # another network
    START = "start"  # the lead's network with other initial parameters
    ITERATION = "iteration"  # the lead at an earlier iteration; stands there
    GHOST = "ghost"  # the walk before an edit, with the data it had
    SNAPSHOT = "snapshot"  # the model of a snapshot; stands where it was saved


class Companion(msgspec.Struct, frozen=True, eq=False):
    """A lane beside the lead. ``root`` is its network with the parameters it begins with."""

    name: str
    kind: LaneKind
    root: Branch
    stands_at: int | None = None  # the iteration it stands at (that of its source); None: walks along
    mirrors: MutableMapping[Branch, Branch] = msgspec.field(default_factory=WeakKeyDictionary)

    @property
    def network(self) -> Network:
        """The network of the lane."""
        return self.root.setup.network

    @property
    def keeps_its_data(self) -> bool:
        """Whether what it reads is its own: a ghost of an edit of the data would be none otherwise."""
        return self.kind is LaneKind.GHOST

    def refusal(self, sequence: Sequence) -> Sentence | None:
        """Why the lane has nothing on this sequence; None where it can read it."""
        if self.keeps_its_data:
            return _other_shape(self.root.setup.sequence, sequence)
        return _unreadable(self.network, self.root.setup.sequence.vocabulary, sequence)

    def branch(self, lead: Branch) -> Branch:
        """The companion's branch beside one of the lead's; where it cannot read that one's data, the one before."""
        if self.keeps_its_data:
            return self.root
        line = [lead]
        while line[-1] not in self.mirrors and line[-1].parent is not None:
            line.append(line[-1].parent)
        found = self.root
        for ancestor in reversed(line):
            if ancestor not in self.mirrors:
                self.mirrors[ancestor] = self._beside(ancestor, found)
            found = self.mirrors[ancestor]
        return found

    def number(self, iteration: int) -> int:
        """The number in its own branch of what is shown at an iteration of the lead's."""
        return iteration if self.stands_at is None else 0

    def run(self, lead: Branch, iteration: int) -> Run | Sentence:
        """The run that is shown beside an iteration of the lead's, or why there is none."""
        refusal = self.refusal(lead.setup.sequence)
        if refusal is not None:
            return refusal
        branch, number = self.branch(lead), self.number(iteration)
        if number > branch.last and not branch.learns:
            return Sentence("This lane has no loss to learn from, so it has no iteration {number}.",
                            {"number": str(iteration + 1)})  # fmt: skip
        return branch.run(number)

    def _beside(self, lead: Branch, before: Branch) -> Branch:
        """The branch beside ``lead``, where the one beside its parent is ``before``."""
        refused = self.refusal(lead.setup.sequence) is not None
        if not refused and _same_data(before.setup, lead.setup) and not self._paused(lead):
            return before
        if self.stands_at is not None:
            return before if refused else Branch(self._setup(lead.setup), self.root.iterations[0])
        start = before.iterations[0] if self._paused(lead) else _iteration(before, lead.first)
        if refused:  # it learns nothing from what it cannot read
            return Branch(before.setup, start, lead.first, before)
        setup = self._setup(lead.setup)
        begin = start_of(Edit("", setup, start.parameters), start, before.setup)
        return Branch(setup, begin, lead.first, before)

    def _paused(self, lead: Branch) -> bool:
        """Whether the data of the lead's branch before could not be read."""
        return lead.parent is not None and self.refusal(lead.parent.setup.sequence) is not None

    def _setup(self, lead: Setup) -> Setup:
        return on_data_of(self.root.setup, lead)


def _iteration(branch: Branch, number: int) -> Iteration:
    return branch.iteration(number if branch.learns else min(number, branch.last))


def _same_data(one: Setup, other: Setup) -> bool:
    return one.sequence is other.sequence and one.learning == other.learning


def on_data_of(setup: Setup, lead: Setup) -> Setup:
    """A setup with the sequence and the learning of the lead's; initial values of another batch are left out."""
    sequence = lead.sequence
    initial = setup.initial
    if any(rows.shape[1] != sequence.batch for rows in initial.values()):
        initial = {} if setup.origin is None else setup.origin.initial_for(sequence.batch)
    kept = tuple(each for each in setup.interventions if each.t < sequence.length)
    return replace(setup, sequence=sequence, learning=lead.learning, initial=initial, interventions=kept)


def _unreadable(network: Network, words: Vocabulary | None, sequence: Sequence) -> Sentence | None:
    if sequence.width != network.inputs:
        return Sentence("This lane has nothing here: it reads {own} numbers a step, and the data has {found}.",
                        {"own": str(network.inputs), "found": str(sequence.width)})  # fmt: skip
    if (words and words.tokens) != (sequence.vocabulary and sequence.vocabulary.tokens):
        return Sentence("This lane has nothing here: it was made for other words than these.")
    asked = _outputs_asked(sequence, network.outputs)
    if asked != network.outputs:
        return Sentence("This lane has nothing here: it has {own} outputs, and the targets ask for {found}.",
                        {"own": str(network.outputs), "found": str(asked)})  # fmt: skip
    return None


def _outputs_asked(sequence: Sequence, given: int) -> int:
    """How many outputs the targets need, where so many are given: of classes there may be more."""
    if sequence.targets is None:
        return given
    if sequence.targets.ndim == 2:
        return max(given, int(sequence.targets.max()) + 1)
    return int(sequence.targets.shape[2])


def _other_shape(own: Sequence, sequence: Sequence) -> Sentence | None:
    if (own.length, own.batch) == (sequence.length, sequence.batch):
        return None
    return Sentence("This lane has nothing here: it read a sequence of {own} steps, and this one has {found}.",
                    {"own": _size(own), "found": _size(sequence)})  # fmt: skip


def _size(sequence: Sequence) -> str:
    return str(sequence.length) if sequence.batch == 1 else f"{sequence.length} × {sequence.batch}"


# Where lanes come from


def another_network(lead: Setup, network: Network, parameters: Arrays, name: str = "") -> Companion:
    """Another network, which reads what the lead reads from its first iteration on. Raises ShapeError."""
    setup = Setup(network, lead.sequence, learning=lead.learning, name=name)
    return Companion(name or _short(network.summary), LaneKind.NETWORK, _rooted(setup, network.check(parameters)))


def another_start(lead: Setup, seed: int, name: str = "") -> Companion:
    """The lead's network with the initial parameters of another seed."""
    setup = replace(lead, interventions=())
    root = _rooted(setup, lead.network.check(lead.network.initial_parameters(seed)))
    return Companion(name or f"{_short(lead.network.summary)}, seed {seed}", LaneKind.START, root)


def at_iteration(lead: Branch, number: int, name: str = "") -> Companion:
    """The lead as it stood at the start of an iteration. Raises SessionError for one it never came to."""
    if not 0 <= number <= lead.last:
        raise SessionError(f"there is no iteration {number + 1} yet; the walk has come to iteration {lead.last + 1}")
    owner, start = lead.owner(number), lead.iteration(number)
    name = name or f"{_short(owner.setup.network.summary)}, iteration {number + 1}"
    return Companion(name, LaneKind.ITERATION, Branch(owner.setup, start), number)


def before_edit(branch: Branch, label: str, name: str = "") -> Companion:
    """The walk before an edit, which goes on as if it had not been made."""
    return Companion(
        name or f"{_short(branch.setup.network.summary, 32)} before “{_short(label, 32)}”", LaneKind.GHOST, branch
    )


def opened_model(
    lead: Setup, network: Network, parameters: Arrays, words: Vocabulary | None, name: str, iteration: int = 0
) -> Companion:
    """The model of a snapshot on what the lead reads. Raises DataError where it was made for other data."""
    refusal = _unreadable(network, words, lead.sequence)
    if refusal is not None:
        raise DataError(f"{name} cannot stand beside the lead. {refusal}")
    setup = Setup(network, lead.sequence, learning=lead.learning, name=name)
    return Companion(_short(name), LaneKind.SNAPSHOT, _rooted(setup, network.check(parameters)), iteration)


def _rooted(setup: Setup, parameters: Arrays) -> Branch:
    return Branch(setup, Iteration(parameters, initial_state(setup.learning.optimiser, parameters)))


# The lanes of a session, as tuples that are replaced


def with_lane(lanes: tuple[Companion, ...], lane: Companion, branch: Branch, iteration: int) -> tuple[Companion, ...]:
    """The lanes and one more beside an iteration of the lead. Raises SessionError, DataError, ShapeError."""
    lead = branch.owner(iteration)
    if len(lanes) >= MOST:
        raise SessionError(f"there are {MOST} lanes beside the lead, which is the most. Remove one of them first")
    refusal = lane.refusal(lead.setup.sequence)
    if refusal is not None:
        raise DataError(f"{lane.name} cannot stand beside the lead. {refusal}")
    lane.root.setup.problem(lane.root.iterations[0].parameters)  # what does not fit is refused here
    taken = {lead.setup.network.summary, *(other.name for other in lanes)}
    return (*lanes, replace(lane, name=_free_name(_checked_name(lane.name), taken)))


def without_lane(lanes: tuple[Companion, ...], name: str) -> tuple[Companion, ...]:
    """The lanes but one. Raises SessionError for a name that none has."""
    gone = lane_named(lanes, name)
    return tuple(lane for lane in lanes if lane is not gone)


def renamed(lanes: tuple[Companion, ...], name: str, new: str) -> tuple[Companion, ...]:
    """The lanes with another name for one. Raises SessionError for names that are not there, taken, or empty."""
    found, new = lane_named(lanes, name), _checked_name(new)
    if any(lane.name == new for lane in lanes if lane is not found):
        raise SessionError(f"there is a lane {new} already; choose another name")
    return tuple(replace(lane, name=new) if lane is found else lane for lane in lanes)


def led_by(
    lanes: tuple[Companion, ...], name: str, lead: Branch, position: Position
) -> tuple[Branch, Position, tuple[Companion, ...]]:
    """The branch of a lane, a position in it, and the lanes with the lead in its place.

    Raises SessionError where there is no such lane, or it has nothing beside the lead.
    """
    lane, iteration = lane_named(lanes, name), position.cursor.iteration
    owner = lead.owner(iteration)
    shown = lane.run(owner, iteration)
    if isinstance(shown, Sentence):
        raise SessionError(f"{name} cannot be the lead here. {shown}")
    former = Companion(
        _free_name(_short(owner.setup.network.summary), {other.name for other in lanes}), LaneKind.NETWORK, lead
    )
    others = tuple(former if other is lane else other for other in lanes)
    place = replace(position.cursor, iteration=lane.number(iteration))
    return lane.branch(owner), replace(position, cursor=place), others


def lane_named(lanes: Iterable[Companion], name: str) -> Companion:
    """The lane of this name. Raises SessionError."""
    known = list(lanes)
    for lane in known:
        if lane.name == name:
            return lane
    names = ", ".join(lane.name for lane in known)
    raise SessionError(f"there is no lane {name} beside the lead; there {f'are: {names}' if names else 'is none'}")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise SessionError(f"a lane's name has 1 to {LONGEST_NAME} characters; got {len(name)}")
    return name


def _short(name: str, longest: int = 48) -> str:
    """A name that was not typed, cut to what fits in a lane's title."""
    name = " ".join(name.split())
    return name if len(name) <= longest else name[: longest - 1].rstrip(" ·,") + "…"


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    found = name
    while found in taken:
        found, number = f"{name} ({number})", number + 1
    return found
