"""`prove` and `test` blocks of the language: what is claimed, and whether it holds for all requests."""
