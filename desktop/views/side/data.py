"""The data: the sequence as chips, its targets, and where the loss stands."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from core.frame import Frame
from core.sequence import Sequence
from core.targets import has_target
from desktop.style.numbers_text import short_text
from desktop.style.theme import Theme, bold_font, scaled, ui_font
from desktop.views.scrolling import quiet_scroll
from desktop.views.side.loss_choice import LossChoice
from desktop.views.side.parts import BOTTOM_PX, SIDE_PX, TOP_PX, ButtonRow, ShortButton, WrapLabel, least_width
from desktop.views.side.sample_choice import SampleChoice
from desktop.widgets.chip_flow import label
from desktop.widgets.token_chips import Chips, TokenChips


class DataPanel(QWidget):
    """Shows a ``Sequence`` (``show_sequence``) and the step where the walk is (``show_frame``)."""

    jump_requested = Signal(object)  # t
    edit_requested = Signal(object)  # ("input" or "target", "", t)
    open_text_requested = Signal(object)  # None
    open_file_requested = Signal(object)  # None
    sample_requested = Signal(object)  # number of a sequence of the batch, from 0
    loss_requested = Signal(object)  # "all", "last", or a tuple of steps counted from 0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_panel")
        self.setAccessibleName(self.tr("Data"))
        self._sequence: Sequence | None = None
        self._sample = 0
        self._t: int | None = None
        self._make_parts(theme)
        self._arrange()
        self._wire()
        self.set_theme(theme)
        self.show_sequence(None)

    def _make_parts(self, theme: Theme) -> None:
        self.sample = SampleChoice(theme)
        self.words = WrapLabel(role="secondary", size=11.5)
        self.chips = TokenChips(theme)
        self._target_words = QLabel()
        self._target_words.setProperty("role", "secondary")
        self.target = QPushButton()
        self.target.setProperty("flat", True)
        self.target.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for part in (self._target_words, self.target):
            part.setMinimumWidth(round(scaled(24)))  # rather cut than wider than the panel
        self.target.setToolTip(self.tr("Change this target"))
        self.loss = LossChoice(theme)
        self.type_text = ShortButton(self.tr("Type or paste…"), self.tr("Walk a text or numbers of your own"))
        self.open_file = ShortButton(self.tr("Open…"), self.tr("Walk a .txt, .csv or .npy file"))

    def _arrange(self) -> None:
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._below = QVBoxLayout()
        self._buttons = ButtonRow(self.type_text, self.open_file)
        self._target_row = QHBoxLayout()
        self._target_row.addWidget(self._target_words)
        self._target_row.addWidget(self.target)
        self._target_row.addStretch(1)
        self._below.addWidget(self.sample)
        self._below.addWidget(self.words)
        self._below.addLayout(self._target_row)
        self._below.addWidget(self.loss)
        self._below.addWidget(self._buttons)
        self._column.addWidget(self.chips, 1)
        self._column.addLayout(self._below)
        self._column.addStretch(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(quiet_scroll(body))
        self._body = body

    def wanted_height(self) -> int:
        """As high as what it holds at its width."""
        layout, wide = self._body.layout(), self.width()
        return layout.totalHeightForWidth(wide) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

    def _wire(self) -> None:
        self.sample.sample_requested.connect(self.sample_requested)
        self.chips.clicked.connect(self.jump_requested)
        self.chips.double_clicked.connect(lambda t: self.edit_requested.emit(("input", "", t)))
        self.chips.menu_requested.connect(self._open_menu)
        self.target.clicked.connect(lambda _checked=False: self._edit_target())
        self.loss.loss_requested.connect(self.loss_requested)
        self.type_text.clicked.connect(lambda _checked=False: self.open_text_requested.emit(None))
        self.open_file.clicked.connect(lambda _checked=False: self.open_file_requested.emit(None))

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self.setMinimumWidth(least_width())
        side, inset = round(scaled(SIDE_PX)), round(scaled(3))
        self._column.setContentsMargins(side - inset, round(scaled(TOP_PX)), 0, round(scaled(BOTTOM_PX)))
        self._column.setSpacing(round(scaled(7)))
        self._below.setContentsMargins(inset, 0, side, 0)
        self._below.setSpacing(round(scaled(6)))
        self._buttons.set_theme(theme)
        self._target_row.setSpacing(round(scaled(2)))
        self.chips.set_right_margin(side - inset)
        self.chips.set_theme(theme)
        self.words.set_theme(theme)
        self.sample.set_theme(theme)
        self.loss.set_theme(theme)
        self._target_words.setFont(ui_font(12))
        self.target.setFont(bold_font(12))
        self.target.setStyleSheet(
            f"QPushButton {{ padding: 0 0.3em; min-height: 1.3em; font-weight: bold; color: {theme.text.name()}; }}"
        )

    # Showing

    def show_sequence(self, sequence: Sequence | None) -> None:
        """Show this sequence; to be called when the data changed."""
        if sequence is self._sequence and sequence is not None:
            return
        self._sequence = sequence
        self._sample = min(self._sample, sequence.batch - 1) if sequence is not None else 0
        self._show_tokens()

    def show_frame(self, frame: Frame) -> None:
        """Light the step of the walk (or the one that is looked at)."""
        sequence, sample = self._sequence, frame.view.sample
        if sequence is not None and sample != self._sample and sample < sequence.batch:
            self._sample = sample
            self._show_tokens()
        t = frame.position.t if frame.view.t is None else frame.view.t
        if t != self._t:
            self._t = t
            self.chips.show_current(t)
            self._show_target()

    def _show_tokens(self) -> None:
        sequence = self._sequence
        self.chips.setVisible(sequence is not None)
        self.sample.show_sample(self._sample, sequence.batch if sequence is not None else 1)
        if sequence is None:
            self.words.setText(self.tr("There is no data yet. Type or paste a text or numbers, or open a file."))
            self.words.show()
            self.loss.hide()
            self._show_target()
            return
        losses, known = steps_with_loss(sequence, self._sample)
        tokens = sequence.tokens_at(self._sample)[: sequence.length_of(self._sample)]
        # Where nearly every step has a loss, marking all of them would say nothing.
        underlined = frozenset(losses) if losses != known or 2 * len(losses) <= len(tokens) else frozenset()
        self.chips.show_chips(Chips(tokens, underlined))
        self.chips.show_current(self._t)
        self.loss.show_loss(losses, known)
        self.loss.setVisible(bool(known))
        self._say_what(sequence, known)
        self._show_target()

    def _say_what(self, sequence: Sequence, known: tuple[int, ...]) -> None:
        """Words only where the chips do not say it."""
        parts = []
        steps = sequence.length_of(self._sample)
        if sequence.lengths is not None:
            parts.append(
                self.tr("{count} of up to {most} steps").format(count=f"{steps:,}", most=f"{sequence.length:,}")
            )
        elif steps > 100:
            parts.append(self.tr("{count} steps").format(count=f"{steps:,}"))
        if sequence.vocabulary is None and sequence.width > 1:
            parts.append(self.tr("{width} numbers a step").format(width=sequence.width))
        if not known:
            parts.append(self.tr("no targets, so there is no loss"))
        self.words.setText(" · ".join(parts))
        self.words.setVisible(bool(parts))

    def _show_target(self) -> None:
        """The target of this step; with a single one in the sequence, always that one."""
        at = self._target_step()
        for part in (self._target_words, self.target):
            part.setVisible(at is not None)
        if at is None:
            return
        text = target_text(self._sequence, at, self._sample)
        words = (self.tr("target, t = {t}") if text else self.tr("no target, t = {t}")).format(t=at + 1)
        self._target_words.setText(words)
        self.target.setText((text or self.tr("set one")).replace("&", "&&"))
        self.target.setAccessibleName(f"{words} {text}".strip())

    def _target_step(self) -> int | None:
        sequence = self._sequence
        if sequence is None or sequence.known is None:
            return None
        _, known = steps_with_loss(sequence, self._sample)
        if len(known) == 1:
            return known[0]
        if self._t is not None and self._t < sequence.length_of(self._sample):
            return self._t
        return known[-1] if known else None

    # Intents

    def _edit_target(self) -> None:
        at = self._target_step()
        if at is not None:
            self.edit_requested.emit(("target", "", at))

    def _open_menu(self, place: object) -> None:
        t, where = place
        self.menu_for(t).popup(where if isinstance(where, QPoint) else QPoint())

    def menu_for(self, t: int) -> QMenu:
        """What can be done at one step."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Jump to t = {t}").format(t=t + 1), lambda: self.jump_requested.emit(t))
        menu.addAction(self.tr("Edit the input…"), lambda: self.edit_requested.emit(("input", "", t)))
        menu.addAction(self.tr("Edit the target…"), lambda: self.edit_requested.emit(("target", "", t)))
        losses, known = steps_with_loss(self._sequence, self._sample) if self._sequence else ((), ())
        if t in known:
            action = menu.addAction(self.tr("Loss at this step"))
            action.setCheckable(True)
            action.setChecked(t in losses)
            action.triggered.connect(lambda on: self._switch_loss(t, on))
        return menu

    def _switch_loss(self, t: int, on: bool) -> None:
        losses, _ = steps_with_loss(self._sequence, self._sample)
        chosen = tuple(sorted({*losses, t} if on else set(losses) - {t}))
        self.loss_requested.emit(chosen)


def steps_with_loss(sequence: Sequence, sample: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The steps whose loss is switched on, and all that have a target."""
    if sequence.targets is None or sequence.known is None:
        return (), ()
    own = sequence.length_of(sample)
    now, known = (has_target(each)[:own, sample] for each in (sequence.targets, sequence.known))
    return tuple(map(int, np.flatnonzero(now))), tuple(map(int, np.flatnonzero(known)))


def target_text(sequence: Sequence, t: int, sample: int) -> str:
    """The target of a step in words, "" where there is none."""
    if sequence.known is None or not has_target(sequence.known)[t, sample]:
        return ""
    target = sequence.known[t, sample]
    if sequence.known.ndim == 3:
        numbers = [short_text(float(value)) for value in target[:4]]
        return ", ".join(numbers) + (" …" if len(target) > 4 else "")
    names = sequence.target_labels
    return label(names[int(target)], t) if names else str(int(target))
