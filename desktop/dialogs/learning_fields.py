"""The settings of learning as controls: which there are, what they are called, and what they say together."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget

from core.errors import GatewalkError
from core.learning.clipping import Clipping
from core.learning.optimisers import SGD, Adam, Momentum, Optimiser
from core.learning.paces import paces_text
from core.learning.step import LearningSettings
from desktop.dialogs.pace_field import PaceField
from desktop.dialogs.regulariser_fields import RegulariserFields, regulariser_words
from desktop.style.theme import scaled
from desktop.widgets.number_field import NumberField

LONGEST_WINDOW = 20_000
KINDS: tuple[type, ...] = (SGD, Momentum, Adam)
NUMBERS = ("rate", "momentum", "beta1", "beta2", "epsilon", "weight_decay")


class LearningFields(QObject):
    """One control for every setting, to be laid out by those who use them; only those that apply are enabled."""

    changed = Signal(object)  # LearningSettings: entered by the person, and valid
    problem_changed = Signal(object)  # what is wrong, "" for nothing

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._settings = LearningSettings()
        self._problem = ""
        self.optimiser = _box(tr("Optimiser"), tuple(zip(KINDS, optimiser_names(), strict=True)), parent)
        self.optimiser.setToolTip(tr("SGD is plain gradient descent; the other two also use the gradients before"))
        self.numbers = {name: NumberField(number_name(name), parent=parent) for name in NUMBERS}
        self.nesterov = QCheckBox(tr("Nesterov’s variant"), parent)
        self.rule = _box(tr("Clipping of gradients"), clipping_names(), parent)
        self.rule.setToolTip(tr("Shorten the whole gradient to a norm, or cut each of its entries at a value"))
        self.threshold = NumberField(tr("Clipping threshold"), 1.0, parent=parent)
        self.window = QSpinBox(parent)
        self.window.setAccessibleName(tr("Window of truncated back-propagation, in time steps"))
        self.window.setToolTip(tr("How many time steps a gradient is carried back; 0 is all of them"))
        self.window.setRange(0, LONGEST_WINDOW)
        self.window.setSpecialValueText(tr("all steps"))
        self.window.setKeyboardTracking(False)
        self.window.lineEdit().setTextMargins(round(scaled(5)), 0, 0, 0)
        self.regulariser = RegulariserFields(parent)
        self.paces = PaceField(parent)
        self._listen()
        self.show_settings(self._settings)

    @property
    def settings(self) -> LearningSettings:
        """What the controls say together; what is wrong leaves the last valid settings."""
        return self._settings

    @property
    def problem(self) -> str:
        """What is wrong with what stands in the controls."""
        return self._problem

    def show_settings(self, settings: LearningSettings) -> None:
        """Show these settings; emits nothing."""
        self._settings = settings
        boxes = (self.optimiser, self.nesterov, self.rule, self.window)
        for box in boxes:
            box.blockSignals(True)
        self.optimiser.setCurrentIndex(KINDS.index(type(settings.optimiser)))
        self.rule.setCurrentIndex(self.rule.findData(settings.clipping.rule))
        self.window.setValue(settings.window)
        self.nesterov.setChecked(getattr(settings.optimiser, "nesterov", False))
        for box in boxes:
            box.blockSignals(False)
        for name, field in self.numbers.items():
            there = hasattr(settings.optimiser, name)
            field.setEnabled(there)
            if there:
                field.show_value(getattr(settings.optimiser, name))
        self.nesterov.setEnabled(hasattr(settings.optimiser, "nesterov"))
        self.threshold.setEnabled(settings.clipping.rule != "off")
        self.threshold.show_value(settings.clipping.threshold)
        self.regulariser.show_settings(settings.regulariser)
        self.paces.show_paces(settings.paces)
        self._say("")

    def _listen(self) -> None:
        self.optimiser.currentIndexChanged.connect(lambda place: self._take(of_kind(KINDS[place], self._settings)))
        for name, field in self.numbers.items():
            field.committed.connect(lambda value, name=name: self._set_number(name, value))
            field.validity_changed.connect(self._say)
        self.nesterov.toggled.connect(lambda on: self._set_number("nesterov", on))
        self.rule.currentIndexChanged.connect(lambda _place: self._set_clipping(rule=self.rule.currentData()))
        self.threshold.committed.connect(lambda value: self._set_clipping(threshold=value))
        self.threshold.validity_changed.connect(self._say)
        self.window.valueChanged.connect(
            lambda steps: self._take(msgspec.structs.replace(self._settings, window=steps))
        )

        self.regulariser.changed.connect(
            lambda found: self._take(msgspec.structs.replace(self._settings, regulariser=found))
        )
        self.regulariser.problem_changed.connect(self._say)
        self.paces.committed.connect(lambda found: self._take(msgspec.structs.replace(self._settings, paces=found)))
        self.paces.validity_changed.connect(self._say)

    def _set_number(self, name: str, value: object) -> None:
        self._try(lambda: with_optimiser(self._settings, **{name: value}))

    def _set_clipping(self, **fields: object) -> None:
        old = self._settings
        self._try(lambda: msgspec.structs.replace(old, clipping=replace(old.clipping, **fields)))

    def _try(self, make: object) -> None:
        try:
            settings = make()
        except GatewalkError as error:
            self._say(str(error))
            return
        self._take(settings)

    def _take(self, settings: LearningSettings) -> None:
        self.show_settings(settings)
        self.changed.emit(settings)

    def _say(self, problem: object) -> None:
        self._problem = str(problem)
        self.problem_changed.emit(self._problem)


def of_kind(kind: type, settings: LearningSettings) -> LearningSettings:
    """The same settings with another optimiser at its usual rate; weight decay stays."""
    optimiser: Optimiser = kind(weight_decay=settings.optimiser.weight_decay)
    return msgspec.structs.replace(settings, optimiser=optimiser)


def with_optimiser(settings: LearningSettings, **fields: object) -> LearningSettings:
    """The same settings with other numbers of the optimiser. Raises GatewalkError for what cannot be used."""
    # Built anew rather than replaced: only then are the numbers checked.
    kind = type(settings.optimiser)
    optimiser = kind(**{**msgspec.structs.asdict(settings.optimiser), **fields})
    return msgspec.structs.replace(settings, optimiser=optimiser)


def optimiser_names() -> tuple[str, ...]:
    """What the optimisers are called, in the order of ``KINDS``."""
    return tr("SGD"), tr("momentum"), tr("Adam")


def clipping_names() -> tuple[tuple[str, str], ...]:
    """The rules of clipping and what they are called."""
    return ("off", tr("off")), ("norm", tr("norm")), ("value", tr("value"))


def number_name(name: str) -> str:
    """What a number of an optimiser is called."""
    names = {
        "rate": tr("rate"),
        "momentum": tr("momentum"),
        "beta1": tr("β₁, mean of gradients"),
        "beta2": tr("β₂, mean of squares"),
        "epsilon": tr("ε, least divisor"),
        "weight_decay": tr("weight decay"),
    }
    return names[name]


def learning_words(settings: LearningSettings) -> str:
    """Clipping, window and regulariser in one plain line."""
    clipping: Clipping = settings.clipping
    words = {
        "off": tr("gradients are not clipped"),
        "norm": tr("the norm of all gradients together is at most {limit:g}"),
        "value": tr("every entry of a gradient is at most {limit:g}"),
    }
    window = tr("gradients go back through the whole sequence")
    if settings.window:
        window = tr("gradients go back {steps} steps").format(steps=settings.window)
    regulariser = regulariser_words(settings.regulariser)
    paces = [tr("units learn less often: {paces}").format(paces=paces_text(settings.paces))] if settings.paces else []
    mean = [tr("the loss is the mean over the batch")] if settings.over_batch == "mean" else []
    more = [*paces, *([regulariser] if regulariser else []), *mean]
    parts = (words[clipping.rule].format(limit=clipping.threshold), window, *more)
    return "; ".join(parts)


def _box(name: str, options: tuple[tuple[object, str], ...], parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    box.setAccessibleName(name)
    for key, text in options:
        box.addItem(text, key)
    return box


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Learning", text)
