"""Many gradients walked back together through a run: one backward pass, whatever their number."""
