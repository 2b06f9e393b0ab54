"""The model: what it is made of, how it learns, and its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from core.learning.step import LearningSettings
from core.network import Network
from desktop.dialogs.regulariser_fields import layer_choices
from desktop.style.theme import Theme, bold_font
from desktop.views.side.file_section import FileSection
from desktop.views.side.learning import LearningRows
from desktop.views.side.parameter_list import ParameterList
from desktop.views.side.parts import Facts, ShortButton, WrapLabel, column_of, fit_column, least_width
from desktop.views.side.records import ModelSummary
from desktop.widgets.breakable import short_name
from desktop.widgets.heading import SectionHeading

if TYPE_CHECKING:
    from core.branch import Setup


class ModelPanel(QWidget):
    """Shows a ``ModelSummary`` and ``LearningSettings``."""

    change_requested = Signal(object)  # None: another model is wanted
    learning_changed = Signal(object)  # LearningSettings
    edit_requested = Signal(object)  # ("parameter", path, None)
    answers_requested = Signal(object)  # None: what the model's file does not say is to be answered otherwise

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("model_panel")
        self.setAccessibleName(self.tr("Model"))
        self._make_parts(theme)
        self._column = column_of(self)
        for part in (self._title, self._source, self._facts):
            self._column.addWidget(part)
        self._column.addWidget(self.change, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self.file)
        for part in (self._learning_heading, self.learning, self._parameter_heading, self.parameters):
            self._column.addWidget(part)
        self._column.addStretch(1)
        self.file.answers_requested.connect(self.answers_requested)
        self.change.clicked.connect(lambda _checked=False: self.change_requested.emit(None))
        self.learning.learning_changed.connect(self.learning_changed)
        self.parameters.edit_requested.connect(lambda path: self.edit_requested.emit(("parameter", path, None)))
        self.set_theme(theme)
        self.show_model(None)

    def _make_parts(self, theme: Theme) -> None:
        self._title = WrapLabel()
        self._source = WrapLabel(role="secondary", size=11)
        self._facts = Facts(self.tr("The model in numbers"))
        self.change = ShortButton(self.tr("Change model…"), self.tr("Another cell, other sizes, or your own equations"))
        self.file = FileSection(theme)
        self._learning_heading = SectionHeading(theme, self.tr("Learning"))
        self.learning = LearningRows(theme)
        self._parameter_heading = SectionHeading(theme, self.tr("Parameters"))
        self.parameters = ParameterList(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in these colours, as large as the font is now."""
        self.setMinimumWidth(least_width())
        fit_column(self._column)
        parts = (self._source, self._facts, self.learning, self._learning_heading, self._parameter_heading)
        for part in (*parts, self.change, self.file, self.parameters):
            part.set_theme(theme)
        self._title.setFont(bold_font(13))

    def show_model(self, summary: ModelSummary | None) -> None:
        """Show a model; None where there is none."""
        parts: tuple[QWidget, ...] = (self._facts, self._learning_heading, self.learning, self._parameter_heading)
        for part in (*parts, self.parameters):
            part.setVisible(summary is not None)
        self.file.show_file(summary.file if summary is not None else None)
        if summary is None:
            self._title.setText(self.tr("No model yet"))
            self._source.setText(self.tr("Choose a cell, or write the equations of your own."))
            return
        self._title.setText(" → ".join(summary.cells))
        sources = " · ".join(dict.fromkeys(source for source in summary.sources if source))
        self._source.setText(self._subtitle(summary))
        self._title.setToolTip(sources)
        self._facts.show_rows(
            (*self._rows(summary), *(((self.tr("source"), _first_part(sources)),) if sources else ()))
        )
        self._facts.setToolTip(sources)
        self.parameters.show_rows(summary.parameters)

    def show_learning(self, settings: LearningSettings, network: Network | None = None) -> None:
        """Show how it learns, and which layers can be regularised; emits nothing."""
        self.learning.show_learning(settings, () if network is None else layer_choices(network))

    def open_learning(self, setup: Setup) -> None:
        """Open all settings of learning; a panel that is closed has not been told of them."""
        self.show_learning(setup.learning, setup.network)
        self.learning.open_dialog()

    def _subtitle(self, summary: ModelSummary) -> str:
        """Its size and whether it has learned, as "12 units · trained"."""
        trained = {True: self.tr("trained"), False: self.tr("not trained")}
        units = self.tr("{count} units").format(count=" → ".join(map(str, summary.units)))
        units = self.tr("1 unit") if tuple(summary.units) == (1,) else units
        return " · ".join(part for part in (units, trained.get(summary.trained)) if part)

    def _rows(self, summary: ModelSummary) -> tuple[tuple[str, str], ...]:
        losses = {"squared": self.tr("½ squared error"), "cross-entropy": self.tr("cross-entropy")}
        rows = (
            (self.tr("for"), short_name(summary.name)),
            (self.tr("inputs"), f"{summary.inputs:,}"),
            (self.tr("outputs"), f"{summary.outputs:,}, {summary.readout.lower()}"),
            (self.tr("loss"), losses.get(summary.loss, summary.loss) or self.tr("none")),
            (self.tr("weights"), f"{summary.count:,}"),
        )
        return tuple(row for row in rows if row[1])


def _first_part(sources: str, most: int = 60) -> str:
    """The first of the sources; the tool tip has them all."""
    first = sources.split(";")[0].strip()
    if len(first) > most:
        first = first[:most].rsplit(" ", 1)[0]
    return first if first == sources else f"{first} …"
