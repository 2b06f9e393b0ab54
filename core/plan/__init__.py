"""The compiled plan of a cell's time step."""

from core.plan.kernel import Kernel, Plan

__all__ = ["Kernel", "Plan"]
