"""Time plots under the drawing: gradients on a log axis, states, gates and loss, with one time cursor to drag."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.frame import Frame, Phase, Track
from core.gradients.thresholds import Thresholds
from core.reveal.marks import marks_of
from desktop.style.theme import Theme, scaled
from desktop.views.choice import Choice
from desktop.views.series import Measure, Plot, series_of, title_of

if TYPE_CHECKING:
    from desktop.views.plot_pane import PlotPane


class TimePlots(QWidget):
    """Small plots over time that share the time axis.

    pyqtgraph is loaded on the first turn of the event loop after the first frame, or by ``attach``.
    """

    scrubbed = Signal(object)  # t, counted from 0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("time_plots")
        self.setAccessibleName(self.tr("Plots over time"))
        self._theme = theme
        self._frame: Frame | None = None
        self._panes: dict[Plot, PlotPane] = {}
        self._shown: tuple[Plot, ...] = (Plot.GRADIENT,)
        self._by_hand = False  # until a person chooses, the phase does
        self._measure = Measure.WHOLE
        self.thresholds: Callable[[], Thresholds] = Thresholds  # of the verdicts that are marked
        self._columns: tuple[int, int] | None = None
        self._edges: tuple[float, float] | None = None
        self._layout = QVBoxLayout(self)
        self._space()
        self._offered = self._options()
        self.plot_choice = self._make_plot_choice()
        self.measure_choice = self._make_measure_choice()

    def _options(self, frame: Frame | None = None) -> tuple[tuple[Plot, str], ...]:
        """The plots that there are."""
        texts = {
            Plot.GRADIENT: self.tr("Gradients"),
            Plot.STATE: self.tr("States"),
            Plot.GATE: self.tr("Gates"),
            Plot.LOSS: self.tr("Loss"),
        }
        if frame is not None and Phase.REGULARISER in frame.phases:
            texts[Plot.FLOW] = self.tr("Regulariser")
        return tuple(texts.items())

    def _make_plot_choice(self) -> Choice:
        choice = Choice(self._theme, self._options(), several=True, parent=self)
        choice.setAccessibleName(self.tr("Which plots are shown"))
        choice.setToolTip(self.tr("Which plot is shown; Ctrl and click shows several"))
        choice.show_chosen(self._shown)
        choice.chosen.connect(self.show_plots)
        return choice

    def _make_measure_choice(self) -> Choice:
        texts = {Measure.WHOLE: self.tr("all units"), Measure.UNIT: self.tr("one unit")}
        choice = Choice(self._theme, tuple(texts.items()), several=False, parent=self)
        choice.setAccessibleName(self.tr("All units together, or the chosen unit"))
        choice.setToolTip(self.tr("Norm of a state (mean of a gate) over all units, or the chosen unit alone"))
        choice.show_chosen((self._measure,))
        choice.chosen.connect(lambda measures: self.show_measure(measures[0]))
        return choice

    def set_theme(self, theme: Theme) -> None:
        """Draw in other colours."""
        self._theme = theme
        for part in (self.plot_choice, self.measure_choice, *self._panes.values()):
            part.set_theme(theme)
        self._space()
        self._place_choices()
        self._refresh()

    def _space(self) -> None:
        """Margins as large as the font is now."""
        self._layout.setContentsMargins(0, round(scaled(12)), 0, round(scaled(4)))
        self._layout.setSpacing(round(scaled(6)))

    def show_plots(self, plots: object) -> None:
        """Show these plots, a tuple of ``Plot``, from now on."""
        self._by_hand = True
        self._show_plots(plots)

    def _show_plots(self, plots: object) -> None:
        offered = dict(self._offered)
        self._shown = tuple(plot for plot in Plot if plot in plots and plot in offered) or (Plot.GRADIENT,)
        self.plot_choice.show_chosen(self._shown)
        if self._panes:
            self._place_panes()
            self._refresh()

    def show_measure(self, measure: Measure) -> None:
        """Show all units together, or the chosen one."""
        self._measure = measure
        self.measure_choice.show_chosen((measure,))
        self._refresh()

    def attach(self) -> None:
        """Load pyqtgraph and put the plots in place; does nothing the second time."""
        if not self._panes:
            self._place_panes()
            self._refresh()

    def _place_panes(self) -> None:
        """Make the panes that are missing and show the chosen ones, one under another."""
        from desktop.views.plot_pane import PlotPane

        for plot in self._shown:
            if plot not in self._panes:
                pane = self._panes[plot] = PlotPane(self._theme, plot, self)
                pane.scrubbed.connect(self.scrubbed)
        for pane in self._panes.values():
            self._layout.removeWidget(pane)
            pane.setVisible(pane.plot in self._shown)
        for plot in self._shown:
            self._layout.addWidget(self._panes[plot], 1)
            self._panes[plot].show_time_axis(plot is self._shown[-1])
        self._layout.activate()
        self._place_choices()

    def set_columns(self, first: int, last: int, edges: tuple[float, float] | None = None) -> None:
        """Follow the zoom of the drawing: steps first <= t < last.

        ``edges`` gives where the first column begins and the last one ends in pixels of this widget, so that the
        plots share the columns of the drawing.
        """
        self._columns, self._edges = (first, last), edges
        self._follow_columns()

    def _follow_columns(self) -> None:
        if self._frame is None or not self._frame.lanes:
            return
        lead = self._frame.lanes[0]
        first, last = self._columns or (lead.first, lead.last)
        for plot in self._shown:
            if plot in self._panes:
                pane = self._panes[plot]
                edges = self._edges and (self._edges[0] - pane.x(), self._edges[1] - pane.x())
                pane.set_columns(first, last, edges)

    def show_frame(self, frame: Frame) -> None:
        """Show the frame; curves whose data has not changed stay as they are."""
        waiting = self._frame is None and not self._panes
        self._frame = frame
        self._offer(frame)
        wanted = (_wanted(frame),)
        if waiting:
            QTimer.singleShot(0, self, self.attach)
        if not self._by_hand and wanted != self._shown:
            self._show_plots(wanted)
        else:
            self._refresh()

    def _offer(self, frame: Frame) -> None:
        """Let only those plots be chosen that there are."""
        options = self._options(frame)
        if options != self._offered:
            self._offered = options
            self.plot_choice.show_options(options)
            there = tuple(plot for plot in self._shown if plot in dict(options))
            self._show_plots(there or (Plot.GRADIENT,))
            self._place_choices()

    def _refresh(self) -> None:
        frame = self._frame
        if frame is None or not self._panes:
            return
        self._follow_columns()
        key = tuple((lane.name, lane.length) for lane in frame.lanes)
        for plot in self._shown:
            pane = self._panes[plot]
            limits = limits_of(frame, plot, self._measure)
            series = series_of(frame, plot, self._measure)
            pane.show_series(series, limits, (key, self._measure), title_of(frame, plot, self._measure))
            pane.show_marks(marks_of(frame.lanes[0], self.thresholds()) if plot is Plot.GRADIENT else ())
            pane.set_cursor(frame.position.t)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_choices()

    def _place_choices(self) -> None:
        """Put the choices at the right of the first title, which gives way."""
        right, gap = self.width() - round(scaled(16)), round(scaled(8))
        has_measure = bool({Plot.STATE, Plot.GATE} & set(self._shown))
        for choice, wanted in ((self.plot_choice, True), (self.measure_choice, has_measure)):
            choice.adjustSize()
            choice.move(right - choice.width(), round(scaled(8)))
            choice.raise_()
            choice.setVisible(wanted and (choice.x() >= 0 or choice is self.plot_choice))
            right = choice.x() - gap if choice.isVisibleTo(self) else right
        for number, plot in enumerate(self._shown if self._panes else ()):
            self._panes[plot].give_title(right if not number else self.width())


def limits_of(frame: Frame, plot: Plot, measure: Measure) -> tuple[float, float]:
    """Smallest and largest value of the whole run for one plot."""
    if plot is Plot.GRADIENT:
        sizes = [size for lane in frame.lanes for size in lane.gradient_limits if np.isfinite(size) and size > 0]
        return (min(sizes), max(sizes)) if sizes else (1e-4, 1.0)
    if plot is Plot.FLOW:
        ratios = frame.flow.ratios if frame.flow is not None else np.ones(1)
        return 0.0, max(1.0, _largest([ratios, (ratios - 1) ** 2]))
    if plot is Plot.LOSS:
        return 0.0, _largest([lane.losses for lane in frame.lanes])
    states = _state_tracks(frame)
    if measure is Measure.WHOLE:
        return 0.0, _largest([track.value_norms for track in states])
    limit = max((track.limit for track in states if np.isfinite(track.limit)), default=1.0)
    return -limit, limit


def _wanted(frame: Frame) -> Plot:
    """What says most at this place; an empty grid would say nothing."""
    if frame.position.phase is Phase.REGULARISER:
        return Plot.FLOW
    return Plot.GRADIENT if _has_gradient(frame) else Plot.STATE


def _has_gradient(frame: Frame) -> bool:
    """Whether a gradient of a state stands anywhere."""
    return any(np.isfinite(track.adjoint_norms).any() for track in _state_tracks(frame))


def _state_tracks(frame: Frame) -> list[Track]:
    return [track for lane in frame.lanes for block in lane.blocks for track in block.tracks if track.is_state]


def _largest(arrays: list) -> float:
    """The largest finite entry, 0 where there is none."""
    return max((float(each.max(where=np.isfinite(each), initial=0.0)) for each in arrays), default=0.0)
