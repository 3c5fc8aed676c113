"""VPC Lattice: service networks, services and their auth policies. As the service does, it stores the text without blanks, and a policy is
`Active` only while the auth type is `AWS_IAM`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.live.fake.core import ACCOUNT, REGION, Refused, page

START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Lattice:
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    vpcs: list[dict[str, Any]] = field(default_factory=list)
    listeners: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    groups: list[dict[str, Any]] = field(default_factory=list)
    #: ARN of a service or network -> where its requests are logged
    logs: dict[str, list[str]] = field(default_factory=dict)
    clock: int = 0
    size: int = 100

    # --- what tests set up
    def add_network(self, id: str, name: str, auth: str = "AWS_IAM", policy: str | None = None) -> str:
        return self._add(self.networks, "servicenetwork", id, name, auth, policy)

    def add_service(
        self, id: str, name: str, auth: str = "AWS_IAM", policy: str | None = None, network: str = ""
    ) -> str:
        arn = self._add(self.services, "service", id, name, auth, policy)
        if network:
            self.links.append(
                {
                    "id": f"snsa-{len(self.links):017x}",
                    "serviceNetworkId": network,
                    "serviceNetworkArn": self.networks[network]["arn"],
                    "serviceId": id,
                    "serviceArn": arn,
                    "serviceName": name,
                    "status": "ACTIVE",
                }
            )
        return arn

    def _add(
        self, where: dict[str, dict[str, Any]], sort: str, id: str, name: str, auth: str, policy: str | None
    ) -> str:
        arn = f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:{sort}/{id}"
        where[id] = {"id": id, "arn": arn, "name": name, "authType": auth}
        if policy is not None:
            self.policies[id] = {"policy": policy, "createdAt": START, "lastUpdatedAt": START}
        return arn

    def policy(self, id: str) -> str | None:
        return self.policies.get(id, {}).get("policy")

    # --- the API
    def list_services(self, maxResults: int = 50, nextToken: str | None = None) -> dict[str, Any]:
        items = [{n: item[n] for n in ("id", "arn", "name")} for item in self.services.values()]
        return page(items, "items", nextToken, min(maxResults, self.size), "nextToken")

    def list_service_networks(self, maxResults: int = 50, nextToken: str | None = None) -> dict[str, Any]:
        items = [{n: item[n] for n in ("id", "arn", "name")} for item in self.networks.values()]
        return page(items, "items", nextToken, min(maxResults, self.size), "nextToken")

    def get_service(self, serviceIdentifier: str) -> dict[str, Any]:
        return {**self._one(self.services, serviceIdentifier), "status": "ACTIVE", "createdAt": START}

    def get_service_network(self, serviceNetworkIdentifier: str) -> dict[str, Any]:
        return dict(self._one(self.networks, serviceNetworkIdentifier))

    def update_service(self, serviceIdentifier: str, authType: str) -> dict[str, Any]:
        self._one(self.services, serviceIdentifier)["authType"] = authType
        return dict(self._one(self.services, serviceIdentifier))

    def update_service_network(self, serviceNetworkIdentifier: str, authType: str) -> dict[str, Any]:
        self._one(self.networks, serviceNetworkIdentifier)["authType"] = authType
        return dict(self._one(self.networks, serviceNetworkIdentifier))

    def get_auth_policy(self, resourceIdentifier: str) -> dict[str, Any]:
        one = self._resource(resourceIdentifier)
        held = self.policies.get(one["id"])
        state = {"state": "Active" if one["authType"] == "AWS_IAM" else "Inactive"}
        return state if held is None else {**held, **state}

    def put_auth_policy(self, resourceIdentifier: str, policy: str) -> dict[str, Any]:
        one = self._resource(resourceIdentifier)
        try:
            data = json.loads(policy)
        except ValueError:
            raise Refused("ValidationException", 400, "not JSON", reason="other") from None
        if "\n" in policy or not isinstance(data, dict):
            raise Refused("ValidationException", 400, "no line breaks", reason="other")
        self.clock += 1
        # the service stores keys in an order of its own
        stored = json.dumps(dict(sorted(data.items())), separators=(",", ":"))
        held = self.policies.setdefault(one["id"], {"createdAt": START})
        held |= {"policy": stored, "lastUpdatedAt": START + timedelta(seconds=self.clock)}
        return {"policy": stored, "state": self.get_auth_policy(resourceIdentifier)["state"]}

    def delete_auth_policy(self, resourceIdentifier: str) -> None:
        if self.policies.pop(self._resource(resourceIdentifier)["id"], None) is None:
            raise Refused("ResourceNotFoundException", 404, resourceId=resourceIdentifier, resourceType="AUTH_POLICY")

    def list_listeners(
        self, serviceIdentifier: str, maxResults: int = 50, nextToken: str | None = None
    ) -> dict[str, Any]:
        items = [
            {n: item[n] for n in ("id", "arn", "name", "protocol", "port")}
            for item in self.listeners.get(serviceIdentifier, [])
        ]
        return page(items, "items", nextToken, min(maxResults, self.size), "nextToken")

    def get_listener(self, serviceIdentifier: str, listenerIdentifier: str) -> dict[str, Any]:
        return next(dict(item) for item in self.listeners[serviceIdentifier] if item["id"] == listenerIdentifier)

    def list_rules(
        self, serviceIdentifier: str, listenerIdentifier: str, maxResults: int = 50, nextToken: str | None = None
    ) -> dict[str, Any]:
        items = [
            {n: item[n] for n in ("id", "arn", "name", "priority", "isDefault")}
            for item in self.rules.get(listenerIdentifier, [])
        ]
        return page(items, "items", nextToken, min(maxResults, self.size), "nextToken")

    def get_rule(self, serviceIdentifier: str, listenerIdentifier: str, ruleIdentifier: str) -> dict[str, Any]:
        return next(dict(item) for item in self.rules[listenerIdentifier] if item["id"] == ruleIdentifier)

    def list_target_groups(self, maxResults: int = 50, nextToken: str | None = None) -> dict[str, Any]:
        return page(
            [{n: item[n] for n in ("id", "arn", "name")} for item in self.groups],
            "items",
            nextToken,
            self.size,
            "nextToken",
        )

    def get_target_group(self, targetGroupIdentifier: str) -> dict[str, Any]:
        return next(dict(item) for item in self.groups if item["id"] == targetGroupIdentifier)

    def list_access_log_subscriptions(
        self, resourceIdentifier: str, maxResults: int = 100, nextToken: str | None = None
    ) -> dict[str, Any]:
        id = resourceIdentifier.rpartition("/")[2]
        items = [
            {
                "id": f"als-{number:017x}",
                "arn": f"arn:aws:vpc-lattice:{REGION}:{ACCOUNT}:accesslogsubscription/als-{number:017x}",
                "resourceId": id,
                "resourceArn": resourceIdentifier,
                "destinationArn": place,
                "createdAt": START,
                "lastUpdatedAt": START,
            }
            for number, place in enumerate(self.logs.get(resourceIdentifier, ()))
        ]
        return page(items, "items", nextToken, 1, "nextToken")

    def list_service_network_service_associations(
        self,
        serviceNetworkIdentifier: str = "",
        serviceIdentifier: str = "",
        maxResults: int = 50,
        nextToken: str | None = None,
    ) -> dict[str, Any]:
        given = serviceNetworkIdentifier or serviceIdentifier
        sort = "serviceNetwork" if serviceNetworkIdentifier else "service"
        items = [item for item in self.links if given in (item[f"{sort}Id"], item[f"{sort}Arn"])]
        return page(items, "items", nextToken, min(maxResults, self.size), "nextToken")

    def list_service_network_vpc_associations(
        self, serviceNetworkIdentifier: str, maxResults: int = 50, nextToken: str | None = None
    ) -> dict[str, Any]:
        items = [item for item in self.vpcs if item["serviceNetworkId"] == serviceNetworkIdentifier]
        return page(items, "items", nextToken, min(maxResults, self.size), "nextToken")

    def list_service_network_vpc_endpoint_associations(self, serviceNetworkIdentifier: str, **_: Any) -> dict[str, Any]:
        return {"items": []}

    def list_tags_for_resource(self, resourceArn: str) -> dict[str, Any]:
        return {"tags": self.tags.get(resourceArn, {})}

    def _resource(self, name: str) -> dict[str, Any]:
        for where in (self.services, self.networks):
            for item in where.values():
                if name in (item["id"], item["arn"]):
                    return item
        raise Refused("ResourceNotFoundException", 404, resourceId=name, resourceType="SERVICE")

    def _one(self, where: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
        for item in where.values():
            if name in (item["id"], item["arn"]):
                return item
        raise Refused("ResourceNotFoundException", 404, resourceId=name, resourceType="SERVICE")
