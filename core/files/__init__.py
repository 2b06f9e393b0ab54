"""Files that Gatewalk reads and writes."""
