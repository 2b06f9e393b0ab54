"""Walks drawn without a window."""
