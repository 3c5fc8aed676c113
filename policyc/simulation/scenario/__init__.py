"""Scenario files: tables of requests with expectations, and how much of the policies they reach."""
