"""The session and files. What cannot be done raises GatewalkError and leaves everything as it was."""

from __future__ import annotations

from pathlib import Path

from desktop.bridge import Bridge
from desktop.reports import Kind


def open_session(bridge: Bridge, path: Path) -> None:
    """Walk the session of a snapshot; says so where computing it again gave other numbers."""
    from core.files.snapshot import open_session as opened_session

    opened = opened_session(path)
    bridge.replace_session(opened.session, opened.view)
    if opened.difference is not None:
        bridge.report(str(opened.difference), Kind.ERROR)


def save_session(bridge: Bridge, path: Path) -> None:
    """Write everything to a snapshot; nothing is unsaved then."""
    from core.files.snapshot import save_session as write_session

    write_session(bridge.session, path, view=bridge.view)
    bridge.mark_saved()


def open_data(bridge: Bridge, path: Path) -> None:
    """Walk the sequence in a file; an edit, so that undo returns to the one before."""
    from core.files.sequences import read_sequence

    setup = bridge.session.setup
    sequence = read_sequence(path, vocabulary=setup.sequence.vocabulary, width=setup.network.inputs)
    bridge.perform(lambda session: session.set_sequence(sequence))


def export_data(bridge: Bridge, path: Path) -> None:
    """Write what was computed as arrays (.npz) or tables (.csv)."""
    from desktop.export import write_data

    write_data(bridge.session.run, path)
