"""Building a network: its layers one above the other, the details of the chosen one beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from core.block import EMBEDDING, HEAD
from core.errors import GatewalkError
from core.network import Network
from desktop.dialogs.ends_pages import InputPage, ReadoutPage
from desktop.dialogs.field import spin
from desktop.dialogs.frame import Question, fit, label_for, waited_for
from desktop.dialogs.layer_page import LayerPage
from desktop.dialogs.network_choice import MOST_LAYERS, LayerChoice, NetworkChoice, choice_of
from desktop.dialogs.network_list import NetworkList
from desktop.dialogs.network_numbers import ChosenNetwork, Present
from desktop.dialogs.network_problems import Judgement, capital, judge, numbers_in
from desktop.dialogs.network_words import rows_of, unshown_words, walking_words
from desktop.style.theme import Theme, scaled
from desktop.views.scrolling import quiet_scroll
from desktop.views.side.parts import ShortButton

INPUT = "input"
LIST_PX, LIST_SHARE = 268.0, 0.36  # in wide letters not more than that of the screen
WIDE_PX = 700.0  # of a screen that has room for all of a row


class ModelDialog(Question):
    """Answers a ChosenNetwork."""

    def __init__(self, now: Present, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Change the model"), theme, parent, self.tr("Walk this model"))
        self.setObjectName("model_dialog")
        self._now, self._choice = now, choice_of(now.network)
        self._key = f"l{len(self._choice.layers) - 1}"
        self._judgement = Judgement(None)
        self._make_parts()
        self._arrange_parts()
        self._wire()
        self._remark = unshown_words(self._choice, now.network)
        self._show(self._choice)
        fit(self, 880, 620)
        self.list.setFocus()

    # Parts

    def _make_parts(self) -> None:
        network = self._now.network
        self.list = NetworkList(self.theme)
        self.layer, self.readout, self.input = (
            LayerPage(self.theme),
            ReadoutPage(network.outputs),
            InputPage(network.inputs),
        )
        self.add = self._tool(self.tr("Add"), self.tr("Add a layer on top of this one (Ins)"))
        self.remove = self._tool(self.tr("Remove"), self.tr("Remove this layer (Del)"))
        self.up = self._tool("↑", self.tr("Move this layer up (Ctrl+Up)"))
        self.down = self._tool("↓", self.tr("Move this layer down (Ctrl+Down)"))
        self.keep = QCheckBox(self.tr("Keep the numbers of what stays the same"))
        self.seed = spin(0, 2**31 - 1, 0)
        self.words = label_for("")
        self.words.setWordWrap(True)

    def _tool(self, text: str, tip: str) -> ShortButton:
        button = ShortButton(text, tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(tip)
        return button

    def _arrange_parts(self) -> None:
        self._pages = QStackedWidget()
        for page in (self.layer, self.readout, self.input):
            self._pages.addWidget(page)
        columns = QHBoxLayout()
        columns.setSpacing(round(scaled(20)))
        columns.addLayout(self._left())
        columns.addWidget(quiet_scroll(self._pages, across=True), 1)
        seeded = QHBoxLayout()
        seeded.setSpacing(round(scaled(10)))
        seeded.addWidget(label_for(self.tr("seed of new numbers"), self.seed))
        seeded.addWidget(self.seed)
        roomy = self.screen().availableSize().width() >= scaled(WIDE_PX)
        below = QBoxLayout(QBoxLayout.Direction.LeftToRight if roomy else QBoxLayout.Direction.TopToBottom)
        below.setSpacing(round(scaled(10)))
        below.addWidget(self.keep)
        below.addStretch(1)
        below.addLayout(seeded)
        self.body.addLayout(columns, 1)
        self.body.addLayout(below)
        self.body.addWidget(self.words)

    def _left(self) -> QVBoxLayout:
        """The list and what can be done to it."""
        tools = QHBoxLayout()
        tools.setSpacing(round(scaled(6)))
        for button, share in ((self.add, 2), (self.remove, 2), (self.up, 1), (self.down, 1)):
            tools.addWidget(button, share)
        left = QVBoxLayout()
        left.setSpacing(round(scaled(8)))
        self.list.setFixedWidth(round(min(scaled(LIST_PX), LIST_SHARE * self.screen().availableSize().width())))
        left.addWidget(self.list, 1)
        left.addLayout(tools)
        return left

    def _wire(self) -> None:
        self.list.chosen.connect(self._choose)
        self.list.add_requested.connect(lambda _: self._add())
        self.list.remove_requested.connect(lambda _: self._remove())
        self.list.move_requested.connect(lambda pair: self._move(*pair))
        self.add.clicked.connect(lambda _checked=False: self._add())
        self.remove.clicked.connect(lambda _checked=False: self._remove())
        for button, step in ((self.up, 1), (self.down, -1)):
            button.clicked.connect(lambda _checked=False, step=step: self._step(step))
        self.layer.changed.connect(self._take_layer)
        self.readout.changed.connect(self._judge)
        self.input.changed.connect(self._judge)
        self.keep.clicked.connect(lambda on: self._judge(replace(self._choice, keep=on)))
        self.seed.valueChanged.connect(lambda seed: self._judge(replace(self._choice, seed=seed)))

    # The list

    @property
    def choice(self) -> NetworkChoice:
        """What is chosen now."""
        return self._choice

    @property
    def _number(self) -> int | None:
        """Which layer is looked at."""
        return None if self._key in (HEAD, INPUT) else int(self._key.removeprefix("l"))

    def _choose(self, key: object) -> None:
        self._key = str(key)
        self._show(self._choice)

    def _add(self) -> None:
        top = len(self._choice.layers) - 1
        number = {HEAD: top, INPUT: 0}.get(self._key, self._number)
        if len(self._choice.layers) < MOST_LAYERS:
            self._key = f"l{number + 1}"
            self._show(self._choice.added(number))

    def _remove(self) -> None:
        number = self._number
        if number is not None and len(self._choice.layers) > 1:
            self._key = f"l{max(number - 1, 0)}"
            self._show(self._choice.removed(number))

    def _step(self, step: int) -> None:
        if self._number is not None:
            self._move(self._number, self._number + step)

    def _move(self, number: int, to: int) -> None:
        if 0 <= to < len(self._choice.layers):
            self._key = f"l{to}"
            self._show(self._choice.moved(number, to))

    def _show(self, choice: NetworkChoice) -> None:
        """Show this network, and the details of what is looked at."""
        self._choice = choice
        number = self._number
        page: Any = self.readout if self._key == HEAD else self.input
        if number is None:
            page.show_choice(choice)
        else:
            page = self.layer
            page.show_layer(choice.layers[number], number == len(choice.layers) - 1)
        self._pages.setCurrentWidget(page)
        self.keep.setChecked(choice.keep)
        self._judge(choice)

    def _take_layer(self, layer: object) -> None:
        if isinstance(layer, LayerChoice) and self._number is not None:
            self._judge(self._choice.with_layer(self._number, layer))

    # Judging

    def _judge(self, choice: NetworkChoice) -> None:
        """Say what is wrong, or offer the network."""
        self._choice = choice
        network = self._now.network
        judgement = self._judgement = judge(choice, network.inputs, network.outputs)
        self.list.show_rows(rows_of(choice, judgement, network.inputs, network.outputs), self._key)
        self.layer.show_judgement(judgement, self._key)
        for page in (self.readout, self.input):
            page.show_judgement(judgement)
        self._enable()
        field_wrong = self._number is not None and not self.layer.is_complete
        chosen = judgement.network is not None and not field_wrong
        self.offer(ChosenNetwork(choice, judgement.network, self._now) if chosen else None)
        self._say_sums()

    def _enable(self) -> None:
        number, many = self._number, len(self._choice.layers)
        self.add.setEnabled(many < MOST_LAYERS)
        self.remove.setEnabled(number is not None and many > 1)
        self.up.setEnabled(number is not None and number < many - 1)
        self.down.setEnabled(number is not None and number > 0)

    def _say_sums(self) -> None:
        """How many weights, and the order of walking; and what is wrong out of sight."""
        network, chosen = self._judgement.network, self.answer
        hidden = [each for each in self._judgement.problems if each.place not in (self._key, self._own_place)]
        self.say(f"{hidden[0].place}: {hidden[0].text}" if hidden else "")
        self.words.setVisible(network is not None)
        if network is None:
            return
        words = self.tr("{count} weights. Walked: {order}.")
        text = words.format(count=f"{numbers_in(network):,}", order=walking_words(network))
        if isinstance(chosen, ChosenNetwork) and chosen.same:
            text += " " + self.tr("This is the present model.")
        elif self._remark:
            text += " " + self._remark
        self.words.setText(text)

    @property
    def _own_place(self) -> str:
        """What problems call the part that is looked at."""
        return EMBEDDING if self._key == INPUT else self._key

    def accept(self) -> None:
        """Only with numbers to begin with."""
        try:
            if isinstance(self.answer, ChosenNetwork):
                self.answer.parameters  # noqa: B018  made now, while it can still be said what is wrong
        except GatewalkError as error:
            self.say(capital(str(error)))
            return
        super().accept()


def ask_model(
    parent: QWidget | None,
    now: Network,
    parameters: Mapping[str, Any],
    theme: Theme,
    done: Callable[[object], object] | None = None,
) -> object:
    """Ask for a model in place of ``now``. With ``done`` it opens and calls that with a ChosenNetwork or None."""
    dialog = ModelDialog(Present(now, parameters), theme, parent)
    if done is None:
        return waited_for(dialog)
    dialog.answered.connect(done)
    dialog.open()
    return dialog
