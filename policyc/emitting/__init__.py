"""From built documents to the files that deploy them: templates, modules, manifests, charts. One module a format, one line in `registry.py`."""
