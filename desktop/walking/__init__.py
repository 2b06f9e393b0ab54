"""Between the person and the walk: edits, playing, far steps, proofs, frames on time."""
