"""Who may do what, and who reaches whom, over all requests."""
