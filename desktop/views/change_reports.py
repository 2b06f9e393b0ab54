"""What the phases behind the backward pass did to the gradient as a whole, in a few rows each."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.frame import ClipReport, FlowFrame, Frame, Phase, Truncation
from desktop.style.numbers_text import number_text, percent_text
from desktop.style.theme import Theme, scaled
from desktop.views.number_rows import NumberRows


class ChangeReports(QWidget):
    """The regulariser, the clipping, and what truncated BPTT left out; each only where there is one."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.flow = NumberRows(theme, ("omega", "gradient", "left", "norm", "direction"))
        self.clip = NumberRows(theme, ("rule", "norm", "factor", "direction", "cut"))
        self.truncation = NumberRows(theme, ("window", "norms", "difference", "cosine"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for part in self.parts:
            self._column.addWidget(part)

    @property
    def parts(self) -> tuple[NumberRows, ...]:
        """All of them, from the top."""
        return self.flow, self.clip, self.truncation

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._column.setSpacing(round(scaled(12)))
        for part in self.parts:
            part.set_theme(theme)

    def show_frame(self, frame: Frame) -> None:
        """Show the reports of a frame."""
        flow = frame.flow if frame.position.phase is Phase.REGULARISER else None  # later there is no room for all
        found = (self._of_flow(flow), self._of_clip(frame.clip), self._of_truncation(frame.truncation))
        for part, rows in zip(self.parts, found, strict=True):
            part.setVisible(bool(rows))
            for name, (label, number) in rows.items():
                part.show_row(name, label, number, quiet=self.tr("comes with the last term"))
        self.setVisible(any(found))

    def _of_flow(self, flow: FlowFrame | None) -> dict[str, tuple[str, str]]:
        if flow is None:
            return {}
        left = [
            text.format(count=int(where.sum()), state=flow.state)
            for where, text in (
                (flow.is_zero, self.tr("{count}, ∂L/∂{state} is zero")),
                (flow.is_cut, self.tr("{count}, truncated")),
            )
            if where.any()
        ]
        norm = "" if flow.norm_after is None else f"{number_text(flow.norm_before)} → {number_text(flow.norm_after)}"
        total = self.tr("{total} so far") if flow.norm_after is None else "{total}"
        weight = self.tr("weight {weight}").format(weight=number_text(flow.weight))
        return {
            "omega": (self.tr("regulariser Ω"), f"{total.format(total=number_text(flow.total))} · {weight}"),
            "gradient": (self.tr("gradient of Ω"), self.tr(flow.gradient)),
            "left": (self.tr("steps left out"), "; ".join(left) or self.tr("none")),
            "norm": (self.tr("norm with Ω"), norm),
            "direction": (self.tr("direction"), "" if flow.cosine is None else self._direction(flow.cosine)),
        }

    def _of_clip(self, clip: ClipReport | None) -> dict[str, tuple[str, str]]:
        if clip is None:
            return {}
        return {
            "rule": (self.tr("clipping"), clip.rule),
            "norm": (self.tr("norm"), f"{number_text(clip.norm_before)} → {number_text(clip.norm_after)}"),
            "factor": (self.tr("shortened"), _factor(clip) or self.tr("no")),
            "direction": (self.tr("direction"), self._direction(clip.cosine)),
            "cut": (self.tr("entries cut"), self.tr("{cut} of {all}").format(cut=clip.entries_cut, all=clip.entries)),
        }

    def _direction(self, cosine: float) -> str:
        """The change of direction: the cosine, and the angle, which tells more where it is small."""
        if math.isnan(cosine):
            return self.tr("none")
        if cosine > 1 - 1e-12:
            return self.tr("kept")
        angle = number_text(math.degrees(math.acos(max(-1.0, min(1.0, cosine)))), 2)
        return self.tr("cosine {cosine}, {angle}°").format(cosine=number_text(cosine), angle=angle)

    def _of_truncation(self, found: Truncation | None) -> dict[str, tuple[str, str]]:
        """The gradient of truncated BPTT beside the full one."""
        if found is None:
            return {}
        norms = self.tr("{cut} (full: {full})").format(cut=number_text(found.norm), full=number_text(found.full_norm))
        reach = self.tr("gradients reach {window} steps").format(window=found.window)
        return {
            "window": (self.tr("truncated BPTT"), reach),
            "norms": (self.tr("norm"), norms),
            "difference": (self.tr("missing"), percent_text(found.difference)),
            "cosine": (self.tr("cosine to full"), number_text(found.cosine)),
        }


def _factor(clip: ClipReport) -> str:
    """How much shorter the gradient became."""
    if not clip.norm_before > clip.norm_after > 0 or not math.isfinite(clip.norm_before):
        return ""
    return f"× {number_text(clip.norm_after / clip.norm_before, 3)}"
