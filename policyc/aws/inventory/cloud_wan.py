"""Cloud WAN: core networks with their live and latest policy, what is attached, what that announces, labels and prefix lists.

The list of attachments has no prefixes: those of VPCs come from the accounts that own them, those of other attachments from the core network's
routing information. An attachment of which neither can be read stays without, and answers about its addresses stay undecided.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from policyc.aws.asking import Answer, Asker
from policyc.aws.calls import CLOUD_WAN
from policyc.aws.found import Facts, Held, Part, Resource, among, file_name, joined

_CLIENT: Final = "networkmanager"
#: VPCs that one call asks for
_MOST_VPCS: Final = 200
#: the files that lie beside a network's policies
_BESIDE: Final = frozenset({"attachments", "prefixes", "routes"})
_GONE: Final = frozenset({"DELETED", "DELETING", "REJECTED"})


def read(
    ask: Asker, folder: str, owners: Mapping[str, Asker], only: frozenset[str] = frozenset(), policies: bool = False
) -> Part:
    """Every core network of the account; `owners` are those who may ask about VPCs, by account. With `policies` nothing but those is read."""
    networks = ask.all(_CLIENT, "list_core_networks", "CoreNetworks").data or ()
    mine = [item["CoreNetworkId"] for item in networks if item.get("OwnerAccountId", ask.account) == ask.account]
    wanted = [id for id in mine if among(only, id, core_network_arn(ask, id))]
    return joined([_network(ask, id, folder, {} if policies else owners, policies) for id in wanted])


def _network(ask: Asker, id: str, folder: str, owners: Mapping[str, Asker], policies_only: bool) -> Part:
    found = ask.get(_CLIENT, "get_core_network", "", id, CoreNetworkId=id).data
    arn = (found or {}).get("CoreNetwork", {}).get("CoreNetworkArn") or core_network_arn(ask, id)
    network = (found or {}).get("CoreNetwork", {})
    tags = {tag["Key"]: tag.get("Value", "") for tag in network.get("Tags") or ()}
    home = f"{folder}/{file_name(id)}"
    stem = _readable(tags.get("Name") or id)
    stem = file_name(id) if stem.lower() in _BESIDE else stem
    documents: list[Held] = []
    policies: dict[str, str] = {}
    unread: dict[str, str] = {}
    versions: dict[str, Any] = {}
    for alias in ("LIVE", "LATEST"):
        answer = ask.get(_CLIENT, "get_core_network_policy", "", id, CoreNetworkId=id, Alias=alias)
        policy = (answer.data or {}).get("CoreNetworkPolicy") or {}
        if answer.unread is not None:
            unread[alias.lower()] = answer.unread.why
        text = policy.get("PolicyDocument")
        revision = {name: policy[name] for name in ("PolicyVersionId", "ChangeSetState") if name in policy}
        versions[alias] = revision or None
        if not text or (
            alias == "LATEST" and revision.get("PolicyVersionId") == (versions["LIVE"] or {}).get("PolicyVersionId")
        ):
            continue
        path = f"{home}/{stem}.json" if alias == "LIVE" else f"{home}/{stem}.latest.json"
        documents.append(Held(path, text, "core-network", CLOUD_WAN, alias.lower(), arn, revision))
        policies[alias.lower()] = path
    attached = Answer()
    files, tables = list[Facts](), list[Facts]()
    if not policies_only:
        attached = ask.all(_CLIENT, "list_attachments", "Attachments", "", id, CoreNetworkId=id)
        files = _inventory(ask, id, home, network, attached, owners)
        tables = _route_tables(ask, id, home, network)
    facts = {
        "id": id,
        "state": network.get("State"),
        "edges": network.get("Edges"),
        "segments": network.get("Segments"),
        "versions": versions,
        "tags": tags,
        "attachments": None if attached.data is None else len(attached.data),
        "files": [file.path for file in files],
    }
    if attached.unread is not None:
        unread["attachments"] = attached.unread.why
    name = tags.get("Name") or network.get("Description") or id
    resource = Resource(arn, "cloudwan.core_network", str(name), facts, policies, unread)
    return Part(tuple(documents), (resource,), (*files, *tables))


def _readable(name: str) -> str:
    """The name of a network's own file: its folder tells it from others."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)
    return kept.strip(".")[:120] or "_"


def core_network_arn(ask: Asker, id: str) -> str:
    return f"arn:{ask.partition}:networkmanager::{ask.account}:core-network/{id}"


def _inventory(
    ask: Asker, id: str, home: str, network: Mapping[str, Any], attached: Answer, owners: Mapping[str, Asker]
) -> list[Facts]:
    """The files that `--attachments` takes."""
    if attached.data is None:
        return []
    there = [item for item in attached.data if item.get("State") not in _GONE]
    of = {"CoreNetworkId": id}
    labels: Sequence[Any] = ()
    if ask.sessions.has(_CLIENT, "list_attachment_routing_policy_associations", ""):
        method = "list_attachment_routing_policy_associations"
        labels = ask.all(_CLIENT, method, "AttachmentRoutingPolicyAssociations", "", id, **of).data or ()
    rows = _routing(ask, id, network) if any(item.get("AttachmentType") != "VPC" for item in there) else []
    listed: dict[str, Any] = {"Attachments": there}
    listed |= {"AttachmentRoutingPolicyAssociations": labels} if labels else {}
    listed |= {"CoreNetworkRoutingInformation": rows} if rows else {}
    stated: dict[str, Any] = {"attachments": _vpc_blocks(there, owners)}
    lists = _prefix_lists(ask, id, owners)
    stated |= {"prefix_lists": lists} if lists else {}
    return [Facts(f"{home}/attachments.json", listed), Facts(f"{home}/prefixes.json", stated)]


