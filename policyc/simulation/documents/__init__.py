"""Requests against raw JSON documents, without any `.policy` file: who asks, what is attached to what, and the whole way."""
