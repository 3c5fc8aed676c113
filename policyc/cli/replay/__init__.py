"""`policyc replay`: its options, and what they come to."""
