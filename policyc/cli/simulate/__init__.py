"""`policyc simulate`: one request, asked of whatever is named."""
