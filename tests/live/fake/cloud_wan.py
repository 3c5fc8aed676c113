"""The control plane of Cloud WAN: versions with aliases and change set states, which advance by one with every look at them; stale versions are
refused with a conflict, broken documents when they are put, others at generation.

States: PENDING_GENERATION -> READY_TO_EXECUTE or FAILED_GENERATION; READY_TO_EXECUTE -> EXECUTING -> EXECUTION_SUCCEEDED, and other ready
versions become OUT_OF_DATE (https://docs.aws.amazon.com/networkmanager/latest/APIReference/API_CoreNetworkPolicy.html).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.live.fake.core import ACCOUNT, Refused, page


@dataclass
class Version:
    id: int
    text: str
    state: str = "PENDING_GENERATION"
    wait: int = 1
    failed_edges: tuple[str, ...] = ()


@dataclass
class Network:
    id: str
    versions: list[Version] = field(default_factory=list)
    live: int = 0
    state: str = "AVAILABLE"
    attachments: list[dict[str, Any]] = field(default_factory=list)
    labels: list[dict[str, Any]] = field(default_factory=list)
    lists: list[dict[str, Any]] = field(default_factory=list)
    routes: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    #: (segment or function group, edge) -> the routes of its table
    tables: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)

    def version(self, number: int) -> Version:
        for one in self.versions:
            if one.id == number:
                return one
        raise Refused(
            "ResourceNotFoundException", 404, ResourceId=str(number), ResourceType="core-network-policy", Message="none"
        )


@dataclass
class CloudWan:
    networks: dict[str, Network] = field(default_factory=dict)
    #: the next version that is put fails to generate; the next one that is executed fails at these edges
    fail_generation: bool = False
    fail_edges: tuple[str, ...] = ()
    wait: int = 1
    size: int = 500

    def add_network(self, id: str, text: str, name: str = "") -> Network:
        one = self.networks[id] = Network(id, [Version(1, text, "EXECUTION_SUCCEEDED")], 1)
        one.tags = [{"Key": "Name", "Value": name}] if name else []
        return one

    def live(self, id: str) -> Any:
        network = self._network(id)
        return json.loads(network.version(network.live).text)

    # --- the API
    def list_core_networks(self, NextToken: str | None = None) -> dict[str, Any]:
        items = [
            {"CoreNetworkId": id, "OwnerAccountId": ACCOUNT, "State": item.state} for id, item in self.networks.items()
        ]
        return page(items, "CoreNetworks", NextToken, self.size)

    def get_core_network(self, CoreNetworkId: str) -> dict[str, Any]:
        network = self._network(CoreNetworkId)
        document = self.live(CoreNetworkId)
        edges = [item["location"] for item in document["core-network-configuration"]["edge-locations"]]
        segments = [
            {"Name": item["name"], "EdgeLocations": item.get("edge-locations", edges)} for item in document["segments"]
        ]
        return {
            "CoreNetwork": {
                "CoreNetworkId": CoreNetworkId, "GlobalNetworkId": "global-network-0123456789abcdef0", "State": network.state,
                "CoreNetworkArn": f"arn:aws:networkmanager::{ACCOUNT}:core-network/{CoreNetworkId}", "Segments": segments, "Tags": network.tags,
                "Edges": [{"EdgeLocation": edge, "Asn": 64512 + at} for at, edge in enumerate(edges)],
            }
        }  # fmt: skip

    def get_core_network_policy(self, CoreNetworkId: str, Alias: str = "", PolicyVersionId: int = 0) -> dict[str, Any]:
        network = self._network(CoreNetworkId)
        number = PolicyVersionId or (network.live if Alias == "LIVE" else network.versions[-1].id)
        version = network.version(number)
        self._advance(network, version)
        return {"CoreNetworkPolicy": self._shown(network, version)}

    def put_core_network_policy(
        self,
        CoreNetworkId: str,
        PolicyDocument: str,
        LatestVersionId: int = 0,
        Description: str = "",
        ClientToken: str = "",
    ) -> dict[str, Any]:
        network = self._network(CoreNetworkId)
        if LatestVersionId and LatestVersionId != network.versions[-1].id:
            raise Refused(
                "ConflictException",
                409,
                "stale",
                ResourceId=CoreNetworkId,
                ResourceType="core-network",
                Message="stale",
            )
        try:
            broken = "core-network-configuration" not in json.loads(PolicyDocument)
        except ValueError:
            broken = True
        if broken:
            errors = [{"ErrorCode": "REQUIRED_PROPERTY", "Message": "core-network-configuration", "Path": "$"}]
            raise Refused("CoreNetworkPolicyException", 400, "broken", Errors=errors)
        return {"CoreNetworkPolicy": self._shown(network, self._new(network, PolicyDocument))}

    def restore_core_network_policy_version(self, CoreNetworkId: str, PolicyVersionId: int) -> dict[str, Any]:
        network = self._network(CoreNetworkId)
        return {"CoreNetworkPolicy": self._shown(network, self._new(network, network.version(PolicyVersionId).text))}

    def execute_core_network_change_set(self, CoreNetworkId: str, PolicyVersionId: int) -> None:
        network = self._network(CoreNetworkId)
        version = network.version(PolicyVersionId)
        if version.state != "READY_TO_EXECUTE":
            raise Refused("ValidationException", 400, "Incorrect input", Reason="FieldValidationFailed")
        version.state, version.wait = "EXECUTING", self.wait
        version.failed_edges, self.fail_edges = self.fail_edges, ()
        network.state = "UPDATING"
        for other in network.versions:
            if other.state == "READY_TO_EXECUTE":
                other.state = "OUT_OF_DATE"

    def get_core_network_change_set(
        self, CoreNetworkId: str, PolicyVersionId: int, NextToken: str | None = None
    ) -> dict[str, Any]:
        network = self._network(CoreNetworkId)
        new = json.loads(network.version(PolicyVersionId).text)
        old = self.live(CoreNetworkId)
        names = {item["name"] for item in new["segments"]}
        before = {item["name"] for item in old["segments"]}
        changes = [
            {"Type": "CORE_NETWORK_SEGMENT", "Action": "ADD", "Identifier": name} for name in sorted(names - before)
        ]
        changes += [
            {"Type": "CORE_NETWORK_SEGMENT", "Action": "REMOVE", "Identifier": name} for name in sorted(before - names)
        ]
        return page(changes, "CoreNetworkChanges", NextToken, self.size)

    def get_core_network_change_events(
        self, CoreNetworkId: str, PolicyVersionId: int, NextToken: str | None = None
    ) -> dict[str, Any]:
        version = self._network(CoreNetworkId).version(PolicyVersionId)
        edges = [item["location"] for item in json.loads(version.text)["core-network-configuration"]["edge-locations"]]
        done = "COMPLETE" if version.state == "EXECUTION_SUCCEEDED" else "IN_PROGRESS"
        events = [
            {
                "Type": "CORE_NETWORK_EDGE",
                "Action": "MODIFY",
                "IdentifierPath": f"CORE_NETWORK_EDGE/{edge}",
                "Status": "FAILED" if edge in version.failed_edges else done,
            }
            for edge in edges
        ]
        return page(events, "CoreNetworkChangeEvents", NextToken, self.size)

    def list_core_network_policy_versions(self, CoreNetworkId: str, NextToken: str | None = None) -> dict[str, Any]:
        network = self._network(CoreNetworkId)
        items = [
            {"CoreNetworkId": CoreNetworkId, "PolicyVersionId": one.id, "ChangeSetState": one.state}
            for one in network.versions
        ]
        return page(items, "CoreNetworkPolicyVersions", NextToken, self.size)

    def list_attachments(self, CoreNetworkId: str, NextToken: str | None = None) -> dict[str, Any]:
        return page(self._network(CoreNetworkId).attachments, "Attachments", NextToken, self.size)

    def list_attachment_routing_policy_associations(
        self, CoreNetworkId: str, NextToken: str | None = None
    ) -> dict[str, Any]:
        return page(self._network(CoreNetworkId).labels, "AttachmentRoutingPolicyAssociations", NextToken, self.size)

    def list_core_network_prefix_list_associations(
        self, CoreNetworkId: str, NextToken: str | None = None
    ) -> dict[str, Any]:
        return page(self._network(CoreNetworkId).lists, "PrefixListAssociations", NextToken, self.size)

    def list_core_network_routing_information(
        self, CoreNetworkId: str, SegmentName: str, EdgeLocation: str, NextToken: str | None = None
    ) -> dict[str, Any]:
        rows = self._network(CoreNetworkId).routes.get((SegmentName, EdgeLocation), [])
        return page(rows, "CoreNetworkRoutingInformation", NextToken, self.size)

    def get_network_routes(
        self, GlobalNetworkId: str, RouteTableIdentifier: dict[str, dict[str, str]], NextToken: str | None = None
    ) -> dict[str, Any]:
        (of,) = RouteTableIdentifier.values()
        name = of.get("SegmentName") or of["NetworkFunctionGroupName"]
        rows = self._network(of["CoreNetworkId"]).tables.get((name, of["EdgeLocation"]), [])
        return page(rows, "NetworkRoutes", NextToken, self.size)

    # --- what happens by itself
    def _new(self, network: Network, text: str) -> Version:
        version = Version(network.versions[-1].id + 1, text, wait=self.wait)
        network.versions.append(version)
        return version

    def _advance(self, network: Network, version: Version) -> None:
        if version.state not in ("PENDING_GENERATION", "EXECUTING"):
            return
        if version.wait > 0:
            version.wait -= 1
        elif version.state == "PENDING_GENERATION":
            version.state = "FAILED_GENERATION" if self.fail_generation else "READY_TO_EXECUTE"
            self.fail_generation = False
        elif not version.failed_edges:
            version.state, network.live, network.state = "EXECUTION_SUCCEEDED", version.id, "AVAILABLE"

    def _shown(self, network: Network, version: Version) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "CoreNetworkId": network.id, "PolicyVersionId": version.id, "ChangeSetState": version.state, "PolicyDocument": version.text,
        }  # fmt: skip
        if version.id == network.live:
            shown["Alias"] = "LIVE"
        elif version is network.versions[-1]:
            shown["Alias"] = "LATEST"
        if version.state == "FAILED_GENERATION":
            shown["PolicyErrors"] = [
                {"ErrorCode": "SEMANTIC", "Message": "no such segment", "Path": "$.segment-actions"}
            ]
        return shown

    def _network(self, id: str) -> Network:
        if id not in self.networks:
            raise Refused("ResourceNotFoundException", 404, ResourceId=id, ResourceType="core-network", Message="none")
        return self.networks[id]
