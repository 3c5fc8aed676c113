"""The outcome of a replay, for people and for programs; a form is one file here."""
