"""Pictures of what reports tell in words: an answer gate by gate, a table of answers, a comparison."""
