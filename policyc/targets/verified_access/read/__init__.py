"""Cedar text that people already have: what it may read, what is wrong with it, and what it answers."""
