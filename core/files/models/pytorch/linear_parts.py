"""What stands around the recurrent layers of a state dict: an embedding in front, a linear readout behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.files.models.records import Answers, FileTensor, Question

NONE = "none"
_EMBEDDINGS = ("emb", "wte", "lookup", "token")
_READOUTS = ("fc", "out", "lin", "head", "classif", "dec", "proj", "pred", "logit")
_HEADS = ("identity", "softmax", "logistic")


@dataclass(frozen=True)
class Linear:
    """A weight (rows, columns) that could be an embedding or a linear layer; ``bias`` is "" where there is none."""

    weight: str
    bias: str
    rows: int
    columns: int


def linears_in(tensors: Mapping[str, FileTensor]) -> Iterator[Linear]:
    """Everything in the tensors that a linear layer or an embedding could be, in the file's order."""
    for name, tensor in tensors.items():
        is_weight = name == "weight" or name.endswith(".weight")
        if is_weight and len(tensor.shape) == 2 and 0 not in tensor.shape:
            bias = name.removesuffix("weight") + "bias"
            has_bias = bias in tensors and tensors[bias].shape == tensor.shape[:1]
            yield Linear(name, bias if has_bias else "", *tensor.shape)


def embedding_among(linears: list[Linear], width: int, answers: Answers) -> Linear | None:
    """The embedding in front of layers that read ``width`` numbers, by answer or guess."""
    fitting = [linear for linear in linears if linear.columns == width and not linear.bias]
    named = [linear for linear in fitting if _is_called(linear, _EMBEDDINGS)]
    text = f"Which tensor is the embedding that gives the {width} numbers that the first layer reads?"
    return _chosen("embedding", text, fitting, named[:1], answers)


def readout_among(linears: list[Linear], width: int, answers: Answers) -> Linear | None:
    """The linear readout of ``width`` numbers, by answer or guess.

    The guess is none where another linear layer stands behind it: a readout of several layers cannot be walked.
    """
    fitting = [linear for linear in linears if linear.columns == width]
    last = [linear for linear in fitting if not _is_followed(linear, linears)]
    named = [linear for linear in last if _is_called(linear, _READOUTS)]
    text = f"Which tensor is the linear readout of the {width} numbers that the last layer gives?"
    return _chosen("readout", text, fitting, (named or last)[-1:], answers)


def head_of(loss: str, answers: Answers) -> str:
    """What the readout makes of its scores, by answer or guess."""
    guess = "softmax" if loss == "cross-entropy" else "identity"
    text = "What does the model make of the scores of its readout? A file of weights does not say."
    return answers.choose(Question("head", text, _HEADS, guess))


def _chosen(key: str, text: str, fitting: list[Linear], guess: list[Linear], answers: Answers) -> Linear | None:
    if not fitting:
        return None
    by_name = {linear.weight: linear for linear in fitting}
    guessed = guess[0].weight if guess else NONE
    return by_name.get(answers.choose(Question(key, text, (*by_name, NONE), guessed)))


def _is_called(linear: Linear, hints: tuple[str, ...]) -> bool:
    return any(hint in linear.weight.lower() for hint in hints)


def _is_followed(linear: Linear, linears: list[Linear]) -> bool:
    """Whether a later linear layer reads what this one gives."""
    later = linears[linears.index(linear) + 1 :]
    return any(other.columns == linear.rows and bool(other.bias) == bool(linear.bias) for other in later)
