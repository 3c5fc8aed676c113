"""Every kind of log that is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.replay.kinds.cloudtrail import CloudTrail
from policyc.replay.kinds.flow_logs import FlowLogs
from policyc.replay.kinds.lattice import Lattice
from policyc.replay.kinds.s3_access import S3Access
from policyc.replay.kinds.verified_access import VerifiedAccess
from policyc.replay.recorded import Data, Kind

KINDS: Final[Sequence[Kind]] = (Lattice(), VerifiedAccess(), CloudTrail(), S3Access(), FlowLogs())
#: one of these stands, in some letter case, in every line that names the fields of such a log, and in its lines of text, but for those that hold a bracket
MARKS: Final = (
    *("serviceArn", "resourceConfigurationArn", "class_uid", "eventName", "digestS3Object", "bucket_name"),
    *("addr", "TransitGateway", "eni-"),
)


def kind_of(data: Data) -> Kind | None:
    """The kind of a record by its fields; None for one of no kind."""
    return next((kind for kind in KINDS if kind.recognizes(data)), None)
