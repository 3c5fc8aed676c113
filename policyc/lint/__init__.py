"""Lint: findings about programs that compile, for what will fail or let the wrong caller in."""
