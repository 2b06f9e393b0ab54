"""The gallery of scenarios: cards in the middle of the window, each with a picture drawn from its scenario."""
