"""What the exit status of `policyc` means. The table in docs/cli.md says the same."""

CLEAN = 0
FINDINGS = 1
WRONG_USE = 2
INTERNAL = 3
NOTHING = 4
#: `simulate`; `UNDECIDED` also where a comparison is not settled, or a part of what was to be read is not readable
DENY = 10
UNDECIDED = 11
#: Ctrl-C (128 + SIGINT), as shells count it; see `policyc.__main__` too
INTERRUPTED = 130
#: a reader that went away (128 + SIGPIPE)
PIPE_CLOSED = 141
