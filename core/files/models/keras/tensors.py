"""Which tensors of a file belong to a layer: by class and number in Keras 3, by the user's name before."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import FileError
from core.files.models.keras.config import LayerConfig
from core.files.models.keras.file import KerasFile
from core.files.models.keras.parts import Weights
from core.tokens import shown

KERNEL, RECURRENT, BIAS, EMBEDDINGS = "kernel", "recurrent_kernel", "bias", "embeddings"
ROOTS = ("layers", "_layer_checkpoint_dependencies")  # of Keras 3, and of what TensorFlow 2.12 wrote
_WAYS = ("forward_layer", "backward_layer")


@dataclass(frozen=True)
class Tensors:
    """The tensors of a layer, direction by direction."""

    found: tuple[Weights, ...]

    def weights(self, way: int) -> Weights:
        """Those of one direction; the last where there are fewer (of a layer inside Bidirectional, read later)."""
        return self.found[min(way, len(self.found) - 1)] if self.found else Weights("")


def tensors_of(file: KerasFile, layer: LayerConfig, kind: str) -> Tensors:
    """The tensors of a layer whose weights are those of the class ``kind``. Raises FileError where they are missing.

    A layer inside Bidirectional has no group of its own, and no tensors here: the wrapper asks for both directions.
    """
    if not layer.group:
        return Tensors(())
    found = legacy_tensors(file, layer.name) if file.legacy else _numbered(file, layer, kind)
    if not found or (layer.kind == "Bidirectional" and len(found) < 2):
        raise _missing(file, layer)
    return Tensors(found)


def _numbered(file: KerasFile, layer: LayerConfig, kind: str) -> tuple[Weights, ...]:
    """Tensors by number, as Keras 3 keeps them: kernel, recurrent kernel, bias."""
    parts = _WAYS if layer.kind == "Bidirectional" else ("",)
    inner = "" if kind in ("Dense", "Embedding") else "cell"
    for root in ROOTS:
        groups = ["/".join(filter(None, (root, layer.group, part, inner, "vars"))) for part in parts]
        if found := tuple(filter(None, (numbered_in(file, group, 2 if inner else 1) for group in groups))):
            return found
    return ()


def numbered_in(file: KerasFile, group: str, matrices: int) -> Weights | None:
    """The tensors of one group in Keras 3's order, one or two matrices and a bias; None where there are none."""
    names = [f"{group}/{number}" for number in range(3) if f"{group}/{number}" in file.tree.tensors]
    if len(names) < matrices:
        return None
    return Weights(names[0], names[1] if matrices > 1 else "", names[matrices] if len(names) > matrices else "")


def legacy_tensors(file: KerasFile, layer: str) -> tuple[Weights, ...]:
    """The tensors of a layer by the names in its group's list: one entry, or one a direction."""
    group = f"{file.root}/{layer}".lstrip("/")
    found: list[dict[str, str]] = []
    for name in file.tree.names(group, "weight_names") or ():
        role = name.rsplit("/", 1)[-1].split(":")[0]
        if f"{group}/{name}" not in file.tree.tensors or role not in (KERNEL, RECURRENT, BIAS, EMBEDDINGS):
            continue
        role = KERNEL if role == EMBEDDINGS else role
        if not found or role in found[-1]:
            found.append({})
        found[-1][role] = f"{group}/{name}"
    return tuple(
        Weights(entry[KERNEL], entry.get(RECURRENT, ""), entry.get(BIAS, "")) for entry in found if KERNEL in entry
    )


def _missing(file: KerasFile, layer: LayerConfig) -> FileError:
    name = layer.name if file.legacy else layer.group
    return file.refusal(
        f"the weights of {shown(layer.name)} are missing: there are none in the group {shown(name[:80])}. "
        "Save the model with Keras again."
    )
