"""All keys on one sheet, made from the table of commands."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFontMetrics
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

from desktop.dialogs.ask import close_icon_column
from desktop.style.theme import Theme, bold_font, scaled
from desktop.widgets.heading import SectionHeading
from desktop.window.actions import keys_by_menu


def show_keys(parent: QWidget, theme: Theme) -> QDialog:
    """Open the sheet; it stays open beside the work."""
    sheet = QDialog(parent)
    sheet.setObjectName("keys_sheet")
    sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    sheet.setWindowTitle(tr("Keys"))
    body = QWidget()
    roomy = parent.screen().availableSize().width() >= scaled(1320)
    _fill(QGridLayout(body), theme, 3 if roomy else 2)
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
    margins, bar = column.contentsMargins(), scroll.verticalScrollBar().sizeHint().width()
    wanted = body.sizeHint() + QSize(margins.left() + margins.right() + bar, margins.top() + margins.bottom() + 4)
    wanted += QSize(0, column.spacing() + buttons.sizeHint().height())
    sheet.resize(wanted.boundedTo(parent.screen().availableSize()))
    sheet.show()
    return sheet


def _fill(grid: QGridLayout, theme: Theme, count: int) -> None:
    """Columns of groups, each with keys at the left and words at the right."""
    side = round(scaled(16))
    grid.setContentsMargins(side, side, side, side)
    grid.setHorizontalSpacing(side * 2)
    groups = {**keys_by_menu(), tr("With the mouse"): mouse_rows()}
    shares = _shared_out({title: len(rows) + 2 for title, rows in groups.items()}, count)
    for number, titles in enumerate(shares):
        column = QVBoxLayout()
        column.setSpacing(round(scaled(6)))
        grid.addLayout(column, 0, number)
        grid.setColumnStretch(number, 1)
        metrics = QFontMetrics(bold_font())
        wide = max(metrics.horizontalAdvance(keys) for title in titles for keys, _ in groups[title])
        for title in titles:
            column.addWidget(SectionHeading(theme, title))
            column.addWidget(_table(groups[title], theme, wide + side))
            column.addSpacing(round(scaled(8)))
        column.addStretch(1)


def _shared_out(heights: dict[str, int], count: int) -> list[list[str]]:
    """The groups in columns of about the same height, the highest first."""
    columns: list[list[str]] = [[] for _ in range(count)]
    for title in sorted(heights, key=lambda title: -heights[title]):
        min(columns, key=lambda column: sum(heights[each] for each in column)).append(title)
    order = list(heights)
    return sorted((sorted(column, key=order.index) for column in columns), key=lambda column: order.index(column[0]))


def _table(rows: list[tuple[str, str]], theme: Theme, keys_px: int) -> QLabel:
    """Keys in a column that all groups above one another share."""
    lines = "".join(
        f"<tr><td width='{keys_px}' style='white-space: nowrap'><b>{escape(keys)}</b></td>"
        f"<td style='white-space: nowrap; color: {theme.secondary.name()}'>{escape(words)}</td></tr>"
        for keys, words in rows
    )
    label = QLabel(f"<table cellspacing='0' cellpadding='2'>{lines}</table>")
    label.setTextFormat(Qt.TextFormat.RichText)
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
    close_icon_column(box)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def tr(text: str) -> str:
    """The text in the person's language."""
    return QCoreApplication.translate("KeysSheet", text)
