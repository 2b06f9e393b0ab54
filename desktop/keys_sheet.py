"""All keys on one sheet, made from the table of commands."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QMessageBox,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop.actions import keys_by_menu
from desktop.theme import Theme, scaled
from desktop.widgets.heading import SectionHeading


def show_keys(parent: QWidget, theme: Theme) -> QDialog:
    """Open the sheet; it stays open beside the work."""
    sheet = QDialog(parent)
    sheet.setObjectName("keys_sheet")
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    sheet.setWindowTitle(tr("Keys"))
    body = QWidget()
    _fill(QGridLayout(body), theme)
    scroll = QScrollArea(sheet)
    scroll.setWidgetResizable(True)
    scroll.setWidget(body)
    body.setAutoFillBackground(False)
    scroll.viewport().setAutoFillBackground(False)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, sheet)
    buttons.rejected.connect(sheet.reject)
    column = QVBoxLayout(sheet)
    column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
    column.addWidget(scroll, 1)
    column.addWidget(buttons)
    room = parent.screen().availableSize()
    sheet.resize(min(round(scaled(860)), room.width()), min(round(scaled(640)), room.height()))
    sheet.show()
    return sheet


def _fill(grid: QGridLayout, theme: Theme) -> None:
    """Two columns of groups, each with keys at the left and words at the right."""
    side = round(scaled(16))
    grid.setContentsMargins(side, side, side, side)
    grid.setHorizontalSpacing(side * 2)
    grid.setVerticalSpacing(side)
    columns: list[tuple[int, QVBoxLayout]] = []
    for number in range(2):
        column = QVBoxLayout()
        column.setSpacing(round(scaled(6)))
        grid.addLayout(column, 0, number)
        grid.setColumnStretch(number, 1)
        columns.append((0, column))
    groups = {**keys_by_menu(), tr("With the mouse"): mouse_rows()}
    for title, rows in groups.items():
        place = min(range(2), key=lambda number: columns[number][0])
        height, column = columns[place]
        column.addWidget(SectionHeading(theme, title))
        column.addWidget(_table(rows, theme))
        column.addSpacing(round(scaled(8)))
        columns[place] = (height + len(rows) + 2, column)
    for _, column in columns:
        column.addStretch(1)


def _table(rows: list[tuple[str, str]], theme: Theme) -> QLabel:
    lines = "".join(
        f"<tr><td style='padding-right: 14px; white-space: nowrap'><b>{escape(keys)}</b></td>"
        f"<td style='color: {theme.secondary.name()}'>{escape(words)}</td></tr>"
        for keys, words in rows
    )
    label = QLabel(f"<table cellspacing='0' cellpadding='2'>{lines}</table>")
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setWordWrap(True)
    return label


def mouse_rows() -> list[tuple[str, str]]:
    """What the mouse does in the drawing."""
    return [
        (tr("wheel"), tr("Zoom at the pointer; with Shift, move through time")),
        (tr("drag"), tr("Move the drawing; along the step numbers, walk")),
        (tr("click"), tr("Select a variable; Esc follows the walk again")),
        (tr("double-click"), tr("Jump to a step; on a word, a target or a bar, edit it")),
        (tr("Ctrl+double-click"), tr("Overwrite a value")),
    ]


def show_about(parent: QWidget) -> None:
    """What this program is."""
    text = tr(
        "<b>Gatewalk</b> walks recurrent networks forward and backward through time, one equation at a time. "
        "Every number on screen is computed, and every gradient can be proved on the spot."
    )
    box = QMessageBox(QMessageBox.Icon.NoIcon, tr("About Gatewalk"), text, QMessageBox.StandardButton.Close, parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("KeysSheet", text)
