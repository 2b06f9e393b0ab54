"""How everything looks: colours, lengths, fonts, icons, numbers and formulas."""
