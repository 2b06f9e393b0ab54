"""Breakpoints in words, and which of them an event belongs to."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from core.breakpoints import AtTime, Breakpoint, DeadUnit, Explodes, GradientNorm, NonFinite, Saturated, Vanishes


def breakpoint_words(point: Breakpoint) -> str:
    """A breakpoint as the list names it: "‖∂L/∂h‖ < 0.001"."""
    match point:
        case AtTime():
            return f"t = {point.t + 1}"
        case Saturated():
            return tr("{name} saturated > {threshold:g}").format(name=short_path(point.path), threshold=point.threshold)
        case GradientNorm():
            sign = ">" if point.above else "<"
            return f"‖∂L/∂{short_path(point.path)}‖ {sign} {point.threshold:g}"
        case Vanishes():
            words = tr("‖∂L/∂{name}‖ vanishes < {ratio:g} of its start")
            return words.format(name=short_path(point.path), ratio=point.ratio)
        case Explodes():
            words = tr("‖∂L/∂{name}‖ explodes > {ratio:g} × its start")
            return words.format(name=short_path(point.path), ratio=point.ratio)
        case DeadUnit():
            return tr("{name} has a dead unit").format(name=short_path(point.path))
        case NonFinite():
            return tr("not finite")


def breakpoint_tip(point: Breakpoint) -> str:
    """The same as a whole sentence."""
    match point:
        case AtTime():
            return tr("Stops whenever time step {t} is complete.").format(t=point.t + 1)
        case Saturated():
            words = tr("Stops where a unit of {path} is above {high:g} or below {low:g}.")
            return words.format(path=point.path, high=point.threshold, low=1 - point.threshold)
        case GradientNorm():
            words = tr("Stops where the gradient of {path} rises above {threshold:g}.")
            if not point.above:
                words = tr("Stops where the gradient of {path} falls below {threshold:g}.")
            return words.format(path=point.path, threshold=point.threshold)
        case Vanishes():
            words = tr("Stops where the gradient of {path} falls below {ratio:g} of what it was where it began.")
            return words.format(path=point.path, ratio=point.ratio)
        case Explodes():
            words = tr("Stops where the gradient of {path} rises above {ratio:g} times what it was where it began.")
            return words.format(path=point.path, ratio=point.ratio)
        case DeadUnit():
            words = tr("Stops at the end of the forward pass if a unit of {path} let no gradient through at any step.")
            return words.format(path=point.path)
        case NonFinite():
            return tr("Stops at the first value or gradient that is infinite or not a number.")


def stopped_by(point: Breakpoint, event: str) -> bool:
    """Whether a breakpoint is the one that an event's text tells of."""
    if not event:
        return False
    if isinstance(point, NonFinite):
        return "is not finite at" in event
    return event == str(point) or event.startswith(f"{point}:")


def short_path(path: str) -> str:
    """A path without the block where there is only one layer to think of."""
    block, _, name = path.partition("/")
    return name if block in ("l0", "head") else path


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("Breakpoints", text)
