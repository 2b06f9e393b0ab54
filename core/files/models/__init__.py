"""Models that other programs wrote: opened, compared under the file's own names, and saved back."""

from core.files.models.layout import Layout, Piece
from core.files.models.opening import SUFFIXES, open_model
from core.files.models.records import Answers, FileTensor, OpenedModel, Question

__all__ = ["SUFFIXES", "Answers", "FileTensor", "Layout", "OpenedModel", "Piece", "Question", "open_model"]
