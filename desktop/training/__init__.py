"""Training in the window: the work beside it, its curves, and what goes back into the walk."""
