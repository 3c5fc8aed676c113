"""Two sides compared: what of all requests changes."""
