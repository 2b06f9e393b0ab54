"""Opening, saving and exporting, and what is kept for a crash."""
