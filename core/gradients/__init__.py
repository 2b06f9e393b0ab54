"""What is learned from gradients, and how they are proven."""
