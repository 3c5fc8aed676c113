"""What is compared, proven or asked about: the documents of one side, and the ways of requests through them."""
