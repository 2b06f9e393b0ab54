"""The session and files. What cannot be done raises GatewalkError and leaves everything as it was."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from core.errors import DataError, ShapeError
from core.posing import asks_next, with_target_like
from core.sequence import Sequence
from core.vocabulary import Vocabulary
from desktop.bridge import Bridge
from desktop.reports import Kind
from desktop.walking.session_edits import from_its_start

FEW = 5  # unknown words that are named


def open_session(bridge: Bridge, path: Path) -> None:
    """Walk the session of a snapshot; says so where computing it again gave other numbers."""
    from core.files.snapshot import open_session as opened_session

    opened = opened_session(path)
    bridge.replace_session(opened.session, opened.view)
    if opened.difference is not None:
        bridge.report(str(opened.difference), Kind.ERROR)


def save_session(bridge: Bridge, path: Path, limit_bytes: int) -> None:
    """Write everything to a snapshot, computed values up to ``limit_bytes``; nothing is unsaved then."""
    from core.files.snapshot import save_session as write_session

    write_session(bridge.session, path, view=bridge.view, limit_bytes=limit_bytes)
    bridge.mark_saved()


def open_data(bridge: Bridge, path: Path) -> Sequence | None:
    """Walk the sequence in a file; an edit, so that undo returns to the one before.

    A sequence that this network cannot read is not walked but given back, to be walked by a new one.
    """
    setup = bridge.session.setup
    sequence = _read(path, setup.sequence.vocabulary, setup.network.inputs)
    foreign = sequence.vocabulary is not None and sequence.vocabulary != setup.sequence.vocabulary
    if foreign or sequence.width != setup.network.inputs:
        return sequence
    sequence = with_target_like(sequence, setup.sequence, setup.network.outputs)
    bridge.perform(from_its_start(lambda session: session.set_sequence(sequence)))
    bridge.report(target_note(sequence))
    return None


def _read(path: Path, vocabulary: Vocabulary | None, inputs: int) -> Sequence:
    """The sequence in a file: with these words and this width where that can be, else with its own."""
    from core.files.sequences import read_sequence

    if path.suffix.lower() == ".txt":
        try:
            return read_sequence(path, vocabulary=vocabulary, width=inputs)
        except (DataError, ShapeError):
            return read_sequence(path)
    sequence = read_sequence(path)  # a long table is read once only
    if sequence.width == 1 and sequence.length == inputs > 1:
        try:
            return read_sequence(path, width=inputs)  # a single line may be a single step
        except ShapeError:
            return sequence
    return sequence


def target_note(sequence: Sequence) -> str:
    """What a sequence that came without a target is asked for."""
    if sequence.known is None:
        return tr("Opened “{name}”; it has no target, so it is only walked forward.").format(name=sequence.name)
    if asks_next(sequence):
        return tr("Opened “{name}”; its targets are what comes next.").format(name=sequence.name)
    last, labels = sequence.known[sequence.ends[0], 0], sequence.target_labels
    if sequence.known.ndim == 3:
        return tr("The target at the last step was kept; double-click it to change.")
    words = tr("The target “{target}” at the last step was kept; double-click it to change.")
    return words.format(target=labels[int(last)] if labels else int(last))


def unread_words(bridge: Bridge, sequence: Sequence) -> str:
    """Why the network cannot read a sequence, in a sentence."""
    network, known = bridge.session.setup.network, bridge.session.setup.sequence.vocabulary
    if sequence.vocabulary is None:
        words = tr("It has {got} numbers per step; the present model reads {expected}.")
        return words.format(got=sequence.width, expected=network.inputs)
    if known is None:
        return tr("It is a text; the present model reads {expected} numbers per step.").format(expected=network.inputs)
    unknown = [token for token in dict.fromkeys(sequence.tokens) if token not in known]
    if not unknown:
        return tr("Its words are those of another model.")
    few = ", ".join(f"“{token}”" for token in unknown[:FEW])
    if len(unknown) > FEW:
        few = tr("{words} and {count} more").format(words=few, count=f"{len(unknown) - FEW:,}")
    return tr("The present model does not know {words}.").format(words=few)


def export_data(bridge: Bridge, path: Path) -> None:
    """Write what was computed as arrays (.npz) or tables (.csv)."""
    from desktop.documents.export import write_data

    setup = bridge.session.setup
    write_data(bridge.session.run, path, tokens=setup.sequence.tokens, origin=setup.origin)


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("SessionFiles", text)
