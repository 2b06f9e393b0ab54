"""One variable at one time step: its units, its gradient, where that comes from, its history, and the proof."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from core.frame import Arrival, Frame, Inspection
from desktop.style.colours import ColourMaps
from desktop.style.numbers_text import number_text, signed_text
from desktop.style.theme import scaled, ui_font
from desktop.views.inspected import adjoint_bars, missing_words, unit_name, value_bars
from desktop.views.number_rows import NumberRows
from desktop.views.proof import ProofRecord, proof_words, proves
from desktop.views.row_names import row_of
from desktop.views.scrolling import quiet_scroll
from desktop.views.share_list import ShareList
from desktop.views.sparkline import Sparkline
from desktop.views.steady import SteadyRange
from desktop.views.unit_bars import UnitBars
from desktop.widgets.heading import SectionHeading

MARGIN_PX = 20.0
LEAST_WIDTH_PX, MOST_LEAST_PX = 256.0, 300


class Inspector(QWidget):
    """Shows ``Frame.inspection``; everything a person asks for goes out as a signal."""

    unit_chosen = Signal(object)  # unit counted from 0
    check_requested = Signal(object)  # (path, t, unit)
    edit_requested = Signal(object)  # (path, t, unit)

    def __init__(self, maps: ColourMaps, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName(self.tr("Inspector"))
        self._maps = maps
        self._shown: Inspection | None = None
        self._row = ""  # that the variable stands in, where there are several
        self._run_key: Hashable = None
        self._proof: tuple[tuple, ProofRecord] | None = None
        self._value_range, self._adjoint_range = SteadyRange(), SteadyRange()
        self._make_parts()
        self._arrange()
        self.set_maps(maps)
        self._show_empty()

    def _make_parts(self) -> None:
        theme, maps = self._maps.theme, self._maps
        self.heading = SectionHeading(theme)
        self._nothing = QLabel(self.tr("Select a variable in the drawing or in an equation to see its numbers here."))
        self._nothing.setWordWrap(True)
        self._remark = QLabel()
        self._remark.setWordWrap(True)
        self.value_bars = UnitBars(maps, 74)
        self.adjoint_bars = UnitBars(maps, 56)
        self._numbers = NumberRows(theme, ("value", "gradient", "proof"))
        self._split = NumberRows(theme, ("loss", "future"))
        self.check_button = QPushButton(self.tr("Check"))
        self.check_button.setObjectName("check")
        self.check_button.setToolTip(self.tr("Measure this gradient by changing the value a little"))
        self.check_button.clicked.connect(self._ask_check)
        self._verdict = QLabel()
        self._verdict.setWordWrap(True)
        self._numbers.put(3, self.check_button, self._verdict)
        self._value_line, self._adjoint_line = Sparkline(theme, False), Sparkline(theme, True)
        self._shares = ShareList(maps)
        names = ("adjoint", "split", "shares", "history")
        self._headings = {name: SectionHeading(theme) for name in names}
        for bars in (self.value_bars, self.adjoint_bars):
            bars.unit_chosen.connect(self.unit_chosen)
        self.value_bars.edit_requested.connect(self._ask_edit)
        self._scale = QLabel()
        self._headings["adjoint"].setText(self.tr("Gradient by unit"))
        self._headings["split"].setText(self.tr("Split in time"))
        self._headings["shares"].setText(self.tr("Where it comes from"))
        self._headings["history"].setText(self.tr("Over time"))

    def _arrange(self) -> None:
        """One column: what is seen first on top."""
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        for part in (self._nothing, self.value_bars, self._remark, self._numbers):
            column.addWidget(part)
        for name, parts in (
            ("shares", (self._shares,)),
            ("adjoint", (self._scale, self.adjoint_bars)),
            ("split", (self._split,)),
            ("history", (self._value_line, self._adjoint_line)),
        ):
            self._section(column, name)
            for part in parts:
                column.addWidget(part)
        column.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.heading)
        layout.addWidget(quiet_scroll(self._body), 1)
        self._space()

    def _space(self) -> None:
        """Margins as large as the font is now."""
        side = round(scaled(MARGIN_PX))
        self._body.layout().setContentsMargins(side, 0, side, round(scaled(14)))
        self._body.layout().setSpacing(round(scaled(7)))
        self.heading.setContentsMargins(side, round(scaled(10)), side, 0)
        self.layout().setContentsMargins(0, round(scaled(4)), 0, 0)
        self.setMinimumWidth(min(round(scaled(LEAST_WIDTH_PX)), MOST_LEAST_PX))

    def _section(self, column: QVBoxLayout, name: str) -> None:
        column.addSpacing(round(scaled(4)))
        column.addWidget(self._headings[name])

    def set_maps(self, maps: ColourMaps) -> None:
        """Draw with the colours of another theme."""
        self._maps = maps
        for part in (self.value_bars, self.adjoint_bars, self._shares):
            part.set_maps(maps)
        lines = (self._value_line, self._adjoint_line, self._numbers, self._split)
        for part in (self.heading, *lines, *self._headings.values()):
            part.set_theme(maps.theme)
        self.check_button.setFont(ui_font(12))
        self._space()
        for label in (self._nothing, self._remark, self._scale, self._verdict):
            label.setFont(ui_font(12))
            label.setStyleSheet(f"color: {maps.theme.secondary.name()};")
        if self._shown is not None:
            self._show(self._shown)

    def show_frame(self, frame: Frame) -> None:
        """Show the inspected variable of the frame."""
        self._run_key = tuple((lane.name, lane.length) for lane in frame.lanes)
        self._limit = max(
            (track.limit for lane in frame.lanes[:1] for block in lane.blocks for track in block.tracks
             if frame.inspection is not None and track.path == frame.inspection.path),
            default=0.0,
        )  # fmt: skip
        self._shown = frame.inspection
        if frame.inspection is None:
            self._show_empty()
        else:
            self._row = row_of(frame.inspection.path, frame.lanes[0]) if frame.lanes else ""
            self._show(frame.inspection)

    def show_proof(self, record: ProofRecord) -> None:
        """Show what a check has found beside its number; one for a number that is no longer shown is dropped."""
        if self._shown is not None and proves(record, self._shown):
            self._proof = (_place(self._shown), record)
            self._show_proof_row(self._shown)

    def _show_empty(self) -> None:
        self.heading.setText(self.tr("Inspector"))
        column = self._body.layout()
        for widget in [column.itemAt(number).widget() for number in range(column.count())]:
            if widget is not None:
                widget.setVisible(widget is self._nothing)

    def _show(self, seen: Inspection) -> None:
        name = f"{self._row} {seen.name}".strip()
        token = f', "{seen.token}"' if seen.token else ""
        self.heading.setText(self.tr("{name} at t = {t}{token}").format(name=name, t=seen.t + 1, token=token))
        self.heading.setToolTip(seen.role)
        self._nothing.hide()
        self.value_bars.setVisible(not _is_scalar(seen))
        for part in (self._numbers, self._headings["history"], self._value_line, self._adjoint_line):
            part.show()
        key = (self._run_key, seen.path)
        self.value_bars.show_bars(value_bars(seen, self._limit, self._value_range, key, self._maps))
        self._show_remark(seen)
        self._show_numbers(seen)
        self._show_gradient(seen, key)
        self._show_shares(seen)
        unit = unit_name(seen)
        line = self._maps.gate_colour(1.0) if seen.scale == "gate" else self._maps.theme.text
        label = seen.name if _is_scalar(seen) else f"{seen.name}, {unit}"
        self._value_line.show_history(label, seen.history, seen.t, line, key)
        label = self.tr("|∂L/∂{name}|, log").format(name=seen.name)
        self._adjoint_line.show_history(label, seen.adjoint_history, seen.t, self._maps.theme.gradient_high, key)

    def _show_remark(self, seen: Inspection) -> None:
        """What is special about this place, in words."""
        words = []
        if seen.padding:
            words.append(self.tr("This sequence has ended before: nothing is computed here, and nothing reads it."))
        if seen.overwritten:
            words.append(self.tr("Overwritten by hand: the gradient is shown but does not enter the equation."))
        if seen.arrived is Arrival.PARTLY:
            words.append(self.tr("The gradient is still arriving: more is to come from other readers."))
        self._remark.setText(" ".join(words))
        self._remark.setVisible(bool(words))

    def _show_numbers(self, seen: Inspection) -> None:
        """Value, gradient and proof of the chosen unit."""
        value = "" if seen.values is None else number_text(float(seen.values[seen.unit]))
        gradient = "" if seen.adjoints is None else signed_text(float(seen.adjoints[seen.unit]))
        partly = self.tr("so far") if seen.arrived is Arrival.PARTLY else ""
        named = self.tr("value, {unit}").format(unit=unit_name(seen))
        if _is_scalar(seen):
            named = self.tr("value")
        self._numbers.show_row("value", named, value, quiet=missing_words(seen))
        label, nothing = f"∂L/∂{seen.name}", self.tr("none") if seen.padding else self.tr("not arrived yet")
        self._numbers.show_row("gradient", label, gradient, partly, quiet=nothing)
        self._show_proof_row(seen)

    def _show_proof_row(self, seen: Inspection) -> None:
        self.check_button.setEnabled(seen.adjoints is not None and seen.arrived is Arrival.COMPLETE)
        if self._proof is None or self._proof[0] != _place(seen):
            self._numbers.show_row("proof", self.tr("finite difference"), "", quiet=self.tr("not checked"))
            self._verdict.clear()
            return
        words = proof_words(self._proof[1])
        self._numbers.show_row("proof", words.method, words.number)
        self._verdict.setText("\n".join(filter(None, (words.verdict, words.note))))
        self._verdict.setStyleSheet(f"color: {words.colour(self._maps.theme).name()};")

    def _show_gradient(self, seen: Inspection, key: Hashable) -> None:
        """The gradient of every unit, and the chosen one's split into this step's loss and the future."""
        there = seen.adjoints is not None and not _is_scalar(seen)
        for part in (self._headings["adjoint"], self._scale, self.adjoint_bars):
            part.setVisible(there)
        if there:
            bars = adjoint_bars(seen, self._adjoint_range, key, self._maps)
            words = self.tr("∂L/∂{name}, from −{limit} to {limit}")
            self._scale.setText(words.format(name=seen.name, limit=number_text(bars.high, 2)))
            self.adjoint_bars.show_bars(bars)
        split = seen.from_this_loss is not None and seen.from_future is not None
        for part in (self._headings["split"], self._split):
            part.setVisible(split)
        if split:
            unit = seen.unit
            self._split.show_row("loss", self.tr("this step's loss"), signed_text(float(seen.from_this_loss[unit])))
            self._split.show_row("future", self.tr("from the future"), signed_text(float(seen.from_future[unit])))

    def _show_shares(self, seen: Inspection) -> None:
        for part in (self._headings["shares"], self._shares):
            part.setVisible(bool(seen.shares))
        self._shares.show_shares(seen.shares)

    def _ask_check(self) -> None:
        if self._shown is not None:
            self.check_requested.emit((self._shown.path, self._shown.t, self._shown.unit))

    def _ask_edit(self, unit: object) -> None:
        if self._shown is not None:
            self.edit_requested.emit((self._shown.path, self._shown.t, unit))


def _is_scalar(seen: Inspection) -> bool:
    """Whether it is one number and no vector, as a loss."""
    known = seen.values if seen.values is not None else seen.adjoints
    return known is not None and len(known) == 1


def _place(seen: Inspection) -> tuple:
    """What a proof belongs to: the place, and the number that was proved."""
    gradient = None if seen.adjoints is None else float(seen.adjoints[seen.unit])
    return seen.path, seen.t, seen.unit, gradient
