"""Verified Access, and what else of EC2 is asked: VPCs and prefix lists.

A policy and whether it is enabled go together: a text without the flag is refused, the flag off drops the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.live.fake.core import ACCOUNT, REGION, Refused, page


@dataclass
class VerifiedAccess:
    instances: list[dict[str, Any]] = field(default_factory=list)
    providers: list[dict[str, Any]] = field(default_factory=list)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    vpcs: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, list[str]] = field(default_factory=dict)
    logging: list[dict[str, Any]] = field(default_factory=list)
    size: int = 200

    # --- what tests set up
    def add_instance(self, id: str, **providers: str) -> None:
        """`providers`: policy reference name -> type."""
        own = []
        for name, sort in providers.items():
            provider = f"vatp-{len(self.providers):017x}"
            one: dict[str, Any] = {"VerifiedAccessTrustProviderId": provider, "PolicyReferenceName": name}
            if sort in ("oidc", "iam-identity-center"):
                one |= {"TrustProviderType": "user", "UserTrustProviderType": sort}
                if sort == "oidc":
                    one["OidcOptions"] = {
                        "Issuer": "https://id.example",
                        "ClientId": "app",
                        "ClientSecret": "TOP-SECRET-OIDC",
                    }
            else:
                one |= {"TrustProviderType": "device", "DeviceTrustProviderType": sort}
            self.providers.append(one)
            own.append({"VerifiedAccessTrustProviderId": provider})
        self.instances.append({"VerifiedAccessInstanceId": id, "VerifiedAccessTrustProviders": own})

    def add_group(self, id: str, instance: str, policy: str | None = None, name: str = "") -> None:
        arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:verified-access-group/{id}"
        tags = [{"Key": "Name", "Value": name}] if name else []
        self.groups[id] = {
            "VerifiedAccessGroupId": id,
            "VerifiedAccessInstanceId": instance,
            "VerifiedAccessGroupArn": arn,
            "Owner": ACCOUNT,
            "Tags": tags,
        }
        self._hold(id, policy)

    def add_endpoint(self, id: str, group: str, domain: str, policy: str | None = None) -> None:
        instance = self.groups[group]["VerifiedAccessInstanceId"]
        self.endpoints[id] = {
            "VerifiedAccessEndpointId": id, "VerifiedAccessGroupId": group, "VerifiedAccessInstanceId": instance, "ApplicationDomain": domain,
            "EndpointType": "load-balancer", "LoadBalancerOptions": {"Protocol": "https", "Port": 443}, "Status": {"Code": "active"}, "Tags": [],
        }  # fmt: skip
        self._hold(id, policy)

    def _hold(self, id: str, policy: str | None) -> None:
        self.policies[id] = (
            {"PolicyEnabled": False} if policy is None else {"PolicyEnabled": True, "PolicyDocument": policy}
        )

    # --- the API
    def describe_verified_access_instances(self, NextToken: str | None = None) -> dict[str, Any]:
        return page(self.instances, "VerifiedAccessInstances", NextToken, self.size)

    def describe_verified_access_trust_providers(self, NextToken: str | None = None) -> dict[str, Any]:
        return page(self.providers, "VerifiedAccessTrustProviders", NextToken, self.size)

    def describe_verified_access_groups(self, NextToken: str | None = None) -> dict[str, Any]:
        return page(list(self.groups.values()), "VerifiedAccessGroups", NextToken, self.size)

    def describe_verified_access_endpoints(self, NextToken: str | None = None) -> dict[str, Any]:
        return page(list(self.endpoints.values()), "VerifiedAccessEndpoints", NextToken, self.size)

    def describe_verified_access_instance_logging_configurations(self, NextToken: str | None = None) -> dict[str, Any]:
        return page(self.logging, "LoggingConfigurations", NextToken, 10)

    def get_verified_access_group_policy(self, VerifiedAccessGroupId: str) -> dict[str, Any]:
        return self._read(VerifiedAccessGroupId, "Group")

    def get_verified_access_endpoint_policy(self, VerifiedAccessEndpointId: str) -> dict[str, Any]:
        return self._read(VerifiedAccessEndpointId, "Endpoint")

    def modify_verified_access_group_policy(self, VerifiedAccessGroupId: str, **given: Any) -> dict[str, Any]:
        return self._modify(VerifiedAccessGroupId, "Group", given)

    def modify_verified_access_endpoint_policy(self, VerifiedAccessEndpointId: str, **given: Any) -> dict[str, Any]:
        return self._modify(VerifiedAccessEndpointId, "Endpoint", given)

    def _read(self, id: str, sort: str) -> dict[str, Any]:
        if id not in self.policies:
            raise Refused(f"InvalidVerifiedAccess{sort}Id.NotFound", 400)
        return dict(self.policies[id])

    def _modify(self, id: str, sort: str, given: dict[str, Any]) -> dict[str, Any]:
        self._read(id, sort)
        if given.get("DryRun"):
            raise Refused("DryRunOperation", 412, "it would have worked")
        assert "SseSpecification" not in given, "nobody asked for a key"
        enabled, text = given.get("PolicyEnabled"), given.get("PolicyDocument")
        if text is not None and enabled is not True:
            raise Refused("InvalidParameterCombination", 400, "a document without PolicyEnabled")
        if text is None and enabled is not False:
            raise Refused("MissingParameter", 400, "PolicyDocument")
        self._hold(id, text)
        return dict(self.policies[id])

    def describe_vpcs(self, Filters: list[dict[str, Any]], NextToken: str | None = None) -> dict[str, Any]:
        wanted = set(Filters[0]["Values"])
        return page([item for item in self.vpcs if item["VpcId"] in wanted], "Vpcs", NextToken, self.size)

    def get_managed_prefix_list_entries(self, PrefixListId: str, NextToken: str | None = None) -> dict[str, Any]:
        return page([{"Cidr": text} for text in self.lists[PrefixListId]], "Entries", NextToken, self.size)
