"""The kinds of documents by the names that the command line takes."""

#: the names of `policyc.targets.iam_documents.kinds.KINDS`, which need not be loaded to read a command line, Cloud WAN and Cedar
KIND_NAMES = (
    "identity",
    "boundary",
    "session",
    "trust",
    "scp",
    "rcp",
    "auth-policy",
    "object-lambda",
    "access-point",
    "bucket",
    "function",
    "key",
    "endpoint",
    "resource",
    "core-network",
    "cedar",
)
