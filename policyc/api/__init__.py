"""The front door for programs: `import policyc`, see docs/python.md.

Plain values, dicts and paths go in, small frozen results come out; what cannot be done is an exception with a message. The command
line stands on the same functions below (`workspace`, `simulate`), so both give one answer.
"""
