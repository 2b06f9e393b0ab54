"""Where there is no display: the ready example walked into a picture of the window and a snapshot."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize

from core.files.replacing import writing
from core.files.snapshot import save_session
from core.frame import Grain, Phase, View
from core.scenario_session import ready_session
from desktop.documents.export import png_bytes
from desktop.pictures.filming import SETTLE_MS, settle, unseen_window
from desktop.pictures.stage import grabbed

SIZE = QSize(1600, 900)
PICTURE, SNAPSHOT = "gatewalk.png", "gatewalk.gatewalk"


def run(directory: Path) -> int:
    """Walk the example forward, over the loss and half way back, and write both files. Raises FileError."""
    session, view = ready_session(), View()
    with unseen_window(session, view) as window:
        window.resize(SIZE)
        window.show()
        session.grain = Grain.TIME_STEP
        session.go_to_phase(Phase.BACKWARD)
        session.go_to_time(session.setup.sequence.length // 2)
        window.bridge.publish()
        settle(20 * SETTLE_MS)
        with writing(directory / PICTURE) as file:
            file.write(png_bytes(grabbed(window, SIZE)))
        save_session(session, directory / SNAPSHOT, view=view)
        print(window.bridge.frame.sentence)
    print(f"The window at this place: {directory / PICTURE}")
    print(f"The session, to open with: python main.py {directory / SNAPSHOT}")
    return 0
