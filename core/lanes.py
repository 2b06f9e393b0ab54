"""Lanes beside the lead: networks that walk the same data under the lead's cursor.

A companion has a branch of its own for every branch of the lead's, made when it is first asked for: where the lead's
data or learning changed at an iteration, the companion's branch forks at that iteration too. So undo of the lead's
edits is undo here, and nothing has to be kept in step by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from enum import StrEnum
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
from msgspec.structs import replace

from core.branch import Arrays, Branch, Iteration, Setup, steps_of
from core.editing import Edit, start_of
from core.errors import DataError, SessionError
from core.following import followed
from core.frame import Cursor, Sentence
from core.learning.optimisers import initial_state
from core.learning.step import fitting_learning
from core.network import Network
from core.run import Run
from core.sequence import Sequence
from core.vocabulary import Vocabulary


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
        found = self.root
        for ancestor in self._line(lead):
            found = self._kept(ancestor, found)
        return found

    def work(self, lead: Branch, cursor: Cursor) -> Iterator[None]:
        """Computes what stands beside a cursor of the lead's, a time step at a time, so that it can be left at any."""
        if self.refusal(lead.setup.sequence) is not None:
            return
        found = self.root
        for ancestor in () if self.keeps_its_data else self._line(lead):
            if ancestor not in self.mirrors and self.stands_at is None:
                yield from found.work(ancestor.first)
            found = self._kept(ancestor, found)
        yield from found.work(self.number(cursor.iteration))
        run = self.run(lead, cursor.iteration)
        if isinstance(run, Run):
            yield from steps_of(run, followed(lead.run(cursor.iteration).timeline, cursor.index, run.timeline))

    def _line(self, lead: Branch) -> list[Branch]:
        """The lead's branches from the last one whose companion is known to this one."""
        line = [lead]
        while line[-1] not in self.mirrors and line[-1].parent is not None:
            line.append(line[-1].parent)
        return line[::-1]

    def _kept(self, lead: Branch, before: Branch) -> Branch:
        if lead not in self.mirrors:
            self.mirrors[lead] = self._beside(lead, before)
        return self.mirrors[lead]

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


def _same_data(one: Setup, lead: Setup) -> bool:
    same = one.sequence is lead.sequence and one.learning == fitting_learning(one.network, lead.learning)
    return same and (one.network is not lead.network or _equal(one.initial, lead.initial))


def _equal(one: Arrays, other: Arrays) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(rows, other[path]) for path, rows in one.items())


def on_data_of(setup: Setup, lead: Setup) -> Setup:
    """A setup with the data and the learning of the lead's; initial values are data where the network is the same."""
    sequence, initial = lead.sequence, setup.initial
    if setup.network is lead.network:
        initial = lead.initial
    elif any(rows.shape[1] != sequence.batch for rows in initial.values()):
        initial = {} if setup.origin is None else setup.origin.initial_for(sequence.batch)
    kept = tuple(each for each in setup.interventions if each.t < sequence.length)
    learning = fitting_learning(setup.network, lead.learning)
    return replace(setup, sequence=sequence, learning=learning, initial=initial, interventions=kept)


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
    setup = _on_data_of_lead(lead, network, name)
    return Companion(name or short_name(network.summary), LaneKind.NETWORK, _rooted(setup, network.check(parameters)))


def another_start(lead: Setup, seed: int, name: str = "") -> Companion:
    """The lead's network with the initial parameters of another seed."""
    setup = replace(lead, interventions=())
    root = _rooted(setup, lead.network.check(lead.network.initial_parameters(seed)))
    return Companion(name or f"{short_name(lead.network.summary)}, seed {seed}", LaneKind.START, root)


def at_iteration(lead: Branch, number: int, name: str = "") -> Companion:
    """The lead as it stood at the start of an iteration. Raises SessionError for one it never came to."""
    if not 0 <= number <= lead.last:
        raise SessionError(f"there is no iteration {number + 1} yet; the walk has come to iteration {lead.last + 1}")
    owner, start = lead.owner(number), lead.iteration(number)
    name = name or f"{short_name(owner.setup.network.summary)}, iteration {number + 1}"
    return Companion(name, LaneKind.ITERATION, Branch(owner.setup, start), number)


def before_edit(branch: Branch, label: str, name: str = "") -> Companion:
    """The walk before an edit, which goes on as if it had not been made."""
    return Companion(
        name or f"{short_name(branch.setup.network.summary, 32)} before “{short_name(label, 32)}”",
        LaneKind.GHOST,
        branch,
    )


def opened_model(
    lead: Setup, network: Network, parameters: Arrays, words: Vocabulary | None, name: str, iteration: int = 0
) -> Companion:
    """The model of a snapshot on what the lead reads. Raises DataError where it was made for other data."""
    refusal = _unreadable(network, words, lead.sequence)
    if refusal is not None:
        raise DataError(f"{name} cannot stand beside the lead. {refusal}")
    setup = _on_data_of_lead(lead, network, name)
    return Companion(short_name(name), LaneKind.SNAPSHOT, _rooted(setup, network.check(parameters)), iteration)


def _on_data_of_lead(lead: Setup, network: Network, name: str) -> Setup:
    """Another network on the lead's data, which learns as it does, and from the same task where that fits."""
    learning, training = fitting_learning(network, lead.learning), lead.training.fitting(network)
    return Setup(network, lead.sequence, learning=learning, name=name, training=training)


def short_name(name: str, longest: int = 48) -> str:
    """A name that was not typed, cut to what fits in a lane's title."""
    name = " ".join(name.split())
    return name if len(name) <= longest else name[: longest - 1].rstrip(" ·,") + "…"


def _rooted(setup: Setup, parameters: Arrays) -> Branch:
    return Branch(setup, Iteration(parameters, initial_state(setup.learning.optimiser, parameters)))
