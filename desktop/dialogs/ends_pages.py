"""Both ends of a network: the readout with its loss, and what stands between the data and the first layer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from core.block import EMBEDDING, HEAD
from core.language import CellDefinition
from desktop.dialogs.field import Form, Wrong, choose, combo, fill, show_number, spin
from desktop.dialogs.frame import label_for
from desktop.dialogs.model_choice import losses_of, readouts
from desktop.dialogs.network_choice import MOST_UNITS, NetworkChoice
from desktop.dialogs.network_problems import Judgement
from desktop.style.theme import scaled

USUAL_EMBEDDING = 16


class ReadoutPage(QWidget):
    """What the network says, and how wrong that is."""

    changed = Signal(object)  # NetworkChoice

    def __init__(self, outputs: int | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice: NetworkChoice | None = None
        self._outputs = outputs
        self.readout, self.loss = combo(), combo()
        self.wrong = Wrong()
        self._words = _words()
        form = Form()
        form.put(0, 0, self.tr("readout"), self.readout, across=2)
        form.put(1, 0, self.tr("loss"), self.loss, across=2)
        form.put_whole(2, self.wrong)
        _column(self, form, self._words)
        self.readout.activated.connect(lambda _place: self._take_readout())
        self.loss.activated.connect(lambda _place: self._take())

    def show_choice(self, choice: NetworkChoice) -> None:
        """Show the readout of a network."""
        self._choice = choice
        entries: list[tuple[str, object]] = [(self._names().get(name, name), name) for name in readouts()]
        if isinstance(choice.head, CellDefinition):
            entries.append((choice.head.name, choice.head))
        fill(self.readout, entries, choice.head)
        self._fill_losses(choice.loss)
        self._say_size()

    def _names(self) -> dict[str, str]:
        return {
            "softmax": self.tr("softmax: class probabilities"),
            "identity": self.tr("identity: numbers as they come"),
            "logistic": self.tr("logistic: yes-or-no probabilities"),
            "tanh": self.tr("tanh: numbers between −1 and 1"),
            "relu": self.tr("ReLU: numbers never below 0"),
            "direct": self.tr("none: the output of the last layer itself"),
        }

    def _fill_losses(self, wanted: str) -> None:
        names = {"squared": self.tr("½ squared error"), "cross-entropy": self.tr("cross-entropy")}
        entries: list[tuple[str, object]] = [(names.get(n, n), n) for n in losses_of(self.readout.currentData())]
        fill(self.loss, [*entries, (self.tr("none: forward only"), "")], wanted)

    def _say_size(self) -> None:
        free = self.readout.currentData() == "direct" and not self.loss.currentData()
        words = self.tr("{count} outputs, as the targets of the data ask for.")
        if free:
            words = self.tr("As many outputs as the last layer gives.")
        self._words.setText(words.format(count=f"{self._outputs or 0:,}"))

    def show_judgement(self, judgement: Judgement) -> None:
        """Say what is wrong."""
        problem = judgement.at(HEAD)
        self.wrong.say(problem.text if problem else "")

    def _take_readout(self) -> None:
        self._fill_losses(self.loss.currentData())
        self._take()

    def _take(self) -> None:
        self._say_size()
        self._choice = replace(self._choice, head=self.readout.currentData(), loss=self.loss.currentData())
        self.changed.emit(self._choice)


class InputPage(QWidget):
    """What a step reads, an embedding in front of the layers, and what stands behind the end of shorter sequences."""

    changed = Signal(object)  # NetworkChoice

    def __init__(self, inputs: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice: NetworkChoice | None = None
        self.embedded = QCheckBox(self.tr("An embedding in front of the first layer"))
        self.width = spin(1, MOST_UNITS, USUAL_EMBEDDING)
        self.padding = combo(
            (
                (self.tr("zero (PyTorch, ONNX)"), "zero"),
                (self.tr("the last ones again (Keras)"), "carried"),
            )
        )
        self.wrong = Wrong()
        words = _words()
        words.setText(self.tr("Each step gives {count} numbers.").format(count=f"{inputs:,}"))
        form = Form()
        form.put(0, 0, self.tr("width of the embedding"), self.width)
        form.put_whole(1, self.wrong)
        after = Form()
        after.put(0, 0, self.tr("outputs behind the end of a sequence"), self.padding, across=2)
        self._form = form
        _column(self, words, self.embedded, form, after)
        self.embedded.clicked.connect(lambda _checked: self._take())
        self.width.valueChanged.connect(lambda _value: self._take())
        self.padding.activated.connect(lambda _place: self._take())

    def show_choice(self, choice: NetworkChoice) -> None:
        """Show this end of a network."""
        self._choice = choice
        self.embedded.setChecked(choice.embedding is not None)
        if choice.embedding is not None:
            show_number(self.width, choice.embedding)
        choose(self.padding, choice.padding)
        self._form.setVisible(choice.embedding is not None)

    def show_judgement(self, judgement: Judgement) -> None:
        """Say what is wrong."""
        problem = judgement.at(EMBEDDING)
        self.wrong.say(problem.text if problem else "")

    def _take(self) -> None:
        self._form.setVisible(self.embedded.isChecked())
        width = self.width.value() if self.embedded.isChecked() else None
        self._choice = replace(self._choice, embedding=width, padding=self.padding.currentData())
        self.changed.emit(self._choice)


def _words() -> QLabel:
    label = label_for("")
    label.setWordWrap(True)
    return label


def _column(page: QWidget, *parts: QWidget) -> None:
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(round(scaled(12)))
    for part in parts:
        column.addWidget(part)
    column.addStretch(1)
