"""A short formula in a line: typeset once it is ready, in plain signs until then."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from desktop.style.theme import Theme, scaled, ui_font
from desktop.style.typesetting import Typesetter, plain_text

TEXT_PX = 14.0


class FormulaLabel(QLabel):
    """Shows LaTeX; screen readers get the plain signs."""

    def __init__(self, theme: Theme, typesetter: Typesetter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._typesetter, self._latex = theme, typesetter, ""
        typesetter.ready.connect(self._refresh)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self._theme = theme
        self._show()

    def show_formula(self, latex: str) -> None:
        """Show this; nothing for an empty text."""
        self._latex = latex
        self.setAccessibleName(plain_text(latex))
        self._show()

    def _refresh(self, latex: object) -> None:
        if latex == self._latex:
            self._show()

    def _show(self) -> None:
        if not self._latex:
            self.clear()
            return
        picture = self._typesetter.picture(self._latex, self._theme.text, scaled(TEXT_PX), self.devicePixelRatioF())
        if picture is None:
            self.setFont(ui_font(TEXT_PX))
            self.setText(plain_text(self._latex))
        else:
            self.setPixmap(picture)
