"""Frames made up for tests of the views: no core needed, deterministic.

``fake_frame(T=9, H=12, cell="lstm", phase=Phase.BACKWARD, t=5, equation="c")`` is the usual call.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.frame import (
    Arrival,
    BlockFrame,
    Change,
    ClipReport,
    Cursor,
    Detail,
    EquationLine,
    Flow,
    Frame,
    Grain,
    Inspection,
    LaneFrame,
    Phase,
    Position,
    Prediction,
    Scale,
    Sentence,
    Share,
    Track,
    View,
    WalkedEquation,
)
from tests.desktop.fake_network import CELLS, ROLES, FakeCell, FakeRun, fake_run

_cached_run = lru_cache(maxsize=32)(fake_run)
AFTER_FORWARD = (Phase.LOSS, Phase.BACKWARD, Phase.CLIP, Phase.UPDATE)
AFTER_BACKWARD = (Phase.CLIP, Phase.UPDATE)


def fake_frame(
    T: int = 9,
    H: int = 12,
    cell: str = "lstm",
    phase: Phase = Phase.BACKWARD,
    t: int | None = 5,
    equation: str | None = None,
    lanes: int = 1,
    first: int = 0,
    last: int | None = None,
    seed: int = 0,
    ghost: bool = False,
    layers: int = 1,
    tokens: tuple[str, ...] | None = None,
    detail: Detail = Detail.CELLS,
) -> Frame:
    """A frame at step ``t`` of ``phase``; the second lane is a plain RNN; ``first``/``last`` bound the arrays."""
    cells = [CELLS[cell]] + [CELLS["rnn"], CELLS["gru"]][: lanes - 1]
    timeless = phase in AFTER_BACKWARD
    walked = equation if equation is not None else cells[0].names[-2 if len(cells[0].names) > 1 else -1]
    position = _position(T, cells[0], phase, None if timeless else t, "" if timeless else walked, layers)
    stop = min(T, T if last is None else last)
    drawn = tuple(
        _lane(each, T, H, seed + n, position, first, stop, layers, ghost, tokens) for n, each in enumerate(cells)
    )
    run = _cached_run(cells[0], T, H, seed)
    return Frame(
        position=position,
        view=View(first=first, last=stop, detail=detail),
        grain=Grain.EQUATION,
        lanes=drawn,
        sentence=_sentence(position),
        phases=tuple(each for each in Phase if each is not Phase.REGULARISER or phase is each),
        equations=_equations(cells[0], position),
        walked=_walked(cells[0], position),
        inspection=_inspection(run, position, walked),
        operations={},
        changes=_changes(cells[0], H, phase),
        clip=ClipReport("norm at most 1", 2.31, 1.0, 1.0, 0, 4 * H * H) if timeless else None,
        loss=float(np.nansum(run.losses)) if phase is not Phase.FORWARD else None,
    )


def _position(T: int, cell: FakeCell, phase: Phase, t: int | None, equation: str, layers: int) -> Position:
    at_loss = phase is Phase.LOSS
    block = "" if t is None else "head" if at_loss else f"l{layers - 1 if phase is Phase.BACKWARD else 0}"
    length = T * (2 * len(cell.names) * layers + 1) + 12
    index = 0 if t is None else 1 + t * len(cell.names) + (cell.names.index(equation) if equation else 0)
    return Position(Cursor(3, index), length, phase, t, block, "loss" if at_loss else equation)


def _reached(cell: FakeCell, name: str, position: Position, T: int, layer: int) -> NDArray:
    """(T,) whether the value stands at the cursor."""
    if position.phase in AFTER_FORWARD:
        return np.ones(T, bool)
    if position.t is None:
        return np.zeros(T, bool)
    reached = np.arange(T) < position.t
    current = cell.names.index(position.equation) if position.equation in cell.names else -1
    if layer == 0 and cell.names.index(name) <= current:
        reached[position.t] = True
    return reached


def _arrived(cell: FakeCell, name: str, position: Position, T: int, layer: int, layers: int) -> NDArray:
    """(T,) how much of the adjoint stands at the cursor."""
    if position.phase in AFTER_BACKWARD:
        return np.full(T, Arrival.COMPLETE, np.int8)
    arrived = np.zeros(T, np.int8)
    if position.phase is not Phase.BACKWARD or position.t is None:
        return arrived
    arrived[position.t + 1 :] = Arrival.COMPLETE
    if layer == layers - 1:
        current = cell.names.index(position.equation) if position.equation in cell.names else len(cell.names)
        done = cell.names.index(name) >= current
        arrived[position.t] = Arrival.COMPLETE if done else Arrival.PARTLY if name in cell.states else Arrival.NONE
    return arrived


def _track(run: FakeRun, name: str, layer: int, layers: int, position: Position, first: int, last: int) -> Track:
    cell, T = run.cell, len(run.tokens)
    reached = _reached(cell, name, position, T, layer)
    arrived = _arrived(cell, name, position, T, layer, layers)
    values = run.values[name] * reached[:, None]
    adjoints = run.adjoints[name] * (arrived > 0)[:, None]
    return Track(
        path=f"l{layer}/{name}",
        name=name,
        latex=name,
        role=ROLES[name],
        scale=Scale.GATE if name in cell.gates else Scale.STATE,
        is_state=name in cell.states,
        values=values[first:last],
        reached=reached[first:last],
        adjoints=adjoints[first:last],
        arrived=arrived[first:last],
        value_norms=np.where(reached, np.linalg.norm(values, axis=1), np.nan),
        adjoint_norms=np.where(arrived > 0, np.linalg.norm(adjoints, axis=1), np.nan),
        limit=float(np.abs(run.values[name]).max()),
    )


def _flow(source: str, track: Track, delay: int, first: int, last: int, T: int) -> Flow:
    """The edge into ``track`` whose gradient is a part of the adjoint that has arrived there."""
    sent = np.full(T, np.nan)
    sent[delay:] = (0.85 if delay else 1.0) * track.adjoint_norms[: T - delay]
    reached = np.zeros(T, bool)
    reached[delay:] = ~np.isnan(track.value_norms)[: T - delay]
    return Flow(source, track.path, delay, reached[first:last], sent[first:last])


def _block(run: FakeRun, layer: int, layers: int, position: Position, first: int, last: int) -> BlockFrame:
    T = len(run.tokens)
    tracks = tuple(_track(run, name, layer, layers, position, first, last) for name in run.cell.names)
    flows = [_flow(f"l{layer}", track, 1, first, last, T) for track in tracks if track.is_state]
    below = np.where(np.isnan(tracks[0].adjoint_norms), np.nan, 0.6 * tracks[0].adjoint_norms)[first:last]
    flows.append(Flow(f"l{layer}", f"l{layer - 1}/h" if layer else "input", 0, tracks[0].reached, below))
    return BlockFrame(f"l{layer}", run.cell.title, tracks[0].values.shape[1], 1, tracks, tuple(flows))


def _head(run: FakeRun, top: BlockFrame, position: Position, first: int, last: int) -> BlockFrame:
    where = ~np.isnan(run.losses)
    said = position.phase in (Phase.BACKWARD, *AFTER_BACKWARD)
    norms = np.where(where & said, np.linalg.norm(run.adjoints["h"], axis=1), np.nan)
    flow = Flow("head", top.tracks[-1].path, 0, (top.tracks[-1].reached & where[first:last]), norms[first:last])
    return BlockFrame("head", "softmax", 4, 1, (), (flow,))


def _lane(
    cell: FakeCell,
    T: int,
    H: int,
    seed: int,
    position: Position,
    first: int,
    last: int,
    layers: int,
    ghost: bool,
    tokens: tuple[str, ...] | None,
) -> LaneFrame:
    run = _cached_run(cell, T, H, seed)
    blocks = [_block(_cached_run(cell, T, H, seed + 10 * n), n, layers, position, first, last) for n in range(layers)]
    shown = ~np.isnan(run.losses)
    said = _said(position, T)
    losses = np.where(shown & said, run.losses, np.nan)
    words = tuple(tokens[t % len(tokens)] for t in range(T)) if tokens else run.tokens
    seen = range(first, last)
    norms = np.concatenate([track.adjoint_norms for block in blocks for track in block.tracks])
    sizes = np.concatenate([np.linalg.norm(each, axis=1) for each in run.adjoints.values()])
    return LaneFrame(
        name=cell.title,
        subtitle=f"{H} units · trained",
        length=T,
        first=first,
        last=last,
        tokens=tuple(words[t] for t in seen),
        targets=tuple("were" if shown[t] else "" for t in seen),
        predictions=tuple(_prediction(t, cell) if shown[t] and said[t] else None for t in seen),
        losses=losses,
        blocks=(*blocks, _head(run, blocks[-1], position, first, last)),
        gradient_limits=(float(sizes.min()), float(max(sizes.max(), np.nanmax(norms, initial=0.0)))),
        ghost=_lane(cell, T, H, seed + 500, position, first, last, layers, False, tokens) if ghost else None,
    )


def _said(position: Position, T: int) -> NDArray:
    if position.phase is Phase.FORWARD or (position.phase is Phase.LOSS and position.t is None):
        return np.zeros(T, bool)
    return np.arange(T) <= position.t if position.phase is Phase.LOSS else np.ones(T, bool)


def _prediction(t: int, cell: FakeCell) -> Prediction:
    right = cell.title != "RNN" and t % 4 != 1
    return Prediction("were" if right else "was", 0.94 if right else 0.61, right)


def _sentence(position: Position) -> Sentence:
    if position.t is None:
        return Sentence("{phase}.", {"phase": position.phase.value.capitalize()})
    values = {"phase": position.phase.value.capitalize(), "t": str(position.t + 1), "name": position.equation}
    return Sentence("{phase}, t = {t}: {name} has norm 1.93.", values)


def _equations(cell: FakeCell, position: Position) -> tuple[EquationLine, ...]:
    block = position.block if position.block.startswith("l") else "l0"
    return tuple(
        EquationLine(
            path=f"{block}/{name}",
            name=name,
            role=ROLES[name],
            latex=cell.latex[name],
            backward_latex=cell.backward[name],
            terms=tuple(f"{block}/{other}" for other in cell.names if f"{other}_{{" in cell.latex[name]),
            lit=name == position.equation,
        )
        for name in cell.names
    )


def _walked(cell: FakeCell, position: Position) -> WalkedEquation | None:
    if position.equation not in cell.names or position.t is None:
        return None
    backward = position.phase is Phase.BACKWARD
    symbols = (cell.backward if backward else cell.latex)[position.equation]
    return WalkedEquation(position.path, position.t, 3, symbols, r"0.214 \cdot 0.93", "0.199", backward)


def _inspection(run: FakeRun, position: Position, name: str) -> Inspection | None:
    if position.t is None or name not in run.values:
        return None
    cell, T = run.cell, len(run.tokens)
    reached = _reached(cell, name, position, T, 0)
    arrived = _arrived(cell, name, position, T, 0, 1)
    adjoints = run.adjoints[name][position.t] if arrived[position.t] else None
    return Inspection(
        path=f"l0/{name}",
        name=name,
        role=ROLES[name],
        t=position.t,
        token=run.tokens[position.t],
        unit=3 % run.values[name].shape[1],
        scale=Scale.GATE if name in cell.gates else Scale.STATE,
        labels=(),
        values=run.values[name][position.t] if reached[position.t] else None,
        adjoints=adjoints,
        arrived=Arrival(int(arrived[position.t])),
        from_this_loss=None if adjoints is None else 0.1 * adjoints,
        from_future=None if adjoints is None else 0.9 * adjoints,
        history=np.where(reached, run.values[name][:, 0], np.nan),
        adjoint_history=np.where(arrived > 0, run.adjoints[name][:, 0], np.nan),
        shares=_shares(position),
    )


def _shares(position: Position) -> tuple[Share, ...]:
    if position.phase is not Phase.BACKWARD or position.t is None:
        return ()
    label = f"from t = {position.t + 2} through c (forget gate)"
    return (Share(label, 0.92), Share("through the gates", 0.10), Share("this step's loss", -0.02))


def _changes(cell: FakeCell, H: int, phase: Phase) -> tuple[Change, ...]:
    rng = np.random.default_rng(5)
    changes = []
    for name in cell.names:
        value, gradient = rng.standard_normal((2, H, H))
        clipped = gradient / 2 if phase in AFTER_BACKWARD else None
        updated = value - 0.1 * gradient / 2 if phase is Phase.UPDATE else None
        changes.append(Change(f"l0/W_{name}", value, gradient, clipped, updated))
    return tuple(changes)