def _routing(ask: Asker, id: str, network: Mapping[str, Any]) -> list[Any]:
    """What segments hear, edge by edge; only the rows that attachments announced."""
    method = "list_core_network_routing_information"
    if not ask.sessions.has(_CLIENT, method, ""):
        return []
    pairs = [
        (segment.get("Name"), edge)
        for segment in network.get("Segments") or ()
        for edge in segment.get("EdgeLocations") or ()
    ]

    def rows(pair: tuple[str, str]) -> list[Any]:
        of = {"CoreNetworkId": id, "SegmentName": pair[0], "EdgeLocation": pair[1]}
        about = f"{id} {pair[0]} at {pair[1]}"
        return ask.all(_CLIENT, method, "CoreNetworkRoutingInformation", "", about, **of).data or []

    found: dict[str, Any] = {}
    for part in ask.each("route tables", rows, pairs):
        for row in part:
            found.setdefault(json.dumps(row, sort_keys=True), row)
    return list(found.values())


def _route_tables(ask: Asker, id: str, home: str, network: Mapping[str, Any]) -> list[Facts]:
    """What AWS has in the route table of each segment and function group at each edge; `routes` is null where it could not be read."""
    whole = network.get("GlobalNetworkId")
    tables = [
        (member, {"CoreNetworkId": id, name: one.get("Name"), "EdgeLocation": edge})
        for member, name, held in (
            ("CoreNetworkSegmentEdge", "SegmentName", network.get("Segments")),
            ("CoreNetworkNetworkFunctionGroup", "NetworkFunctionGroupName", network.get("NetworkFunctionGroups")),
        )
        for one in held or ()
        for edge in one.get("EdgeLocations") or ()
    ]
    if not whole or not tables:
        return []

    def routes(table: tuple[str, dict[str, Any]]) -> dict[str, Any]:
        of = {"GlobalNetworkId": whole, "RouteTableIdentifier": {table[0]: table[1]}}
        about = " ".join(map(str, table[1].values()))
        return {**of, "routes": ask.all(_CLIENT, "get_network_routes", "NetworkRoutes", "", about, **of).data}

    return [Facts(f"{home}/routes.json", ask.each("route tables", routes, tables))]


def _vpc_blocks(attached: Sequence[Mapping[str, Any]], owners: Mapping[str, Asker]) -> dict[str, Any]:
    """Attachment id -> its VPC's blocks, for the VPCs whose accounts can be asked."""
    wanted: dict[tuple[str, str], dict[str, str]] = {}
    for item in attached:
        parts = str(item.get("ResourceArn", "")).split(":")
        if item.get("AttachmentType") == "VPC" and len(parts) > 5 and parts[4] in owners:
            wanted.setdefault((parts[4], parts[3]), {})[parts[5].removeprefix("vpc/")] = item["AttachmentId"]
    found: dict[str, Any] = {}
    for (account, region), vpcs in wanted.items():
        names = sorted(vpcs)
        for at in range(0, len(names), _MOST_VPCS):
            some = names[at : at + _MOST_VPCS]
            filters = [{"Name": "vpc-id", "Values": some}]
            answer = owners[account].all("ec2", "describe_vpcs", "Vpcs", region, f"{len(some)} VPCs", Filters=filters)
            for vpc in answer.data or ():
                if vpc["VpcId"] in vpcs:
                    found[vpcs[vpc["VpcId"]]] = {"cidrs": _blocks(vpc)}
    return found


def _blocks(vpc: Mapping[str, Any]) -> list[str]:
    four = [
        item["CidrBlock"]
        for item in vpc.get("CidrBlockAssociationSet") or ()
        if (item.get("CidrBlockState") or {}).get("State", "associated") == "associated"
    ] or [vpc["CidrBlock"]]
    six = [
        item["Ipv6CidrBlock"]
        for item in vpc.get("Ipv6CidrBlockAssociationSet") or ()
        if (item.get("Ipv6CidrBlockState") or {}).get("State") == "associated"
    ]
    return [*four, *six]


def _prefix_lists(ask: Asker, id: str, owners: Mapping[str, Asker]) -> dict[str, list[str]]:
    method = "list_core_network_prefix_list_associations"
    if not ask.sessions.has(_CLIENT, method, ""):
        return {}
    found: dict[str, list[str]] = {}
    for item in ask.all(_CLIENT, method, "PrefixListAssociations", "", id, CoreNetworkId=id).data or ():
        arn = str(item.get("PrefixListArn", ""))
        parts = arn.split(":")
        if len(parts) < 6:
            continue
        owner = owners.get(parts[4], ask)
        list_id = parts[5].rpartition("/")[2]
        answer = owner.all("ec2", "get_managed_prefix_list_entries", "Entries", parts[3], arn, PrefixListId=list_id)
        if answer.data is not None:
            found[str(item.get("PrefixListAlias", ""))] = [entry["Cidr"] for entry in answer.data]
    return found
