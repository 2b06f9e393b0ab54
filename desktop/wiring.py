"""Who hears what the drawing and the panels ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from desktop.bridge import Bridge
from desktop.cell_menu import open_cell_menu
from desktop.edits import Edits
from desktop.proofs import Proofs
from desktop.views.unrolled import UnrolledView


def wire_drawing(drawing: UnrolledView, bridge: Bridge, edits: Edits) -> None:
    """Clicks select, double-clicks jump or edit, the line of the steps scrubs."""
    drawing.selected.connect(lambda place: bridge.select(*place))
    drawing.jump_requested.connect(bridge.go_to_time)
    drawing.scrubbed.connect(bridge.go_to_time)
    drawing.edit_requested.connect(edits.edit)
    drawing.menu_requested.connect(lambda place: open_cell_menu(drawing, bridge, edits, *place))


def wire_panels(views: Mapping[str, QWidget], bridge: Bridge, edits: Edits, proofs: Proofs) -> None:
    """The panels at the right and at the bottom."""
    wires: dict[str, dict[str, Callable[[Any], object]]] = {
        "equations": {"term_clicked": bridge.select, "unit_chosen": bridge.choose_unit},
        "inspector": {
            "unit_chosen": bridge.choose_unit,
            "check_requested": lambda place: proofs.check(*place),
            "edit_requested": lambda place: edits.edit(("value", *place)),
        },
        "changes": {"edit_requested": edits.edit},
        "plots": {"scrubbed": bridge.go_to_time},
    }
    for panel, signals in wires.items():
        for signal, slot in signals.items():
            getattr(views[panel], signal).connect(slot)
