"""Whole iterations at once, for training: equal to what is walked to 1e-12 of its scale, and several times faster."""

from core.bulk.bulk import Bulk
from core.bulk.whole import WholeRun

__all__ = ["Bulk", "WholeRun"]
