"""Unknown words with what is near to each; a click takes the near one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QWidget

from core.tokens import shown
from desktop.dialogs.frame import label_for
from desktop.style.theme import scaled, ui_font


class NearWords(QWidget):
    """One row a word: caat → cat, cats."""

    chosen = Signal(object)  # (word, better)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(round(scaled(10)))
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def show_words(self, words: tuple[tuple[str, tuple[str, ...]], ...]) -> None:
        """Show those words for which there is something near."""
        words = tuple(pair for pair in words if pair[1])
        self.setVisible(bool(words))
        if words == self._words:
            return
        self._words = words
        while self._grid.count():
            part = self._grid.takeAt(0).widget()
            part.hide()
            part.deleteLater()
        for row, (word, near) in enumerate(words):
            self._grid.addWidget(label_for(self.tr("{word}: did you mean").format(word=shown(word[:30]))), row, 0)
            self._grid.addWidget(self._buttons(word, near), row, 1)

    def _buttons(self, word: str, near: tuple[str, ...]) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(round(scaled(4)))
        for better in near:
            button = QPushButton(better.replace("&", "&&"))
            button.setAccessibleName(self.tr("Replace {word} by {better}").format(word=word, better=better))
            button.setToolTip(button.accessibleName())
            button.setAutoDefault(False)
            button.setFont(ui_font(12))
            button.setStyleSheet("QPushButton { padding: 0.05em 0.5em; min-height: 1.2em; }")
            button.clicked.connect(lambda _checked=False, better=better: self.chosen.emit((word, better)))
            line.addWidget(button)
        line.addStretch(1)
        return holder
