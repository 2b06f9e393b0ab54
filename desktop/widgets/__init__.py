"""Small widgets painted by hand; each takes a theme and changes it with ``set_theme``."""
