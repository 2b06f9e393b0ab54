"""Snapshots: a whole session in one ``NAME.gatewalk`` file, and back.

``numpy.load(path)["l0/h"]`` reads what was computed; ``session.json`` holds everything that is not an array. README.md
in this folder describes the format.
"""

from core.files.snapshot.compare import Difference
from core.files.snapshot.load import LOAD_LIMIT_BYTES, Opened, load_session, open_session
from core.files.snapshot.model import SavedModel, read_model
from core.files.snapshot.save import KEEP_BYTES, Capture, capture, save_session, write_capture

SNAPSHOT_SUFFIX = ".gatewalk"

__all__ = [
    "KEEP_BYTES",
    "LOAD_LIMIT_BYTES",
    "SNAPSHOT_SUFFIX",
    "Capture",
    "Difference",
    "Opened",
    "SavedModel",
    "capture",
    "load_session",
    "open_session",
    "read_model",
    "save_session",
    "write_capture",
]
