"""Who hears what the drawing and the panels ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance

from desktop.bridge import Bridge
from desktop.views.unrolled import UnrolledView
from desktop.walking.edits import Edits
from desktop.walking.proofs import Proofs
from desktop.window.cell_menu import open_cell_menu
from desktop.window.columns import SharedColumns


def wire_drawing(drawing: UnrolledView, bridge: Bridge, edits: Edits) -> None:
    """Clicks select, double-clicks jump or edit, the line of the steps scrubs."""
    drawing.selected.connect(lambda place: bridge.select(*place))
    drawing.jump_requested.connect(bridge.go_to_time)
    drawing.scrubbed.connect(bridge.go_to_time)
    drawing.collapse_requested.connect(lambda name: bridge.set_view(collapsed=bridge.view.collapsed ^ {name}))
    drawing.edit_requested.connect(edits.edit)
    drawing.menu_requested.connect(lambda place: open_cell_menu(drawing, bridge, edits, *place))


def wire_panels(made: SignalInstance, bridge: Bridge, edits: Edits, proofs: Proofs, columns: SharedColumns) -> None:
    """Each panel at the right and at the bottom, once it is made; what makes those at the left wires them, too."""
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

    def wire(place: object) -> None:
        name, view = place
        for signal, slot in wires.get(name, {}).items():
            getattr(view, signal).connect(slot)
        if name == "plots":
            columns.attach(view)

    made.connect(wire)
