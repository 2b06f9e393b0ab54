"""Networks, sequences and setups as records, and back."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.block import INPUT_PATH, TARGET_PATH
from core.branch import Setup
from core.cell import Cell
from core.errors import DataError, ShapeError
from core.files.snapshot.origins import origin_of, origin_record
from core.files.snapshot.records import (
    Add,
    BlockRecord,
    Get,
    InterventionRecord,
    NetworkRecord,
    SequenceRecord,
    SetupRecord,
)
from core.language import CellDefinition, parse_cell, with_delays, with_loss
from core.language.cell_file import MAX_BYTES
from core.network import HEAD, LOSS, Block, Network
from core.run import Intervention
from core.sequence import Sequence, Vocabulary

Array = NDArray[Any]


# --- to records ------------------------------------------------------------------------------------------------------


def network_record(network: Network) -> NetworkRecord:
    """All equations and sizes of a network."""
    layers = [_block_record(block) for block in network.layers]
    return NetworkRecord(layers, _block_record(network.head), network.loss, network.padding)


def _block_record(block: Block) -> BlockRecord:
    definition, cell = block.cell.definition, block.cell
    return BlockRecord(
        name=block.name,
        text=definition.text,
        file=Path(definition.file).name,
        inputs=cell.inputs,
        units=cell.units,
        extra=dict(cell.extra),
        delays=dict(definition.named_delays),
        reads=dict(block.reads),
        reverse=block.reverse,
        aligned=block.aligned,
        tied=block.tied,
    )


def sequence_record(sequence: Sequence, add: Add) -> SequenceRecord:
    """A sequence; its arrays go to ``add``."""
    return SequenceRecord(
        inputs=add(sequence.inputs),
        tokens=sequence.tokens,
        kind=sequence.kind,
        targets=None if sequence.targets is None else add(sequence.targets),
        known=None if sequence.known is None else add(sequence.known),
        target_labels=sequence.target_labels,
        vocabulary=None if sequence.vocabulary is None else sequence.vocabulary.tokens,
        name=sequence.name,
        lengths=None if sequence.lengths is None else tuple(int(length) for length in sequence.lengths),
    )


def setup_record(setup: Setup, network: int, sequence: int, add: Add) -> SetupRecord:
    """A setup whose network and sequence are at these places."""
    return SetupRecord(
        network=network,
        sequence=sequence,
        initial={path: add(values) for path, values in setup.initial.items()},
        interventions=[
            InterventionRecord(i.block, i.variable, i.t, i.unit, _number(i.value)) for i in setup.interventions
        ],
        learning=setup.learning,
        name=setup.name,
        origin=None if setup.origin is None else origin_record(setup.origin, add),
        training=setup.training,
    )


def _number(value: float) -> float | str:
    value = float(value)
    return value if math.isfinite(value) else str(value)


# --- from records ----------------------------------------------------------------------------------------------------


def network_of(record: NetworkRecord) -> Network:
    """The network. Raises LanguageError, ShapeError, DataError."""
    if not record.layers:
        raise DataError("the network has no layer")
    names = [block.name for block in record.layers]
    if len({*names, HEAD}) != len(names) + 1 or any("/" in name or not name for name in names):
        raise DataError(f"the layers cannot be called {', '.join(names)}")
    layers: list[Block] = []
    for entry in record.layers:
        definition = _definition(entry)
        below = layers[-1].output_path if layers else INPUT_PATH
        layers.append(_block(entry, definition, frozenset({definition.output}), below))
    head = _definition(record.head)
    if record.loss:
        head = with_loss(head, record.loss)
    readout = _block(record.head, head, frozenset({LOSS} if record.loss else ()), layers[-1].output_path)
    return Network(tuple(layers), readout, record.loss, record.padding)


def _block(record: BlockRecord, definition: CellDefinition, ends: frozenset[str], below: str) -> Block:
    """The block; ``below`` is what it reads where the record does not say."""
    cell = Cell(definition, record.inputs, record.units, record.extra)
    before = {name: TARGET_PATH if name == TARGET_PATH else below for name in definition.inputs}
    reads = before if record.reads is None else record.reads
    return Block(record.name, cell, ends, reads, record.reverse, record.aligned, record.tied)


def _definition(record: BlockRecord) -> CellDefinition:
    if len(record.text) > MAX_BYTES or min(record.inputs, record.units) < 1:
        raise DataError(f"block {record.name}: its text is too long, or a size is below 1")
    definition = with_delays(parse_cell(record.text, record.file), record.delays)
    return definition if definition.file == record.file else replace(definition, file=record.file)


def sequence_of(record: SequenceRecord, get: Get) -> Sequence:
    """The sequence. Raises KeyError, DataError, ShapeError."""
    return Sequence(
        inputs=get(record.inputs),
        tokens=record.tokens,
        targets=None if record.targets is None else get(record.targets),
        target_labels=record.target_labels,
        vocabulary=None if record.vocabulary is None else Vocabulary(record.vocabulary),
        kind=record.kind,
        name=record.name,
        known=None if record.known is None else get(record.known),
        lengths=None if record.lengths is None else np.array(record.lengths, int),
    )


def setup_of(record: SetupRecord, networks: list[Network], sequences: list[Sequence], get: Get) -> Setup:
    """The setup, with all that belongs to a step of it checked. Raises KeyError, IndexError, DataError, ShapeError."""
    network, sequence = at(networks, record.network, "network"), at(sequences, record.sequence, "sequence")
    setup = Setup(
        network,
        sequence,
        {path: _initial(network, sequence, path, get(ref)) for path, ref in record.initial.items()},
        tuple(_intervention(network, sequence, entry) for entry in record.interventions),
        record.learning,
        record.name,
        None if record.origin is None else origin_of(record.origin, network, get),
        record.training,
    )
    if record.learning.window < 0:
        raise DataError(f"the window of truncated BPTT is {record.learning.window}")
    return setup


def at(records: list[Any], place: int, what: str) -> Any:
    """The record at a place. Raises DataError outside the list."""
    if not 0 <= place < len(records):
        raise DataError(f"it refers to {what} {place}, but has {len(records)} of them")
    return records[place]


def _initial(network: Network, sequence: Sequence, path: str, values: Array) -> Array:
    states = network.initial_states(sequence.batch)
    if path not in states:
        raise DataError(f"{path} has no initial value")
    expected = states[path].shape
    if values.ndim != 3 or values.shape[1:] != expected[1:] or values.shape[0] > expected[0]:
        raise ShapeError(f"the initial value of {path} has shape {values.shape}, expected {expected}")
    _check_numbers(values, f"the initial value of {path}")
    return values


def _check_numbers(values: Array, what: str) -> None:
    if values.dtype.kind != "f":
        raise DataError(f"{what} holds {values.dtype.name}, expected real numbers")


def _intervention(network: Network, sequence: Sequence, record: InterventionRecord) -> Intervention:
    sizes = {block.name: block.cell.variable_sizes for block in network.blocks}
    size = sizes.get(record.block, {}).get(record.variable, 0)
    if not (0 <= record.unit < size and 0 <= record.t < sequence.length):
        raise DataError(
            f"unit {record.unit} of {record.block}/{record.variable} is overwritten at step {record.t}, "
            "which is not in the network"
        )
    return Intervention(record.block, record.variable, record.t, record.unit, float(record.value))


def parameters_of(network: Network, parameters: dict[str, Array]) -> dict[str, Array]:
    """The parameters, checked. Raises ShapeError, DataError."""
    for path, values in parameters.items():
        _check_numbers(np.asarray(values), path)
    return network.check(parameters)
