"""The panels at the left: model, data, bookmarks and breakpoints."""
