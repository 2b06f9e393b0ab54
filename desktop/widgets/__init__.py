"""Small widgets painted by hand.

Each takes a theme (or its colour maps) and changes it with ``set_theme`` (``set_maps``); call that again when the
application's font has changed, too.
"""
