"""Every call that is ever made to AWS, and the permission that it takes: what is not listed here cannot be called, so that the
least-privilege policies that are printed are complete.

Source of the actions and resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from typing import Final

from policyc.record import record

LATTICE: Final = "lattice"
VERIFIED_ACCESS: Final = "verified_access"
CLOUD_WAN: Final = "cloudwan"
OBJECT_LAMBDA: Final = "object_lambda"
CALLERS: Final = "callers"
ORGANIZATION: Final = "organization"
#: of no part: whom to be, who changed it, may it be done, a second opinion, logs
BESIDE: Final = "beside"
#: what `--target` takes
TARGETS: Final = (LATTICE, VERIFIED_ACCESS, CLOUD_WAN, OBJECT_LAMBDA, CALLERS, ORGANIZATION)
#: services without Regions, or whose one endpoint boto3 knows by itself (live AWS: `networkmanager` is always us-west-2)
GLOBAL: Final = frozenset({"networkmanager", "iam", "organizations"})


@record
class Call:
    """One method of a boto3 client. `action` is its IAM action, `on` the resource types (ARN patterns with `{p}`, `{r}`, `{a}` for
    partition, Region and account) that a permission can be narrowed to, empty for `*` alone. `by` are the actions of `policyc aws` that make it; what
    `apply` calls is said step by step in `policyc.aws.ports`."""

    action: str
    target: str
    on: tuple[str, ...] = ()
    writes: bool = False
    by: tuple[str, ...] = ("pull", "drift", "plan")


_SERVICE: Final = "arn:{p}:vpc-lattice:{r}:{a}:service/*"
_NETWORK: Final = "arn:{p}:vpc-lattice:{r}:{a}:servicenetwork/*"
_GROUP: Final = "arn:{p}:ec2:{r}:{a}:verified-access-group/*"
_ENDPOINT: Final = "arn:{p}:ec2:{r}:{a}:verified-access-endpoint/*"
_CORE: Final = "arn:{p}:networkmanager::{a}:core-network/*"
_OLAP: Final = "arn:{p}:s3-object-lambda:{r}:{a}:accesspoint/*"
_POINT: Final = "arn:{p}:s3:{r}:{a}:accesspoint/*"
_BUCKET: Final = "arn:{p}:s3:::*"
_OBJECT: Final = "arn:{p}:s3:::*/*"
_OBJECT_BY_POINT: Final = "arn:{p}:s3:{r}:{a}:accesspoint/*/object/*"
_FUNCTION: Final = "arn:{p}:lambda:{r}:{a}:function:*"
_ROLE: Final = "arn:{p}:iam::{a}:role/*"
_USER: Final = "arn:{p}:iam::{a}:user/*"
_GROUP_OF_USERS: Final = "arn:{p}:iam::{a}:group/*"
_OWN_MANAGED: Final = ("arn:{p}:iam::{a}:policy/*",)
_MANAGED: Final = ("arn:{p}:iam::{a}:policy/*", "arn:{p}:iam::aws:policy/*")

#: (client, method) -> the call
CALLS: Final[dict[tuple[str, str], Call]] = {
    ("sts", "get_caller_identity"): Call("sts:GetCallerIdentity", BESIDE, by=("pull", "drift", "plan", "apply", "validate")),
    # of whoever assumes the role, who needs nothing else
    ("sts", "assume_role"): Call("sts:AssumeRole", BESIDE, (_ROLE,), by=()),
    ("cloudtrail", "lookup_events"): Call("cloudtrail:LookupEvents", BESIDE, by=("drift",)),
    ("iam", "simulate_principal_policy"): Call("iam:SimulatePrincipalPolicy", BESIDE, (_ROLE, _USER), by=("plan",)),
    ("accessanalyzer", "validate_policy"): Call("access-analyzer:ValidatePolicy", BESIDE, by=("validate",)),
    # logs to replay
    ("s3", "list_objects_v2"): Call("s3:ListBucket", BESIDE, (_BUCKET, _POINT), by=("replay",)),
    ("s3", "head_object"): Call("s3:GetObject", BESIDE, (_OBJECT, _OBJECT_BY_POINT), by=("replay",)),
    ("s3", "get_object"): Call("s3:GetObject", BESIDE, (_OBJECT, _OBJECT_BY_POINT), by=("replay",)),
    # VPC Lattice
    ("vpc-lattice", "list_services"): Call("vpc-lattice:ListServices", LATTICE),
    ("vpc-lattice", "get_service"): Call("vpc-lattice:GetService", LATTICE, (_SERVICE,)),
    ("vpc-lattice", "list_service_networks"): Call("vpc-lattice:ListServiceNetworks", LATTICE),
    ("vpc-lattice", "get_service_network"): Call("vpc-lattice:GetServiceNetwork", LATTICE, (_NETWORK,)),
    ("vpc-lattice", "get_auth_policy"): Call("vpc-lattice:GetAuthPolicy", LATTICE, (_SERVICE, _NETWORK)),
    ("vpc-lattice", "list_listeners"): Call("vpc-lattice:ListListeners", LATTICE),
    ("vpc-lattice", "get_listener"): Call("vpc-lattice:GetListener", LATTICE, ("arn:{p}:vpc-lattice:{r}:{a}:service/*/listener/*",)),
    ("vpc-lattice", "list_rules"): Call("vpc-lattice:ListRules", LATTICE),
    ("vpc-lattice", "get_rule"): Call("vpc-lattice:GetRule", LATTICE, ("arn:{p}:vpc-lattice:{r}:{a}:service/*/listener/*/rule/*",)),
    ("vpc-lattice", "list_target_groups"): Call("vpc-lattice:ListTargetGroups", LATTICE),
    ("vpc-lattice", "get_target_group"): Call("vpc-lattice:GetTargetGroup", LATTICE, ("arn:{p}:vpc-lattice:{r}:{a}:targetgroup/*",)),
    ("vpc-lattice", "list_service_network_service_associations"): Call("vpc-lattice:ListServiceNetworkServiceAssociations", LATTICE),
    ("vpc-lattice", "list_service_network_vpc_associations"): Call("vpc-lattice:ListServiceNetworkVpcAssociations", LATTICE),
    ("vpc-lattice", "list_service_network_vpc_endpoint_associations"): Call("vpc-lattice:ListServiceNetworkVpcEndpointAssociations", LATTICE),
    ("vpc-lattice", "list_access_log_subscriptions"): Call("vpc-lattice:ListAccessLogSubscriptions", LATTICE),
    ("vpc-lattice", "list_tags_for_resource"): Call("vpc-lattice:ListTagsForResource", LATTICE),
    ("vpc-lattice", "put_auth_policy"): Call("vpc-lattice:PutAuthPolicy", LATTICE, (_SERVICE, _NETWORK), True),
    ("vpc-lattice", "delete_auth_policy"): Call("vpc-lattice:DeleteAuthPolicy", LATTICE, (_SERVICE, _NETWORK), True),
    ("vpc-lattice", "update_service"): Call("vpc-lattice:UpdateService", LATTICE, (_SERVICE,), True),
    ("vpc-lattice", "update_service_network"): Call("vpc-lattice:UpdateServiceNetwork", LATTICE, (_NETWORK,), True),
    # Verified Access
    ("ec2", "describe_verified_access_instances"): Call("ec2:DescribeVerifiedAccessInstances", VERIFIED_ACCESS),
    ("ec2", "describe_verified_access_trust_providers"): Call("ec2:DescribeVerifiedAccessTrustProviders", VERIFIED_ACCESS),
    ("ec2", "describe_verified_access_groups"): Call("ec2:DescribeVerifiedAccessGroups", VERIFIED_ACCESS),
    ("ec2", "describe_verified_access_endpoints"): Call("ec2:DescribeVerifiedAccessEndpoints", VERIFIED_ACCESS),
    ("ec2", "describe_verified_access_instance_logging_configurations"): Call("ec2:DescribeVerifiedAccessInstanceLoggingConfigurations", VERIFIED_ACCESS),
    ("ec2", "get_verified_access_group_policy"): Call("ec2:GetVerifiedAccessGroupPolicy", VERIFIED_ACCESS, (_GROUP,)),
    ("ec2", "get_verified_access_endpoint_policy"): Call("ec2:GetVerifiedAccessEndpointPolicy", VERIFIED_ACCESS, (_ENDPOINT,)),
    ("ec2", "modify_verified_access_group_policy"): Call("ec2:ModifyVerifiedAccessGroupPolicy", VERIFIED_ACCESS, (_GROUP,), True),
    ("ec2", "modify_verified_access_endpoint_policy"): Call("ec2:ModifyVerifiedAccessEndpointPolicy", VERIFIED_ACCESS, (_ENDPOINT,), True),
    # Cloud WAN
    ("networkmanager", "list_core_networks"): Call("networkmanager:ListCoreNetworks", CLOUD_WAN),
    ("networkmanager", "get_core_network"): Call("networkmanager:GetCoreNetwork", CLOUD_WAN, (_CORE,)),
    ("networkmanager", "get_core_network_policy"): Call("networkmanager:GetCoreNetworkPolicy", CLOUD_WAN, (_CORE,)),
    ("networkmanager", "get_core_network_change_set"): Call("networkmanager:GetCoreNetworkChangeSet", CLOUD_WAN, (_CORE,), by=()),
    ("networkmanager", "get_core_network_change_events"): Call("networkmanager:GetCoreNetworkChangeEvents", CLOUD_WAN, (_CORE,), by=()),
    ("networkmanager", "list_attachments"): Call("networkmanager:ListAttachments", CLOUD_WAN, by=("pull",)),
    ("networkmanager", "list_attachment_routing_policy_associations"): Call("networkmanager:ListAttachmentRoutingPolicyAssociations", CLOUD_WAN, (_CORE,), by=("pull",)),
    ("networkmanager", "list_core_network_prefix_list_associations"): Call("networkmanager:ListCoreNetworkPrefixListAssociations", CLOUD_WAN, (_CORE,), by=("pull",)),
    ("networkmanager", "list_core_network_routing_information"): Call("networkmanager:ListCoreNetworkRoutingInformation", CLOUD_WAN, (_CORE,), by=("pull",)),
    ("networkmanager", "get_network_routes"): Call("networkmanager:GetNetworkRoutes", CLOUD_WAN, ("arn:{p}:networkmanager::{a}:global-network/*",), by=("pull",)),
    ("ec2", "describe_vpcs"): Call("ec2:DescribeVpcs", CLOUD_WAN, by=("pull",)),
    ("ec2", "get_managed_prefix_list_entries"): Call("ec2:GetManagedPrefixListEntries", CLOUD_WAN, ("arn:{p}:ec2:{r}:{a}:prefix-list/*",), by=("pull",)),
    ("networkmanager", "put_core_network_policy"): Call("networkmanager:PutCoreNetworkPolicy", CLOUD_WAN, (_CORE,), True),
    ("networkmanager", "execute_core_network_change_set"): Call("networkmanager:ExecuteCoreNetworkChangeSet", CLOUD_WAN, (_CORE,), True),
    ("networkmanager", "restore_core_network_policy_version"): Call("networkmanager:RestoreCoreNetworkPolicyVersion", CLOUD_WAN, (_CORE,), True),
    # S3 Object Lambda and what lies behind it
    ("s3control", "list_access_points_for_object_lambda"): Call("s3:ListAccessPointsForObjectLambda", OBJECT_LAMBDA, by=("pull",)),
    ("s3control", "get_access_point_for_object_lambda"): Call("s3:GetAccessPointForObjectLambda", OBJECT_LAMBDA, (_OLAP,)),
    ("s3control", "get_access_point_configuration_for_object_lambda"): Call("s3:GetAccessPointConfigurationForObjectLambda", OBJECT_LAMBDA, (_OLAP,)),
    ("s3control", "get_access_point_policy_for_object_lambda"): Call("s3:GetAccessPointPolicyForObjectLambda", OBJECT_LAMBDA, (_OLAP,)),
    ("s3control", "get_access_point"): Call("s3:GetAccessPoint", OBJECT_LAMBDA),
    ("s3control", "get_access_point_policy"): Call("s3:GetAccessPointPolicy", OBJECT_LAMBDA, (_POINT,)),
    ("s3control", "get_public_access_block"): Call("s3:GetAccountPublicAccessBlock", OBJECT_LAMBDA, by=("pull",)),
    ("s3", "get_bucket_policy"): Call("s3:GetBucketPolicy", OBJECT_LAMBDA, (_BUCKET,)),
    ("s3", "get_public_access_block"): Call("s3:GetBucketPublicAccessBlock", OBJECT_LAMBDA, (_BUCKET,)),
    ("lambda", "get_resource_policy"): Call("lambda:GetResourcePolicy", OBJECT_LAMBDA, (_FUNCTION,), by=("plan",)),
    ("lambda", "get_policy"): Call("lambda:GetPolicy", OBJECT_LAMBDA, (_FUNCTION,)),
    ("lambda", "get_function_configuration"): Call("lambda:GetFunctionConfiguration", OBJECT_LAMBDA, (_FUNCTION,)),
    ("lambda", "list_aliases"): Call("lambda:ListAliases", OBJECT_LAMBDA, (_FUNCTION,)),
    ("s3control", "put_access_point_policy_for_object_lambda"): Call("s3:PutAccessPointPolicyForObjectLambda", OBJECT_LAMBDA, (_OLAP,), True),
    ("s3control", "delete_access_point_policy_for_object_lambda"): Call("s3:DeleteAccessPointPolicyForObjectLambda", OBJECT_LAMBDA, (_OLAP,), True),
    ("s3control", "put_access_point_policy"): Call("s3:PutAccessPointPolicy", OBJECT_LAMBDA, (_POINT,), True),
    ("s3control", "delete_access_point_policy"): Call("s3:DeleteAccessPointPolicy", OBJECT_LAMBDA, (_POINT,), True),
    ("s3", "put_bucket_policy"): Call("s3:PutBucketPolicy", OBJECT_LAMBDA, (_BUCKET,), True),
    ("s3", "delete_bucket_policy"): Call("s3:DeleteBucketPolicy", OBJECT_LAMBDA, (_BUCKET,), True),
    ("lambda", "put_resource_policy"): Call("lambda:PutResourcePolicy", OBJECT_LAMBDA, (_FUNCTION,), True),
    ("lambda", "delete_resource_policy"): Call("lambda:DeleteResourcePolicy", OBJECT_LAMBDA, (_FUNCTION,), True),
    ("lambda", "add_permission"): Call("lambda:AddPermission", OBJECT_LAMBDA, (_FUNCTION,), True),
    ("lambda", "remove_permission"): Call("lambda:RemovePermission", OBJECT_LAMBDA, (_FUNCTION,), True),
    # callers
    ("iam", "get_role"): Call("iam:GetRole", CALLERS, (_ROLE,)),
    ("iam", "list_role_policies"): Call("iam:ListRolePolicies", CALLERS, (_ROLE,)),
    ("iam", "get_role_policy"): Call("iam:GetRolePolicy", CALLERS, (_ROLE,)),
    ("iam", "list_attached_role_policies"): Call("iam:ListAttachedRolePolicies", CALLERS, (_ROLE,)),
    ("iam", "get_user"): Call("iam:GetUser", CALLERS, (_USER,)),
    ("iam", "list_user_policies"): Call("iam:ListUserPolicies", CALLERS, (_USER,)),
    ("iam", "get_user_policy"): Call("iam:GetUserPolicy", CALLERS, (_USER,)),
    ("iam", "list_attached_user_policies"): Call("iam:ListAttachedUserPolicies", CALLERS, (_USER,)),
    ("iam", "list_groups_for_user"): Call("iam:ListGroupsForUser", CALLERS, (_USER,)),
    ("iam", "list_group_policies"): Call("iam:ListGroupPolicies", CALLERS, (_GROUP_OF_USERS,)),
    ("iam", "get_group_policy"): Call("iam:GetGroupPolicy", CALLERS, (_GROUP_OF_USERS,)),
    ("iam", "list_attached_group_policies"): Call("iam:ListAttachedGroupPolicies", CALLERS, (_GROUP_OF_USERS,)),
    ("iam", "get_policy"): Call("iam:GetPolicy", CALLERS, _MANAGED),
    ("iam", "get_policy_version"): Call("iam:GetPolicyVersion", CALLERS, _MANAGED),
    ("iam", "put_role_policy"): Call("iam:PutRolePolicy", CALLERS, (_ROLE,), True),
    ("iam", "delete_role_policy"): Call("iam:DeleteRolePolicy", CALLERS, (_ROLE,), True),
    ("iam", "put_user_policy"): Call("iam:PutUserPolicy", CALLERS, (_USER,), True),
    ("iam", "delete_user_policy"): Call("iam:DeleteUserPolicy", CALLERS, (_USER,), True),
    ("iam", "put_group_policy"): Call("iam:PutGroupPolicy", CALLERS, (_GROUP_OF_USERS,), True),
    ("iam", "delete_group_policy"): Call("iam:DeleteGroupPolicy", CALLERS, (_GROUP_OF_USERS,), True),
    ("iam", "put_role_permissions_boundary"): Call("iam:PutRolePermissionsBoundary", CALLERS, (_ROLE,), True),
    ("iam", "delete_role_permissions_boundary"): Call("iam:DeleteRolePermissionsBoundary", CALLERS, (_ROLE,), True),
    ("iam", "put_user_permissions_boundary"): Call("iam:PutUserPermissionsBoundary", CALLERS, (_USER,), True),
    ("iam", "delete_user_permissions_boundary"): Call("iam:DeleteUserPermissionsBoundary", CALLERS, (_USER,), True),
    ("iam", "update_assume_role_policy"): Call("iam:UpdateAssumeRolePolicy", CALLERS, (_ROLE,), True),
    ("iam", "list_policy_versions"): Call("iam:ListPolicyVersions", CALLERS, _MANAGED, by=("plan",)),
    ("iam", "create_policy_version"): Call("iam:CreatePolicyVersion", CALLERS, _OWN_MANAGED, True),
    ("iam", "set_default_policy_version"): Call("iam:SetDefaultPolicyVersion", CALLERS, _OWN_MANAGED, True),
    ("iam", "delete_policy_version"): Call("iam:DeletePolicyVersion", CALLERS, _OWN_MANAGED, True),
    # the organization
    ("organizations", "describe_organization"): Call("organizations:DescribeOrganization", ORGANIZATION),
    ("organizations", "list_parents"): Call("organizations:ListParents", ORGANIZATION),
    ("organizations", "list_policies_for_target"): Call("organizations:ListPoliciesForTarget", ORGANIZATION),
    ("organizations", "describe_policy"): Call("organizations:DescribePolicy", ORGANIZATION),
}  # fmt: off
