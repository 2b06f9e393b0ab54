"""The main window: its bars, docks and commands."""
