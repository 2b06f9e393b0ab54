from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from core.frame import FlowFrame, Frame, Phase
from desktop.style.theme import DARK, LIGHT
from desktop.views.curve import Curve
from desktop.views.end_labels import few_enough, spread
from desktop.views.plot_pane import few_ticks
from desktop.views.plots import TimePlots, limits_of
from desktop.views.series import Measure, Plot, series_of, thinned, title_of
from desktop.views.steady import LogAxis, SteadyRange, decades, linear_limits, log_positions, rounded_up, time_ticks
from tests.desktop.fake_frames import fake_frame

# Off the screen Qt cannot do some things that only matter on it.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


def shown(qtbot: QtBot, frame: Frame, *plots: Plot) -> TimePlots:
    made = TimePlots(LIGHT)
    qtbot.addWidget(made)
    made.resize(900, 260)
    made.show()
    made.show_plots(plots or (Plot.GRADIENT,))
    made.attach()
    made.show_frame(frame)
    qtbot.wait(1)
    return made


def with_norms(frame: Frame, norms: np.ndarray) -> Frame:
    lane = frame.lanes[0]
    blocks = tuple(
        replace(block, tracks=tuple(replace(track, adjoint_norms=norms) for track in block.tracks))
        for block in lane.blocks
    )
    return replace(frame, lanes=(replace(lane, blocks=blocks), *frame.lanes[1:]))


def test_curves_are_named_by_what_tells_them_apart() -> None:
    assert [each.label for each in series_of(fake_frame(), Plot.GRADIENT, Measure.WHOLE)] == ["h", "c"]
    two = series_of(fake_frame(lanes=2), Plot.GRADIENT, Measure.WHOLE)
    assert [each.label for each in two] == ["LSTM h", "LSTM c", "RNN h"]
    assert [each.chosen for each in two] == [False, True, False]
    deep = series_of(fake_frame(layers=2), Plot.GRADIENT, Measure.WHOLE)
    assert {"layer 1 h", "layer 1 c", "layer 2 h"} <= {each.label for each in deep}
    ghosts = series_of(fake_frame(ghost=True), Plot.LOSS, Measure.WHOLE)
    assert [each.ghost for each in ghosts] == [True, False]


def test_titles_say_what_is_drawn() -> None:
    frame = fake_frame()
    assert title_of(frame, Plot.GRADIENT, Measure.WHOLE) == "‖∂L/∂h‖, ‖∂L/∂c‖ over time, log scale"
    assert title_of(frame, Plot.GATE, Measure.WHOLE) == "Mean of f, i, o over time"
    assert title_of(frame, Plot.STATE, Measure.UNIT) == "h, c of unit 1 over time"


def test_what_is_not_reached_is_no_number() -> None:
    frame = fake_frame(phase=Phase.FORWARD, t=3)
    state = series_of(frame, Plot.STATE, Measure.UNIT)[0]
    assert np.isnan(state.y[4:]).all()
    assert np.isfinite(state.y[:3]).all()


def test_decades_and_zero_rows() -> None:
    assert decades([0.02, 3.0]) == (-2, 1)
    assert decades([]) == (-4, 0)
    assert decades([1.0]) == (-2, 0)
    assert decades([1e-300, 1.0]) == (-300, 0)
    axis = LogAxis(-300, 0)
    placed = log_positions(np.array([1.0, 1e-300, 5e-324, 0.0, np.inf, np.nan]), axis)
    assert placed[:2].tolist() == [0.0, pytest.approx(-300)]
    assert placed[3] == axis.zero < -300
    assert placed[4] == axis.infinity > 0
    assert np.isnan(placed[5])
    assert len(axis.ticks()) <= 8
    assert LogAxis(-2, 1).ticks()[0] == (-2, "10⁻²")


def test_limits_grow_and_never_shrink_within_a_run() -> None:
    steady = SteadyRange()
    assert steady.fit((0.1, 1.0), "run") == (0.1, 1.0)
    assert steady.fit((0.2, 0.5), "run") == (0.1, 1.0)
    assert steady.fit((0.01, 0.5), "run") == (0.01, 1.0)
    assert steady.fit((0.2, 0.5), "another") == (0.2, 0.5)


@pytest.mark.parametrize(("size", "expected"), [(0.9, 1.0), (1.0, 1.0), (2.4, 3.0), (7.0, 8.0), (8.5, 10.0)])
def test_round_numbers(size: float, expected: float) -> None:
    assert rounded_up(size) == pytest.approx(expected)
    assert linear_limits(-size, size) == pytest.approx((-expected, expected))


def test_time_ticks_count_from_one() -> None:
    assert [t for t, _ in time_ticks(0, 9, 20)] == list(range(1, 10))
    assert [t for t, _ in time_ticks(0, 2000, 5)] == [1, 500, 1000, 1500, 2000]
    assert [t for t, _ in time_ticks(100, 110, 20)] == list(range(101, 111))
    assert [t for t, _ in time_ticks(0, 7, 5)] == [1, 3, 5, 7]
    assert [t for t, _ in time_ticks(3, 10, 5)] == [5, 7, 9]


