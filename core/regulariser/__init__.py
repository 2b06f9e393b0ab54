"""The information-flow regulariser: its terms, its three gradients, its settings."""
