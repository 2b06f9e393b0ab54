"""Which layer and which of its variables a regulariser is about, and whether a network has them."""

from __future__ import annotations

from dataclasses import replace

from core.errors import SessionError
from core.network import Block, Network
from core.regulariser.settings import Regulariser, State


def layer_of(network: Network, settings: Regulariser) -> str:
    """The name of the block whose state is meant. Raises SessionError where the network has no such layer."""
    names = layers_with_memory(network)
    if not settings.block and names:
        return names[-1]
    if settings.block in names:
        return settings.block
    asked = f"there is no layer {settings.block} with a memory" if settings.block else "no layer has a memory"
    known = f" Layers with one: {', '.join(names)}." if names else " Switch the regulariser off."
    raise SessionError(f"Regulariser: {asked} in this network.{known}")


def layers_with_memory(network: Network) -> tuple[str, ...]:
    """The names of the blocks that read earlier steps, in the order data flows."""
    return tuple(block.name for block in network.layers if block.cell.definition.delays)


def members_of(block: Block, state: State) -> tuple[str, ...]:
    """The variables of the state. Raises SessionError where there is none, or one is not read a step later."""
    delays = block.cell.definition.delays
    every = tuple(name for name in delays if name in block.path)
    if not every:
        raise SessionError(
            f"Regulariser: {block.title} reads nothing from earlier steps that a gradient comes to. "
            "Choose another layer."
        )
    if state == "output" and block.output not in every:
        raise SessionError(
            f"Regulariser: no later step reads {block.output} of {block.title}; its memory is {', '.join(every)}. "
            "Choose the whole state."
        )
    found = every if state == "all" else (block.output,)
    for name in found:
        if 1 not in delays[name]:
            raise SessionError(
                f"Regulariser: {block.title} reads {name} {delays[name][0]} steps later, but not one step later, so "
                f"there is no ∂{name}_t/∂{name}_t−1. Choose another layer or cell."
            )
    return found


def check_regulariser(network: Network, settings: Regulariser) -> None:
    """Raises SessionError where this regulariser cannot be had for a network."""
    if settings.weight:
        members_of(network.block(layer_of(network, settings)), settings.state)


def regularised_layer(network: Network, settings: Regulariser) -> str:
    """The block whose terms are walked; "" where there is no regulariser."""
    return layer_of(network, settings) if settings.weight else ""


def fitting_regulariser(network: Network, settings: Regulariser) -> Regulariser:
    """The regulariser for another network: of its last layer, or the whole state, where need be; or none."""
    wanted = (settings, replace(settings, block=""), replace(settings, block="", state="all"))
    return next((each for each in wanted if _fits(network, each)), replace(settings, weight=0.0, block=""))


def _fits(network: Network, settings: Regulariser) -> bool:
    try:
        check_regulariser(network, settings)
    except SessionError:
        return False
    return True
