"""PyTorch checkpoints and state dicts, without PyTorch and without running anything."""
