"""From documents of the services to policies of the language."""
