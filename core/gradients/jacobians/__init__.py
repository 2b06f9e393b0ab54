"""How a state hangs on the one before: Jacobians, their products over spans, and what follows from them."""
