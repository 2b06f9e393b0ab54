"""Remakes ``tests/data/keras`` with Keras 3, in float64. Not run by the tests, which only read the files.

    KERAS_BACKEND=torch python tests/data/make_keras_files.py     (in an environment that has keras, torch, h5py)

Each model is written by Keras itself: ``NAME.keras``, and for some ``NAME.weights.h5`` and the older ``NAME.h5``.
``NAME.npz`` holds what Keras computed: ``x`` (T, B, D) or tokens (T, B); ``y`` (T, B, O), or (B, O) where the model
gives its last step only; ``target`` like y, ``loss`` (half the sum of squares), and ``grad/TENSOR`` by the name of the
tensor in the ``.keras`` file, from PyTorch's autograd. On this backend Keras rounds matrix products to 32 bits even
where everything is float64; that one entry of its table is lifted here, so that the numbers are good for 1e-10.
Masked models also hold ``lengths`` (B,), and their loss counts valid steps only.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
import torch
from keras import layers
from keras.src.backend.common import dtypes

FOLDER = Path(__file__).parent / "keras"
T, B, D = 5, 3, 2
LENGTHS = (5, 3, 4)


def lstm_dense() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((None, D)),
            layers.LSTM(3, return_sequences=True, dropout=0.1),
            layers.Dropout(0.2),
            layers.TimeDistributed(layers.Dense(4, activation="softmax")),
        ],
        name="words",
    )


def rnn_functional() -> keras.Model:
    inputs = keras.Input((None, D))
    hidden = layers.SimpleRNN(3, return_sequences=True, activation="elu", use_bias=False)(inputs)
    hidden = layers.Dense(2, activation="silu")(hidden)
    hidden = layers.SimpleRNN(3, return_sequences=True, activation="relu")(hidden)
    hidden = layers.Dense(3, activation="tanh", use_bias=False)(hidden)
    return keras.Model(inputs, layers.Dense(2, activation="softplus")(hidden))


def both_last() -> keras.Model:
    both = layers.Bidirectional(layers.LSTM(2))
    return keras.Sequential([layers.Input((None, D)), both, layers.Dense(2)])


def both_merged() -> keras.Model:
    stack = [
        layers.Masking(),
        layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum"),
        layers.Bidirectional(layers.SimpleRNN(3, return_sequences=True), merge_mode="ave"),
        layers.Bidirectional(layers.LSTM(2, return_sequences=True, use_bias=False), merge_mode="mul"),
    ]
    return keras.Sequential([layers.Input((None, D)), *stack])


def backwards() -> keras.Model:
    inputs = keras.Input((None, D))
    hidden = layers.LSTM(3, return_sequences=True, go_backwards=True, recurrent_activation="hard_sigmoid")(inputs)
    hidden = layers.GRU(2, return_sequences=True, reset_after=False, activation="softsign")(hidden)
    hidden = layers.Dense(2)(hidden)
    return keras.Model(inputs, layers.Activation("sigmoid")(hidden))


def backwards_last() -> keras.Model:
    cell = layers.RNN(layers.GRUCell(2, activation="softsign"), go_backwards=True)
    return keras.Sequential([layers.Input((None, D)), cell])


def embedded() -> keras.Model:
    inputs = keras.Input((None,))
    hidden = layers.Embedding(6, 3, mask_zero=True)(inputs)
    hidden = layers.LSTM(2, return_sequences=True)(hidden)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(layers.GRU(2)(hidden)))


# Name -> the model, and which other files are kept.
MODELS: dict[str, tuple[Callable[[], keras.Model], tuple[str, ...]]] = {
    "lstm_dense": (lstm_dense, ()),
    "rnn_functional": (rnn_functional, ()),
    "both_last": (both_last, (".weights.h5", ".h5")),
    "both_merged": (both_merged, ()),
    "backwards": (backwards, ()),
    "backwards_last": (backwards_last, ()),
    "embedded": (embedded, ()),
}
MASKED = ("embedded", "both_merged")


def sequence_for(name: str, generator: np.random.Generator) -> np.ndarray:
    """The input (B, T, ...), padded with what the model masks."""
    padding = np.arange(T)[None] >= np.array(LENGTHS)[:, None]
    if name == "embedded":
        return np.where(padding, 0, generator.integers(1, 6, (B, T)))
    x = generator.normal(0, 1, (B, T, D))
    return np.where(padding[..., None], 0.0, x) if name in MASKED else x


def names_in(file: Path, model: keras.Model) -> dict[str, keras.Variable]:
    """Which variable each tensor of the file is, by its numbers."""
    found = {}
    with zipfile.ZipFile(file) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as root:
        tensors: dict[str, np.ndarray] = {}
        root.visititems(lambda path, o: tensors.update({path: o[()]}) if isinstance(o, h5py.Dataset) else None)
    for path, array in tensors.items():
        same = [v for v in model.trainable_variables if tuple(v.shape) == array.shape and (v.numpy() == array).all()]
        if same:
            found[path] = same[0]
    assert len(found) == len(model.trainable_variables)
    return found


def reference(name: str, model: keras.Model, file: Path, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Inputs, outputs, loss and gradients."""
    x = sequence_for(name, generator)
    y = model(torch.as_tensor(x), training=False)
    target = generator.normal(0, 1, tuple(y.shape))
    counted = np.ones(y.shape)
    if name in MASKED and y.ndim == 3:
        counted = (np.arange(T)[None] < np.array(LENGTHS)[:, None]).astype(float)[..., None] * counted
    loss = 0.5 * (torch.as_tensor(counted) * (y - torch.as_tensor(target)) ** 2).sum()
    variables = names_in(file, model)
    gradients = torch.autograd.grad(loss, [variable.value for variable in variables.values()])
    by_time = (1, 0) if x.ndim == 2 else (1, 0, 2)
    values = {"x": x.transpose(by_time), "y": y.detach().numpy(), "target": target, "loss": np.asarray(loss.item())}
    if y.ndim == 3:
        values |= {key: values[key].transpose(1, 0, 2) for key in ("y", "target")}
    if name in MASKED:
        values["lengths"] = np.array(LENGTHS)
    return values | {f"grad/{path}": g.numpy() for path, g in zip(variables, gradients, strict=True)}


def main() -> None:
    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    FOLDER.mkdir(exist_ok=True)
    generator = np.random.default_rng(20)
    for name, (make, others) in MODELS.items():
        keras.backend.clear_session()
        model = make()
        for variable in model.trainable_variables:
            variable.assign(generator.normal(0, 0.6, tuple(variable.shape)))
        file = FOLDER / f"{name}.keras"
        model.save(file)
        for suffix in others:
            path = FOLDER / f"{name}{suffix}"
            model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
        np.savez_compressed(FOLDER / f"{name}.npz", **reference(name, model, file, generator))
        print(name, model.output_shape)


if __name__ == "__main__":
    main()
