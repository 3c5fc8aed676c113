"""What the exit status of `policyc` means. The table in docs/cli.md says the same."""

CLEAN = 0
FINDINGS = 1
WRONG_USE = 2
INTERNAL = 3
NOTHING = 4
#: `simulate` only
DENY = 10
UNDECIDED = 11
#: a reader that went away (128 + SIGPIPE), as shells count it; Ctrl-C is 130 (128 + SIGINT), see `policyc.__main__`
PIPE_CLOSED = 141
