"""Charts with named axes in the look of the window, for the laboratory and for training."""
