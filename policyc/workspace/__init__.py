"""A project on disk: its configuration, its files, its documents and its tests, for the command line and for programs alike."""