def test_thinning_keeps_peaks_and_gaps() -> None:
    y = np.zeros(10_000)
    y[7777], y[2000:4000] = 5.0, np.nan
    x, few = thinned(np.arange(10_000), y, 300)
    assert len(x) == len(few) <= 600
    assert np.nanmax(few) == 5.0
    assert np.isnan(few).any()


def test_labels_keep_apart() -> None:
    placed = spread([50.0, 51.0, 49.0, 99.0], 12, 100)
    assert all(b - a >= 12 for a, b in zip(sorted(placed), sorted(placed)[1:], strict=False))
    assert max(placed) <= 94


def test_names_that_cannot_stand_at_their_curves_are_left_out() -> None:
    few = [50.0, 51.0, 49.0]
    assert few_enough(few, [True, False, False], 12, 100) == [0, 1, 2]
    many = [40.0, 41.0, 42.0, 43.0, 44.0, 60.0, 90.0, 20.0]
    chosen = [n == 3 for n in range(8)]
    named = few_enough(many, chosen, 12, 100)
    assert {3, 6, 7} <= set(named)
    assert 5 in named
    assert not {0, 1, 2, 4} & set(named)
    placed = spread([many[n] for n in named], 12, 100)
    assert max(abs(place - many[n]) for place, n in zip(placed, named, strict=True)) <= 6


def test_ticks_whose_texts_would_touch_are_left_out() -> None:
    ticks = tuple((float(n), f"{n}") for n in range(-4, 1))
    assert few_ticks(ticks, 200.0, 14.0) == ticks
    assert [value for value, _ in few_ticks(ticks, 60.0, 14.0)] == [-4.0, -2.0, 0.0]
    assert [value for value, _ in few_ticks(ticks, 20.0, 14.0)] == [-4.0, 0.0]


def test_the_title_gives_way_to_the_choices(qtbot: QtBot) -> None:
    plots = shown(qtbot, fake_frame(), Plot.GATE)
    pane = plots._panes[Plot.GATE]
    for width in (900, 420, 300):
        plots.resize(width, 200)
        edge = min(choice.x() for choice in (plots.plot_choice, plots.measure_choice) if choice.isVisible())
        text_wide = pane.title.fontMetrics().horizontalAdvance(pane.title.text())
        assert pane.title.indent() + text_wide <= edge
        assert edge >= 0
    assert pane.title.text() != pane.title.toolTip() == title_of(fake_frame(), Plot.GATE, Measure.WHOLE)
    assert not plots.measure_choice.isVisible()
    plots.resize(900, 200)
    assert plots.measure_choice.isVisible()
    assert plots.plot_choice.isVisible()


def test_it_attaches_by_itself(qtbot: QtBot) -> None:
    made = TimePlots(LIGHT)
    qtbot.addWidget(made)
    made.show_frame(fake_frame())
    assert not made._panes
    qtbot.waitUntil(lambda: bool(made._panes), timeout=5000)


def test_a_press_and_a_drag_scrub_in_whole_steps(qtbot: QtBot) -> None:
    made = shown(qtbot, fake_frame(T=9, t=5))
    pane = made._panes[Plot.GRADIENT]
    area = pane.canvas.area()
    heard: list[object] = []
    made.scrubbed.connect(heard.append)
    port = pane.canvas.viewport()

    def at(t: float) -> QPoint:
        return QPoint(round(area.left() + area.width() * (t + 0.5) / 9), round(area.center().y()))

    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=at(2.3))
    for t in (2.4, 3.2, 20.0):
        qtbot.mouseMove(port, at(t))
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at(3))
    assert heard[0] == 2
    assert all(isinstance(t, int) and 0 <= t < 9 for t in heard)
    assert len(heard) == len(set(heard))


def test_columns_line_up_with_the_drawing(qtbot: QtBot) -> None:
    made = shown(qtbot, fake_frame(T=9))
    made.set_columns(0, 9, (150.0, 600.0))
    pane = made._panes[Plot.GRADIENT]
    view = pane.canvas.getPlotItem().getViewBox()
    for t, wanted in ((0, 175.0), (8, 575.0)):
        scene = view.mapViewToScene(view.mapToView(view.mapFromScene(0, 0)).__class__(t + 1, 0))
        assert scene.x() + pane.x() == pytest.approx(wanted, abs=1.5)


def test_axes_hold_still_while_stepping(qtbot: QtBot) -> None:
    made = shown(qtbot, fake_frame(T=9, t=8))
    view = made._panes[Plot.GRADIENT].canvas.getPlotItem().getViewBox()
    ranges = set()
    for t in range(8, -1, -1):
        made.show_frame(fake_frame(T=9, t=t))
        ranges.add(tuple(view.viewRange()[1]))
    assert len(ranges) == 1


