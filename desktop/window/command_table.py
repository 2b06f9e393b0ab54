"""Every command in one table: name, words, keys, icon, what it does. Actions, menus, tool bar, key sheet read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication

from core.frame import Grain, Phase
from desktop.settings import ThemeChoice

Intent = Callable[[Any], object]  # called with the window: its `bridge` walks, the rest is its own


class Command(msgspec.Struct, frozen=True):
    """One row of the table; ``choice`` names the group of those that exclude each other."""

    name: str  # objectName, stable
    text: str
    keys: tuple[str, ...]
    tip: str
    intent: Intent
    menu: str
    icon: str = ""
    short: str = ""  # in narrow places
    choice: str = ""
    checkable: bool = False


def commands() -> tuple[Command, ...]:
    """All commands, in the order of the menus."""
    return (*_file(), *_edit(), *_walk(), *_grains(), *_phases(), *_compare(), *_train(), *_view(), *_panels(),
            *_help())  # fmt: skip


def _file() -> tuple[Command, ...]:
    menu = "file"
    return (
        Command("new_session", tr("&New from the example"), ("Ctrl+N",), tr("Start again with the ready example"),
                lambda w: w.files.new_session(), menu),
        Command("open_gallery", tr("Scenar&ios…"), ("Ctrl+G",), tr("Ready examples, each with a lesson"),
                lambda w: w.scenario_pages.show_gallery(), menu),
        Command("open_snapshot", tr("&Open…"), ("Ctrl+O",), tr("Open a session, a model, or data to walk"),
                lambda w: w.files.open(), menu, "open"),
        Command("open_data", tr("Open &data…"), ("Ctrl+Shift+O",), tr("Walk a text, a table or a NumPy file"),
                lambda w: w.files.open_data(), menu),
        Command("type_text", tr("&Type or paste…"), ("Ctrl+T",), tr("Walk a text or numbers of your own"),
                lambda w: w.edits.type_text(), menu),
        Command("save_snapshot", tr("&Save"), ("Ctrl+S",), tr("Save the session as a snapshot"),
                lambda w: w.files.save(), menu, "save"),
        Command("save_snapshot_as", tr("Save &as…"), ("Ctrl+Shift+S",), tr("Save the session under another name"),
                lambda w: w.files.save_as(), menu),
        Command("save_model", tr("Save &model as…"), (), tr("For PyTorch or NumPy"),
                lambda w: w.files.save_model(), menu),
        Command("export_picture", tr("Export &picture…"), ("Ctrl+E",), tr("Write the drawing as PNG or SVG"),
                lambda w: w.files.export_picture(), menu, "picture"),
        Command("export_data", tr("Export d&ata…"), ("Ctrl+Shift+E",), tr("Write values and gradients as NPZ or CSV"),
                lambda w: w.files.export_data(), menu, "data"),
        Command("quit", tr("&Quit"), ("Ctrl+Q",), tr("Close Gatewalk"), lambda w: w.close(), menu),
    )  # fmt: skip


def _edit() -> tuple[Command, ...]:
    menu = "edit"
    return (
        Command("undo", tr("&Undo"), ("Ctrl+Z",), tr("Take the last edit back"),
                lambda w: w.bridge.undo(), menu, "undo"),
        Command("redo", tr("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), tr("Do the edit again"),
                lambda w: w.bridge.redo(), menu, "redo"),
        Command("edit_value", tr("&Edit the selected value…"), ("F2",), tr("Change the number in the inspector"),
                lambda w: w.selection.edit(), menu),
        Command("check_gradient", tr("&Check the gradient"), ("C",), tr("Prove the shown gradient by measuring it"),
                lambda w: w.selection.check(), menu),
        Command("add_bookmark", tr("Add a &bookmark…"), ("B",), tr("Name this place, to come back to it"),
                lambda w: w.edits.add_bookmark(), menu, "bookmark"),
        Command("add_breakpoint", tr("B&reak here"), ("Ctrl+B",), tr("Set or remove a breakpoint at this time step"),
                lambda w: w.edits.break_here(), menu),
        Command("change_model", tr("Change the &model…"), ("Ctrl+M",), tr("Another cell, other sizes, your equations"),
                lambda w: w.edits.change_model(), menu),
        Command("change_learning", tr("&Learning…"), ("Ctrl+L",), tr("Optimiser, rate, clipping, truncated BPTT"),
                lambda w: w.panels["model"].view.open_learning(w.bridge.session.setup), menu),
    )  # fmt: skip


def _walk() -> tuple[Command, ...]:
    menu = "walk"
    return (
        Command("run_pause", tr("&Run"), ("Space",), tr("Walk by itself, or pause"),
                lambda w: w.bridge.run_pause(), menu, "play"),
        Command("stop", tr("S&top"), ("Esc",), tr("End whatever runs; else follow the walk again"),
                lambda w: w.stop(), menu),
        Command("step_forward", tr("Step &forward"), ("Right",), tr("One step forward"),
                lambda w: w.bridge.step_forward(), menu, "step_forward"),
        Command("step_back", tr("Step &back"), ("Left",), tr("One step back"),
                lambda w: w.bridge.step_back(), menu, "step_back"),
        Command("time_forward", tr("Time step forward"), ("Shift+Right",), tr("One time step forward"),
                lambda w: w.bridge.step_forward(Grain.TIME_STEP), menu),
        Command("time_back", tr("Time step back"), ("Shift+Left",), tr("One time step back"),
                lambda w: w.bridge.step_back(Grain.TIME_STEP), menu),
        Command("pass_forward", tr("Pass forward"), ("Ctrl+Shift+Right",), tr("To the end of this phase"),
                lambda w: w.bridge.step_forward(Grain.PASS), menu),
        Command("pass_back", tr("Pass back"), ("Ctrl+Shift+Left",), tr("To the start of this phase"),
                lambda w: w.bridge.step_back(Grain.PASS), menu),
        Command("go_start", tr("To the &start"), ("Home",), tr("To the start of the iteration"),
                lambda w: w.bridge.go_start(), menu, "go_start"),
        Command("go_end", tr("To the &end"), ("End",), tr("To the end of the iteration"),
                lambda w: w.bridge.go_end(), menu, "go_end"),
        Command("next_event", tr("To the &next event"), ("N",), tr("On to the next breakpoint"),
                lambda w: w.bridge.next_event(), menu, "next_event"),
        Command("lesson_next", tr("Next step of the &lesson"), ("Alt+Right",), tr("Next step of the lesson"),
                lambda w: w.scenarios.go_on(1), menu),
        Command("lesson_back", tr("Step of the lesson before"), ("Alt+Left",), tr("The step of the lesson before"),
                lambda w: w.scenarios.go_on(-1), menu),
        Command("slower", tr("Slower"), (",",), tr("Walk more slowly"), lambda w: w.preferences.change_speed(-3), menu),
        Command("faster", tr("Faster"), (".",), tr("Walk faster"), lambda w: w.preferences.change_speed(3), menu),
    )  # fmt: skip


def _grains() -> tuple[Command, ...]:
    rows = (
        ("grain_operation", tr("Step by &operation"), "1", tr("operation"), Grain.OPERATION),
        ("grain_equation", tr("Step by e&quation"), "2", tr("equation"), Grain.EQUATION),
        ("grain_time_step", tr("Step by &time step"), "3", tr("time step"), Grain.TIME_STEP),
        ("grain_pass", tr("Step by &pass"), "4", tr("pass"), Grain.PASS),
    )
    tip = tr("One step is one {grain}")
    return tuple(
        Command(name, text, (key,), tip.format(grain=short), lambda w, g=grain: w.bridge.set_grain(g), "grain",
                short=short, choice="grain", checkable=True)
        for name, text, key, short, grain in rows
    )  # fmt: skip


def _phases() -> tuple[Command, ...]:
    rows = (
        (1, Phase.FORWARD, tr("Forward")),
        (2, Phase.LOSS, tr("Loss")),
        (3, Phase.BACKWARD, tr("Backward")),
        (6, Phase.REGULARISER, tr("Regulariser")),  # the others keep their keys where there is none
        (4, Phase.CLIP, tr("Clip")),
        (5, Phase.UPDATE, tr("Update")),
    )
    tip = tr("To the start of the phase: {phase}")
    return tuple(
        Command(
            f"phase_{phase}",
            text,
            (f"Ctrl+{number}",),
            tip.format(phase=text),
            lambda w, p=phase: w.bridge.go_to_phase(p),
            "phase",
        )
        for number, phase, text in rows
    )


def _compare() -> tuple[Command, ...]:
    menu = "compare"
    cells = (("rnn_tanh", tr("Beside a simple &RNN")), ("lstm", tr("Beside an &LSTM")), ("gru", tr("Beside a &GRU")))
    return (
        Command("lanes", tr("L&anes…"), ("Ctrl+K",), tr("Other networks beside this one, under the same cursor"),
                lambda w: w.edits.choose_lanes(), menu),
        *(Command(f"beside_{name}", text, (), tr("Add a lane with this cell, untrained, on the same data"),
                  lambda w, n=name: w.bridge.lanes.add_cell(n), menu) for name, text in cells),
        Command("beside_start", tr("Beside other &initial weights"), (),
                tr("Add a lane with the same network, untrained"),
                lambda w: w.bridge.lanes.add_start(len(w.bridge.frame.lanes)), menu),
        Command("beside_before", tr("Beside the walk &before the last edit"), (), tr("Add a lane as it was before"),
                lambda w: w.bridge.lanes.add_before_edit(), menu),
    )  # fmt: skip


def save_weights(window: Any) -> None:
    """Ask for a name and write the weights there."""
    from desktop.training.saving import save_weights as save

    save(window.files, window.bridge)


def _train() -> tuple[Command, ...]:
    menu = "train"
    return (
        Command("train", tr("&Train"), ("T",), tr("Train beside the walk, or pause"),
                lambda w: w.start_training(), menu),
        Command("walk_iteration", tr("&Walk the chosen iteration"), ("W",),
                tr("Walk an iteration of the training, with its own batch and weights"),
                lambda w: w.trainer.walk(), menu),
        Command("keep_training", tr("&Keep what was learned"), ("K",),
                tr("Go on with the weights after the chosen iteration of the training"),
                lambda w: w.trainer.keep(), menu),
        Command("end_training", tr("&End the training"), (), tr("Forget it; what was kept stays"),
                lambda w: w.trainer.end(), menu),
        Command("save_weights", tr("&Save weights as…"), (), tr("Write weights with their recipe, to train them on"),
                save_weights, menu),
    )  # fmt: skip


def _view() -> tuple[Command, ...]:
    menu = "view"
    return (
        Command("zoom_in", tr("Zoom &in"), ("+", "="), tr("Nearer: map, cells, inside of a cell"),
                lambda w: w.unrolled.zoom_in(), menu, "plus"),
        Command("zoom_out", tr("Zoom &out"), ("-",), tr("Farther away"),
                lambda w: w.unrolled.zoom_out(), menu, "minus"),
        Command("fit", tr("&Fit"), ("0",), tr("All time steps on screen"), lambda w: w.unrolled.fit(), menu, "fit"),
        Command("show_gradients", tr("Strips show &gradients"), ("G",), tr("Colour the cells by value or by gradient"),
                lambda w: w.toggle_gradients(), menu, checkable=True),
        Command("show_laboratory", tr("Gradient la&boratory"), ("A",), tr("Where gradients live and die, in pictures"),
                lambda w: w.toggle_laboratory(), menu, checkable=True),
        Command("scroll_up", tr("Scroll up"), ("Ctrl+Up",), tr("Show what lies further up: lanes, layers"),
                lambda w: w.unrolled.pan_by(0.0, w.unrolled.height() / 4), menu),
        Command("scroll_down", tr("Scroll down"), ("Ctrl+Down",), tr("Show what lies further down: lanes, layers"),
                lambda w: w.unrolled.pan_by(0.0, -w.unrolled.height() / 4), menu),
        Command("collapse_layer", tr("&Collapse the layer"), ("L",), tr("Draw this layer as one strip, or whole again"),
                lambda w: w.unrolled.collapse_current(), menu),
        Command("previous_variable", tr("Variable above"), ("Up",), tr("Select the variable before this one"),
                lambda w: w.selection.choose_variable(-1), menu),
        Command("next_variable", tr("Variable below"), ("Down",), tr("Select the variable after this one"),
                lambda w: w.selection.choose_variable(1), menu),
        Command("theme_system", tr("Colours of the &system"), (), tr("Light or dark, as the system"),
                lambda w: w.preferences.choose_theme(ThemeChoice.SYSTEM), "look", choice="theme", checkable=True),
        Command("theme_light", tr("&Light colours"), ("Alt+L",), tr("Light colours"),
                lambda w: w.preferences.choose_theme(ThemeChoice.LIGHT), "look", choice="theme", checkable=True),
        Command("theme_dark", tr("&Dark colours"), ("Alt+D",), tr("Dark colours"),
                lambda w: w.preferences.choose_theme(ThemeChoice.DARK), "look", choice="theme", checkable=True),
        Command("larger_type", tr("&Larger type"), ("Ctrl++", "Ctrl+="), tr("Everything larger, as for a projector"),
                lambda w: w.preferences.scale_type(1.125), "look"),
        Command("smaller_type", tr("S&maller type"), ("Ctrl+-",), tr("Everything smaller"),
                lambda w: w.preferences.scale_type(1 / 1.125), "look"),
        Command("usual_type", tr("&Usual type"), ("Ctrl+0",), tr("Everything as large as usual"),
                lambda w: w.preferences.scale_type(0.0), "look"),
        Command("toggle_animation", tr("&Animation"), ("Alt+A",), tr("Let values glide from step to step"),
                lambda w: w.preferences.toggle_animation(), "look", checkable=True),
        Command("hide_predictions", tr("&Hide predictions"), ("H",), tr("Keep predictions hidden, to guess them first"),
                lambda w: w.preferences.toggle_predictions(), "look", checkable=True),
        Command("full_screen", tr("Full s&creen"), ("F11",), tr("The whole screen for this window"),
                lambda w: w.toggle_full_screen(), "look", checkable=True),
        Command("reset_layout", tr("&Reset layout"), ("Ctrl+Shift+R",), tr("All panels back in their places"),
                lambda w: w.reset_layout(), "panels"),
    )  # fmt: skip


PANELS = (
    "model",
    "data",
    "bookmarks",
    "breakpoints",
    "equations",
    "inspector",
    "changes",
    "plots",
    "differences",
    "lesson",
    "training",
)


def panel_title(name: str) -> str:
    """What a panel is called."""
    titles = {
        "model": tr("Model"), "data": tr("Data"), "bookmarks": tr("Bookmarks"), "breakpoints": tr("Breakpoints"),
        "equations": tr("Equations"), "inspector": tr("Inspector"), "changes": tr("Parameters"),
        "plots": tr("Plots over time"), "differences": tr("Differences"), "lesson": tr("Lesson"),
        "training": tr("Training"),
    }  # fmt: skip
    return titles[name]


def _panels() -> tuple[Command, ...]:
    tip = tr("Show or hide: {panel}")
    return tuple(
        Command(f"panel_{name}", panel_title(name), _panel_keys(number), tip.format(panel=panel_title(name)),
                lambda w, n=name: w.panels.toggle(n),
                "panels", checkable=True)
        for number, name in enumerate(PANELS, 1)
    )  # fmt: skip


def _panel_keys(number: int) -> tuple[str, ...]:
    """Alt and the digits; for more than ten panels there are none."""
    return (f"Alt+{number % 10}",) if number <= 10 else ()


def _help() -> tuple[Command, ...]:
    return (
        Command("help_keys", tr("&Keys"), ("F1",), tr("All keys on one sheet"),
                lambda w: w.show_keys(), "help", "help"),
        Command("about", tr("&About Gatewalk"), (), tr("What this is"), lambda w: w.show_about(), "help"),
    )  # fmt: skip


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Actions", text)
