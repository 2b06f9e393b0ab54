"""The style sheet, with ``@role@`` for colours and lengths in em; ``desktop.style.theme`` puts in values and pixels."""

from __future__ import annotations

SHEET = """
QWidget { color: @text@; }
QMainWindow, QMainWindow > QWidget#central { background: @background@; }
QMainWindow::separator { background: @line@; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: @accent@; }
QDialog, QMessageBox, QWizard { background: @panel@; }
* { dialogbuttonbox-buttons-have-icons: 0; }
QLabel { background: transparent; }
QLabel:disabled { color: @faint@; }
QLabel[role="secondary"] { color: @secondary@; }
QLabel[role="error"] { color: @warning@; }

QToolBar { background: @panel@; border: none; border-bottom: 1px solid @line@; padding: 0.4em 0.8em; spacing: 0.3em; }
QToolBar::separator { background: transparent; width: 1.1em; height: 1.1em; }
QStatusBar { background: @panel@; border-top: 1px solid @line@; color: @text@; padding: 0.35em 1.4em; }
QStatusBar::item { border: none; }

QDockWidget { background: @panel@; color: @secondary@; }
QDockWidget::title { background: @panel@; padding: 0.7em 1.2em 0.3em 1.2em; text-align: left; }
QDockWidget > QWidget { background: @panel@; }

QPushButton {
    background: @panel@; border: 1px solid @strong_line@; border-radius: 0.45em;
    padding: 0.3em 0.9em; min-height: 1.4em;
}
QPushButton:hover { border-color: @faint@; background: @background@; }
QPushButton:pressed { background: @pressed@; }
QPushButton:checked { background: @accent_tint@; border-color: @accent@; }
QPushButton:default { background: @accent@; border-color: @accent@; color: @on_accent@; }
QPushButton:focus { border: 2px solid @accent@; padding: 0.22em 0.82em; }
QPushButton:default:focus { border: 2px solid @text@; }
QPushButton:disabled { color: @faint@; border-color: @line@; background: transparent; }
QPushButton[flat="true"] { border: 1px solid transparent; background: transparent; color: @accent@; text-align: left; }
QPushButton[flat="true"]:hover { background: @accent_tint@; }
QPushButton[flat="true"]:focus { border: 2px solid @accent@; }

QToolButton { background: transparent; border: 2px solid transparent; border-radius: 0.5em; padding: 0.3em; }
QToolButton:hover { background: @background@; border-color: @line@; }
QToolButton:pressed { background: @pressed@; }
QToolButton:checked { background: @accent_tint@; color: @accent@; }
QToolButton:focus { border-color: @accent@; }
QToolButton:disabled { color: @faint@; }
QToolButton::menu-indicator { image: none; width: 0; }

QMenuBar { background: @panel@; }
QMenuBar::item { background: transparent; padding: 0.3em 0.7em; border-radius: 0.3em; }
QMenuBar::item:selected { background: @accent_tint@; }
QMenu { background: @panel@; border: 1px solid @strong_line@; padding: 0.35em 0; }
QMenu::item { padding: 0.35em 2.2em 0.35em 1.8em; }
QMenu::item:selected { background: @accent_tint@; color: @text@; }
QMenu::item:disabled { color: @faint@; }
QMenu::separator { height: 1px; background: @line@; margin: 0.35em 0; }
QMenu::icon { padding-left: 1.1em; }
QMenu::indicator { width: 0.9em; height: 0.9em; left: 0.5em; }
QToolTip { background: @panel@; color: @text@; border: 1px solid @strong_line@; padding: 0.3em 0.5em; }

QScrollArea, QAbstractScrollArea { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 0.75em; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 0.75em; margin: 0; }
QScrollBar::handle { background: @strong_line@; border-radius: 0.2em; margin: 0.18em; }
QScrollBar::handle:vertical { min-height: 2.2em; }
QScrollBar::handle:horizontal { min-width: 2.2em; }
QScrollBar::handle:hover { background: @faint@; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: @panel@; border: 1px solid @strong_line@; border-radius: 0.4em; padding: 0.28em 0.5em;
    selection-background-color: @accent@; selection-color: @on_accent@;
}
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: @faint@; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
    border: 2px solid @accent@; padding: 0.2em 0.42em;
}
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled,
QComboBox:disabled { color: @faint@; background: @background@; border-color: @line@; }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] { border: 2px solid @warning@; }
QComboBox QAbstractItemView { background: @panel@; border: 1px solid @strong_line@; outline: 0;
    selection-background-color: @accent_tint@; selection-color: @text@; }
QCheckBox, QRadioButton { background: transparent; spacing: 0.5em;
    border: 2px solid transparent; border-radius: 0.4em; padding: 0.1em 0.4em 0.1em 0.25em; }
QCheckBox:focus, QRadioButton:focus { border-color: @accent@; }
QCheckBox:disabled, QRadioButton:disabled { color: @faint@; }
QCheckBox::indicator, QRadioButton::indicator { width: 1.1em; height: 1.1em; border: 1px solid @faint@;
    background: @panel@; }
QCheckBox::indicator { border-radius: 0.25em; }
QRadioButton::indicator { border-radius: 0.58em; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: @accent@; }
QCheckBox::indicator:checked { background: @accent@; border-color: @accent@; image: url(@marks@/check-@theme@.svg); }
QRadioButton::indicator:checked { width: 0.6em; height: 0.6em; border: 0.34em solid @accent@; background: @on_accent@; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: @line@; background: @background@; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {
    subcontrol-origin: border; width: 1.5em; border: none; background: transparent; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; margin-top: 0.15em; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 0.15em; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(@marks@/up-@theme@.svg); width: 0.7em; height: 0.7em; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(@marks@/down-@theme@.svg); width: 0.7em; height: 0.7em; }
QSpinBox, QDoubleSpinBox { padding-right: 1.6em; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0 0.4em; background: transparent; }
QComboBox { padding-right: 1.8em; combobox-popup: 0; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 1.8em; border: none; }
QComboBox::down-arrow { image: url(@marks@/down-@theme@.svg); width: 0.8em; height: 0.8em; }
QGroupBox { border: none; border-top: 1px solid @line@; margin-top: 1.6em; padding-top: 0.6em; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: @secondary@; font-weight: 600; }

QTabWidget::pane { border: none; border-top: 1px solid @line@; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: @secondary@; padding: 0.45em 0.9em; border: none;
    border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: @text@; }
QTabBar::tab:selected { color: @text@; border-bottom-color: @accent@; }
QTabBar::tab:focus { color: @accent@; }
QTabBar::scroller { width: 1.7em; }
QTabBar QToolButton { background: @panel@; border: none; border-radius: 0; padding: 0; }

QListView, QTreeView, QTableView { background: transparent; border: none; outline: 0;
    alternate-background-color: @background@; gridline-color: @line@;
    selection-background-color: @accent_tint@; selection-color: @text@; }
QListView::item, QTreeView::item { padding: 0.3em 0.4em; min-height: 1.3em; border-radius: 0.3em; }
QListView::item:hover, QTreeView::item:hover { background: @background@; }
QListView::item:selected, QTreeView::item:selected { background: @accent_tint@; color: @text@; }
QListView:focus, QTreeView:focus, QTableView:focus { border: 2px solid @accent@; }
QHeaderView::section { background: @panel@; color: @secondary@; border: none; border-bottom: 1px solid @line@;
    padding: 0.3em 0.5em; }

QSlider:horizontal { min-height: 1.6em; }
QSlider::groove:horizontal { background: @strong_line@; height: 3px; border-radius: 1px; }
QSlider::sub-page:horizontal { background: @accent@; height: 3px; border-radius: 1px; }
QSlider::handle:horizontal { background: @accent@; width: 0.9em; height: 0.9em; margin: -0.4em 0;
    border-radius: 0.4em; }
QSlider::handle:horizontal:focus { border: 2px solid @text@; }
QProgressBar { background: @line@; border: none; border-radius: 3px; height: 6px; max-height: 6px;
    color: transparent; }
QProgressBar::chunk { background: @accent@; border-radius: 3px; }
QSplitter::handle { background: @line@; }
"""
