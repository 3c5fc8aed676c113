"""`policyc aws`: each of its commands, and what several of them need."""
