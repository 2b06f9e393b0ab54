"""What a model from a file is walked on: the present data where it fits, else numbers that are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication

from core.block import EMBEDDING
from core.files.models import Layout, OpenedModel, open_model
from core.language import read_cell
from core.network import Network
from core.network_file import is_network, read_network_file
from core.origin import Origin
from core.posing import asked_at_its_end
from core.sequence import Sequence, Vocabulary, from_tokens, next_token_targets
from desktop.walking.session_edits import says

MADE_STEPS = 12
CLASS_LOSS, NUMBER_LOSS = "cross-entropy", "squared"


def first_guesses(opened: OpenedModel, present: Sequence) -> dict[str, str]:
    """Better guesses by what is read and asked: classes and words want probabilities."""
    head, network = opened.answers.asked.get("head"), opened.network
    classes = fits(network, present) and present.targets is not None and present.targets.ndim == 2
    words = network.layers[0].name == EMBEDDING and network.outputs == network.inputs  # it says what comes next
    likely = head is not None and "softmax" in head.choices and (classes or words)
    return {"head": "softmax"} if likely else {}


def fits(network: Network, sequence: Sequence) -> bool:
    """Whether a network reads steps as wide as these."""
    return sequence.width == network.inputs


def data_for(network: Network, present: Sequence) -> tuple[Sequence, str]:
    """The data to walk, and what is to be said about them."""
    made = not fits(network, present)
    sequence = _made_up(network) if made else present
    words = _made_words(sequence) if made else tr("It walks the present data.")
    if sequence.targets is not None and says(network, sequence.targets) and _is_asked_for(network, sequence.targets):
        return sequence, words
    asked = _asked(network, sequence)
    if not made:
        words += " " + tr("Its target there cannot be said by this model, so it has one that was made up.")
    return asked, words


def _is_asked_for(network: Network, targets: Any) -> bool:
    """Whether the loss of a network has a use for such targets: rows of numbers are no classes."""
    return network.loss != CLASS_LOSS or targets.ndim == 2


def network_in(path: Path, present: Network, sequence: Sequence) -> tuple[Network, Origin]:
    """The network of a network file, or of a cell file: the present one with this cell. Raises GatewalkError."""
    if not is_network(str(path)):
        return _with_cell(path, present), Origin(str(path), tr("a cell"), (), {}, Layout(), {}, {})
    file = read_network_file(path)
    network = file.network(inputs=file.inputs or sequence.width, outputs=present.outputs)
    remarks = (file.description,) if file.description else ()
    return network, Origin(str(path), file.name, remarks, {}, Layout(), file.initial(network, 1), {})


def _with_cell(path: Path, present: Network) -> Network:
    """The present network with another cell in its top layer."""
    from desktop.dialogs.network_choice import choice_of, network_of

    choice, cell = choice_of(present), read_cell(path)
    number = len(choice.layers) - 1
    top = replace(choice.layers[number], definition=cell, reverse_cell=None, sizes={})
    return network_of(choice.with_layer(number, top), present.inputs, present.outputs)


def _made_up(network: Network) -> Sequence:
    """Random tokens for an embedding, else random numbers; always the same ones."""
    generator = np.random.default_rng(0)
    if network.layers[0].name == EMBEDDING:
        vocabulary = Vocabulary(tuple(map(str, range(network.inputs))))
        tokens = [str(token) for token in generator.integers(network.inputs, size=MADE_STEPS)]
        return from_tokens(tokens, vocabulary, name=tr("made up"))
    numbers = generator.standard_normal((MADE_STEPS, 1, network.inputs))
    return Sequence(np.round(numbers, 3), name=tr("made up"))


def _made_words(sequence: Sequence) -> str:
    if sequence.vocabulary is not None:
        words = tr("It walks {steps} random tokens; open a text or numbers of tokens below {width} as data.")
    else:
        words = tr("It walks {steps} random steps; open data with {width} numbers a step.")
    return words.format(steps=sequence.length, width=f"{sequence.width:,}")


def _asked(network: Network, sequence: Sequence) -> Sequence:
    """With a target that this network can say: the next token, else the first class or zeros at the last step."""
    plain = replace(sequence, targets=None, known=None, target_labels=())
    classes = CLASS_LOSS in network.head.cell.definition.losses
    if classes and plain.vocabulary is not None and len(plain.vocabulary) == network.outputs and plain.length > 1:
        return next_token_targets(plain)
    row = 0 if classes else np.zeros(network.outputs)
    return asked_at_its_end(plain, np.broadcast_to(row, (plain.batch, *np.shape(row))))


def loss_for(network: Network, sequence: Sequence) -> str:
    """The loss of the network's readout that suits the targets; "" where there is none."""
    losses = tuple(network.head.cell.definition.losses)
    classes = sequence.targets is not None and sequence.targets.ndim == 2
    wanted = (CLASS_LOSS, NUMBER_LOSS) if classes else (NUMBER_LOSS, CLASS_LOSS)
    return next((loss for loss in wanted if loss in losses), "")


def opened_with_loss(path: Path, opened: OpenedModel, loss: str) -> OpenedModel:
    """The same model with a loss behind its readout. Raises GatewalkError."""
    return open_model(path, dict(opened.answers.taken), loss) if loss else opened


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("OpenedModels", text)
