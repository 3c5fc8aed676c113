"""What can be proven of conditions without a request: never, always, implied. Shared by the lint and by the check of Cedar text."""
