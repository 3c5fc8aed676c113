"""VPC Lattice access logs of services. Source: access log reference, section 1."""

from __future__ import annotations

from policyc.record import record
from policyc.replay.recorded import NOBODY, Data, ReadLine, Recorded, utc
from policyc.targets.base import NoRequest
from policyc.targets.lattice.access_log import is_record, read_record

#: a field that logs of resource configurations have, which no auth policy guards
_OF_RESOURCES = "resourceConfigurationArn"


@record
class Lattice:
    name: str = "vpc-lattice"
    title: str = "VPC Lattice access log"
    fields: None = None

    def recognizes(self, data: Data) -> bool:
        return is_record(data) or _OF_RESOURCES in data

    def read(self, data: Data) -> Recorded:
        if not is_record(data):
            raise NoRequest("it is of a resource configuration, which has no auth policy")
        item = read_record(data)
        return Recorded(
            self.name,
            item.who or NOBODY,
            item.can,
            item.service,
            item.path,
            item.network,
            item.keys,
            item.verdict,
            item.id,
            utc(item.time),
            item.refuser,
        )

    def lines(self, first: str) -> ReadLine | None:
        return None
