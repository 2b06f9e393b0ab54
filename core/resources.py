"""Where the files that ship with Gatewalk lie."""

from __future__ import annotations

from pathlib import Path

RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def resource_path(*parts: str) -> Path:
    """The path of a shipped file or folder, such as ``resource_path("cells", "lstm.toml")``; it need not exist."""
    return RESOURCES.joinpath(*parts)