def test_the_same_frame_again_touches_no_curve(qtbot: QtBot, monkeypatch) -> None:
    frame = fake_frame(T=200, t=50, lanes=2)
    made = shown(qtbot, frame)
    monkeypatch.setattr(Curve, "_draw", lambda *_: pytest.fail("drawn again"))
    made.show_frame(fake_frame(T=200, t=50, lanes=2))


def test_zeros_underflow_and_overflow_are_drawn(qtbot: QtBot) -> None:
    frame = fake_frame(T=60, t=10)
    norms = np.full(60, np.nan)
    norms[10:20], norms[20:30], norms[30:50], norms[50], norms[51:] = 0.0, 1e-310, 1e-300, np.inf, 1.0
    frame = with_norms(frame, norms)
    frame = replace(frame, lanes=(replace(frame.lanes[0], gradient_limits=(1e-310, 1.0)),))
    made = shown(qtbot, frame)
    texts = [text for _, text in made._panes[Plot.GRADIENT].canvas.getPlotItem().getAxis("left")._tickLevels[0]]
    assert {"0", "∞"} <= set(texts)
    made.grab()


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("T", [1, 9, 700])
def test_every_phase_and_length_is_drawn(qtbot: QtBot, phase: Phase, T: int) -> None:
    frame = fake_frame(T=T, t=T // 2, phase=phase, lanes=3, ghost=True)
    made = shown(qtbot, frame, *Plot)
    made.show_measure(Measure.UNIT)
    made.set_theme(DARK)
    made.grab()
    assert [pane.isVisible() for pane in made._panes.values()] == [True] * 4


def test_plots_are_chosen_one_or_several(qtbot: QtBot) -> None:
    made = shown(qtbot, fake_frame())
    boxes = made.plot_choice._boxes()
    qtbot.mouseClick(made.plot_choice, Qt.MouseButton.LeftButton, pos=boxes[3].center().toPoint())
    assert made._shown == (Plot.LOSS,)
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(made.plot_choice, Qt.MouseButton.LeftButton, control, boxes[0].center().toPoint())
    assert made._shown == (Plot.GRADIENT, Plot.LOSS)
    qtbot.mouseClick(made.plot_choice, Qt.MouseButton.LeftButton, control, boxes[0].center().toPoint())
    qtbot.mouseClick(made.plot_choice, Qt.MouseButton.LeftButton, control, boxes[3].center().toPoint())
    assert made._shown == (Plot.LOSS,)


def test_limits_ignore_what_is_not_finite() -> None:
    frame = fake_frame()
    lane = replace(frame.lanes[0], gradient_limits=(0.0, float("inf")), losses=np.array([np.nan, np.inf, 2.0]))
    frame = replace(frame, lanes=(lane,))
    assert limits_of(frame, Plot.GRADIENT, Measure.WHOLE) == (1e-4, 1.0)
    assert limits_of(frame, Plot.LOSS, Measure.WHOLE) == (0.0, 2.0)


def test_states_are_shown_until_there_is_a_gradient_or_somebody_chooses(qtbot: QtBot) -> None:
    made = TimePlots(LIGHT)
    qtbot.addWidget(made)
    made.show_frame(fake_frame(phase=Phase.FORWARD))
    assert made._shown == (Plot.STATE,)
    made.show_frame(fake_frame(phase=Phase.BACKWARD))
    assert made._shown == (Plot.GRADIENT,)
    made.show_plots((Plot.LOSS,))
    made.show_frame(fake_frame(phase=Phase.FORWARD))
    assert made._shown == (Plot.LOSS,)


def test_the_regulariser_has_a_plot_where_there_is_one(qtbot: QtBot) -> None:
    nothing = np.zeros(12, bool)
    ratios = np.where(np.arange(12) > 8, 0.5, np.nan)
    flow = FlowFrame("l0", "", "h", ratios, nothing, nothing, 0.75, 1.0, "exact", 1.0, None, None)
    frame = replace(fake_frame(phase=Phase.REGULARISER, T=12), flow=flow)
    made = TimePlots(LIGHT)
    qtbot.addWidget(made)
    made.resize(900, 260)
    made.attach()
    made.show_frame(frame)
    made.grab()
    assert made._shown == (Plot.FLOW,)
    ratio, term = series_of(frame, Plot.FLOW, Measure.WHOLE)
    assert np.isnan(ratio.y[:9]).all()
    assert (ratio.y[9:] == 0.5).all()
    assert (term.y[9:] == 0.25).all()
    assert "‖∂L/∂h‖ one step back over ‖∂L/∂h‖" in title_of(frame, Plot.FLOW, Measure.WHOLE)
    made.show_plots((Plot.FLOW,))
    made.show_frame(fake_frame(phase=Phase.BACKWARD, T=12))
    assert made._shown == (Plot.GRADIENT,)
    made.show_plots((Plot.FLOW,))  # there is none any more
    assert made._shown == (Plot.GRADIENT,)
