"""The settings of the regulariser as controls, and what they say together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from core.errors import GatewalkError
from core.network import Network
from core.regulariser.fitting import layers_with_memory
from core.regulariser.settings import Regulariser
from desktop.widgets.number_field import NumberField

Layers = tuple[tuple[str, str], ...]  # name and title of each layer with a memory


class RegulariserFields(QObject):
    """One control for every setting; all but the weight rest where that is 0."""

    changed = Signal(object)  # Regulariser: entered by the person, and valid
    problem_changed = Signal(object)  # what is wrong, "" for nothing

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = Regulariser()
        self.weight = NumberField(tr("Weight of the regulariser"), check=_problem, parent=parent)
        self.weight.setToolTip(tr("How much of Ω is added to the loss; 0 is none of it"))
        self.state = _box(tr("State of the regulariser"), state_names(), parent)
        self.state.setToolTip(tr("Which gradient is to keep its norm: of what others read, or of the whole memory"))
        self.gradient = _box(tr("Gradient of the regulariser"), gradient_names(), parent)
        self.gradient.setToolTip(
            tr("Exact: the backward pass is differentiated again. Held: ∇L is a constant. Immediate: states are, too")
        )
        self.layer = _box(tr("Layer of the regulariser"), (("", tr("the last")),), parent)
        self._listen()
        self.show_settings(self._settings)

    @property
    def boxes(self) -> tuple[QComboBox, ...]:
        """What is chosen from a list."""
        return self.state, self.gradient, self.layer

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """All of them."""
        return self.weight, *self.boxes

    def show_layers(self, layers: Layers) -> None:
        """Offer these layers; emits nothing."""
        self.layer.blockSignals(True)
        self.layer.clear()
        for name, title in (("", tr("the last")), *layers):
            self.layer.addItem(title, name)
        self.layer.blockSignals(False)
        self.show_settings(self._settings)

    def show_settings(self, settings: Regulariser) -> None:
        """Show these settings; emits nothing."""
        self._settings = settings
        if self.layer.findData(settings.block) < 0:
            self.layer.addItem(settings.block, settings.block)
        for box, value in zip(self.boxes, (settings.state, settings.gradient, settings.block), strict=True):
            box.blockSignals(True)
            box.setCurrentIndex(box.findData(value))
            box.blockSignals(False)
            box.setEnabled(settings.weight > 0)
        self.weight.show_value(settings.weight)

    def _listen(self) -> None:
        self.weight.committed.connect(lambda value: self._set(weight=value))
        self.weight.validity_changed.connect(self.problem_changed)
        for name, box in zip(("state", "gradient", "block"), self.boxes, strict=True):
            box.currentIndexChanged.connect(self._chosen(name, box))

    def _chosen(self, name: str, box: QComboBox) -> Callable[[int], None]:
        return lambda _place: self._set(**{name: box.currentData()})

    def _set(self, **fields: Any) -> None:
        settings = replace(self._settings, **fields)
        self.show_settings(settings)
        self.changed.emit(settings)


def layer_choices(network: Network) -> Layers:
    """The layers of a network that can be regularised, with their titles."""
    return tuple((name, network.title_of(name)) for name in layers_with_memory(network))


def state_names() -> tuple[tuple[str, str], ...]:
    """The states and what they are called."""
    return ("output", tr("the output, h")), ("all", tr("all memory, [h; c]"))


def gradient_names() -> tuple[tuple[str, str], ...]:
    """The gradients and what they are called."""
    return ("exact", tr("exact")), ("held", tr("∇L held constant")), ("immediate", tr("immediate"))


def regulariser_words(settings: Regulariser) -> str:
    """What it does, in one plain line; "" where there is none."""
    if not settings.weight:
        return ""
    words = tr("the regulariser Ω, weight {weight:g}, keeps the norm of gradients from step to step ({gradient})")
    return words.format(weight=settings.weight, gradient=dict(gradient_names())[settings.gradient])


def _problem(weight: float) -> str:
    try:
        Regulariser(weight)
    except GatewalkError as error:
        return str(error)
    return ""


def _box(name: str, options: tuple[tuple[str, str], ...], parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    box.setAccessibleName(name)
    for key, text in options:
        box.addItem(text, key)
    return box


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Learning", text)
