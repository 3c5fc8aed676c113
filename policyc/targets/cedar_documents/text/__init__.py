"""Cedar text that somebody wrote: what a reader sees in it that is wrong or doubtful, by the kinds of what stands below `context`."""
