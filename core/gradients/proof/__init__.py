"""Any gradient proven by measuring it: central differences, and complex steps below their resolution."""
