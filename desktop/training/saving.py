"""Weights to a file, with the recipe that made them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.errors import GatewalkError
from core.files.weights import write_weights
from core.training_edits import weights_of
from desktop.bridge import Bridge
from desktop.documents.files import Files
from desktop.reports import Kind


def save_weights(files: Files, bridge: Bridge) -> None:
    """Ask for a name and write the weights of the walk there."""
    file = files.ask_where(tr("Save weights"), ".npz", tr("Weights with their recipe (*.npz)"))
    if file is None:
        return
    weights = weights_of(bridge.session)
    try:
        write_weights(file, weights)
    except GatewalkError as error:
        bridge.report(str(error), Kind.ERROR)
        return
    if weights.recipe:
        bridge.report(tr("The weights and their recipe were written to {file}.").format(file=file))
    else:
        words = tr(
            "The weights were written to {file}; they were changed by hand or by walking, so there is no recipe."
        )
        bridge.report(words.format(file=file))


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Training", text)
