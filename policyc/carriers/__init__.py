"""Files that hold policies inside something else: templates, plans, manifests. One module a format."""
