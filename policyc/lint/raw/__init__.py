"""Findings about IAM-shaped JSON documents that nobody compiled: what is certain to be a mistake, at its line and column."""
