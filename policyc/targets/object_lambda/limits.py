"""What an Object Lambda chain cannot say or do, found at the source before anything is emitted.

Source: Object Lambda reference, sections 2.1, 3, 5, 7, 8, 9 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.diagnostics import Advice, Diagnostics, Label, did_you_mean, dropped, write_instead
from policyc.ir.authz import Atom, Can, Never, Op, Policy, Statement
from policyc.ir.conditions import atoms
from policyc.ir.program import Program
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Verb, load_vocabulary
from policyc.targets.iam_documents.raw_keys import check_characters, check_raw_keys
from policyc.targets.object_lambda.access_points import CLOUDFRONT, SERVICE, Written, by_service, hops_of
from policyc.targets.object_lambda.documents import statements_of
from policyc.targets.object_lambda.hops import (
    CALLED_VIA,
    ORGANIZATION,
    SOURCE_ACCOUNT,
    SOURCE_ARN,
    foreign_at_first_hop,
    native,
    required,
)
from policyc.targets.object_lambda.operations import TRANSFORMABLE
from policyc.targets.object_lambda.permissions import permissions, transformed_permissions
from policyc.targets.object_lambda.resources import Chain, arn, chain_of, execution_role
from policyc.text import Span

_EVERYONE: Final = ("anyone", "authenticated")
#: keys that confine a policy with principal `*` to fixed callers and that every hop sees
_CONFINING: Final = frozenset({"aws:principalarn", "aws:principalaccount", ORGANIZATION, "aws:userid"})
_FEATURES: Final = ("GetObject-Range", "GetObject-PartNumber", "HeadObject-Range", "HeadObject-PartNumber")
_ALIAS_ENDINGS: Final = ("--ol-s3", "-s3alias")


def check(policy: Policy, program: Program, diagnostics: Diagnostics) -> None:
    """Report every limit that the policy or the chain behind it breaks."""
    if not isinstance(policy.on, Resource):
        return
    chain = chain_of(policy.on, program)
    if chain is not None:
        _check_chain(chain, program, diagnostics)
    found = Diagnostics()
    for statement in policy.statements:
        check_raw_keys(atoms(statement.when), load_vocabulary("object_lambda").attributes, statement.span, found)
        check_characters(atoms(statement.when), statement.span, found)
        _check_statement(statement, chain, found)
    if chain is not None and not found.has_errors:
        _check_lowering(policy, statements_of(program).get(chain, ()), found)
    diagnostics.extend(found)


def _check_statement(statement: Statement, chain: Chain | None, diagnostics: Diagnostics) -> None:
    _check_verbs(statement, diagnostics)
    _check_keys(statement, diagnostics)
    if statement.effect == "allow":
        _check_callers(statement, diagnostics)
        if chain is not None:
            _check_open(statement, chain, diagnostics)


def _check_lowering(policy: Policy, statements: Sequence[Written], diagnostics: Diagnostics) -> None:
    """What only lowering finds out."""
    left = False
    for item in statements:
        if item.policy is not policy:
            continue
        hops = hops_of(item)
        diagnostics.extend(hops.found)
        parts = hops.first
        left = left or parts is None or bool(parts)
        if parts == () and not isinstance(item.statement.when, Never):
            diagnostics.warning(
                "statement-never-applies",
                f"no request can pass `{item.statement.label}`",
                item.statement.span,
                "its tests exclude one another, or it names no action: correct it, or remove the statement",
            )
    if policy.statements and not left:
        diagnostics.error(
            "empty-document",
            f"nothing is left of `{policy.name}`: no statement can ever apply",
            policy.name_span or policy.span,
            "remove the policy, or correct its conditions",
        )


# --- the resources ----------------------------------------------------------------------------------------------


def _check_chain(chain: Chain, program: Program, diagnostics: Diagnostics) -> None:
    for resource in (chain.olap, chain.access_point, chain.bucket, chain.function):
        _check_alias(resource, diagnostics)
        _check_twin(resource, program, diagnostics)
    _check_function(chain, diagnostics)
    if not chain.transformed:
        diagnostics.error(
            "no-transformation",
            f"`{chain.olap.name}` transforms no call",
            _span(chain.olap, "actions"),
            "list at least one of " + ", ".join(f"`{name}`" for name in TRANSFORMABLE),
        )
    for feature in chain.olap.words("features"):
        if feature not in _FEATURES:
            diagnostics.error(
                "unknown-feature",
                f"`{feature}` is no feature of an Object Lambda access point",
                _span(chain.olap, "features"),
                did_you_mean(feature, _FEATURES, "use one of " + ", ".join(_FEATURES)),
            )


def _check_function(chain: Chain, diagnostics: Diagnostics) -> None:
    function, declared = chain.function, Label(chain.function.span, "the function is declared here")
    if function.place != chain.place and function.place is not None:
        diagnostics.error(
            "function-elsewhere",
            f"the function `{function.name}` is at `{function.place.account}/{function.place.region}`, not at"
            f" `{chain.place.account}/{chain.place.region}` like the access point",
            _span(chain.olap, "function"),
            "use a function of the access point's own account and Region",
            (declared,),
        )
    if function.text("qualifier") == "$LATEST":
        diagnostics.error(
            "latest-qualifier",
            "a resource policy cannot name the qualifier `$LATEST`",
            _span(function, "qualifier"),
            "publish a version or an alias and name it, here and in the access point's configuration",
        )
    role = execution_role(function)
    if role is None:
        return
    if role.kind != "role" or role.is_pattern:
        diagnostics.error(
            "execution-role-needed",
            f"`{role.name or role.kind}` is not one role",
            _span(function, "role"),
            'name the function\'s execution role as `role(account, "name")`',
        )
    elif function.place is not None and role.account != function.place.account:
        diagnostics.error(
            "execution-role-elsewhere",
            f"the execution role is of account `{role.account}`, the function of `{function.place.account}`",
            _span(function, "role"),
            "use a role of the function's own account",
        )


def _check_alias(resource: Resource, diagnostics: Diagnostics) -> None:
    name = resource.text("name")
    if name.endswith(_ALIAS_ENDINGS):
        diagnostics.error(
            "alias-instead-of-name",
            f"`{name}` is an alias, which no policy can name",
            _span(resource, "name"),
            "write the name that was chosen when it was created",
        )


def _check_twin(resource: Resource, program: Program, diagnostics: Diagnostics) -> None:
    """Two declarations of one thing would give it two policies, of which the later one to be deployed wins."""
    for other in program.resources.values():
        if other.id == resource.id or other.type != resource.type or other.place is None or not other.text("name"):
            continue
        if arn(other) == arn(resource):
            first, second = sorted((resource, other), key=lambda item: (item.file, item.span.start))
            diagnostics.error(
                "resource-declared-twice",
                f"`{second.name}` is `{arn(second)}`, which `{first.name}` is already",
                second.span,
                "declare it once and import it with `use`",
                (Label(first.span, "first declared here"),),
            )


def _span(resource: Resource, field: str) -> Span:
    value = resource.get(field)
    return value.span if value is not None else resource.span


# --- the statements ---------------------------------------------------------------------------------------------


def _check_verbs(statement: Statement, diagnostics: Diagnostics) -> None:
    for verb in statement.can.verbs if isinstance(statement.can, Can) else ():
        permission = _permission(verb)
        if verb.name != permission:
            diagnostics.error(
                "verb-without-permission",
                f"`{verb.name}` has no permission of its own: `{permission}` covers it",
                statement.can.span if statement.can else statement.span,
                Advice(f"write `can {permission}`; requests may still say `{verb.name}`", verb.name, permission),
            )


def _permission(verb: Verb) -> str:
    return verb.action.partition(":")[2]


def _check_keys(statement: Statement, diagnostics: Diagnostics) -> None:
    for_service = any(by_service(principal) for principal in _principals(statement))
    for atom in atoms(statement.when):
        key = native(atom)
        if key.startswith(CALLED_VIA):
            diagnostics.error(
                "called-via-at-first-hop",
                f"`{atom.attribute.native}` is absent at the Object Lambda access point itself",
                atom.span,
                "drop it: the supporting access point's policy asks for it by itself",
                fix=dropped(atom.span, safe=False),
            )
        elif foreign_at_first_hop(key):
            diagnostics.error(
                "key-not-at-object-lambda",
                f"`{atom.attribute.native}` is not evaluated at an Object Lambda access point",
                atom.span,
                "use `aws.…` or `olap.…` attributes; keys of S3 belong in the caller's identity policy on the"
                " supporting access point",
            )
        elif key == SOURCE_ARN:
            _check_distribution(atom, diagnostics)
    if statement.effect == "allow" and for_service:
        for atom in required(statement.when):
            if native(atom) == ORGANIZATION and not atom.negated:
                diagnostics.error(
                    "organization-of-a-service",
                    "a service principal belongs to no organization, so this never holds",
                    atom.span,
                    "give people and services statements of their own",
                )


def _check_distribution(atom: Atom, diagnostics: Diagnostics) -> None:
    for value in atom.values:
        fields = str(value.value).split(":", 5)
        if len(fields) == 6 and fields[2] == "cloudfront" and fields[3]:
            diagnostics.error(
                "distribution-arn-with-region",
                f"`{value.value}` has a Region, which a distribution has not",
                value.span or atom.span,
                write_instead(str(value.value), ":".join((*fields[:3], "", *fields[4:]))),
            )


def _principals(statement: Statement) -> tuple[Principal, ...]:
    return statement.who.principals if statement.who is not None else ()


def _check_callers(statement: Statement, diagnostics: Diagnostics) -> None:
    who = statement.who
    if who is None:
        return
    if who.negated:
        diagnostics.error(
            "allow-all-but",
            "an `allow` for everyone but a few lets strangers in",
            who.span,
            "list who may, or turn it round: `deny` the few",
        )
        return
    tested = {native(atom) for atom in required(statement.when) if not atom.negated and atom.op is not Op.EXISTS}
    for principal in who.principals:
        match principal.kind, principal.args:
            case "anonymous", _:
                diagnostics.error(
                    "anonymous-not-served",
                    "an Object Lambda access point serves no unsigned request",
                    who.span,
                    "name the callers that sign, such as `role(…)` or `cloudfront(…)`",
                )
            case "canonical_user", _:
                diagnostics.error(
                    "canonical-user-not-served",
                    "a policy of an Object Lambda access point names no canonical user",
                    who.span,
                    "name the account with `account(…)`",
                )
            case "service", (name,) if name == SERVICE:
                diagnostics.error(
                    "service-is-not-the-caller",
                    f"`{name}` calls nothing here: the later hops see the original caller",
                    who.span,
                    "name the callers themselves",
                )
            case "service", (name,) if name == CLOUDFRONT and not tested & {SOURCE_ARN, SOURCE_ACCOUNT}:
                diagnostics.error(
                    "any-distribution",
                    f'`service("{name}")` admits every distribution of every account',
                    who.span,
                    'name the distribution with `cloudfront(account, "ID")`',
                )
            case _ if principal.is_pattern:
                diagnostics.warning(
                    "pattern-may-be-public",
                    "a pattern of callers may make the access points' policies count as public,"
                    " which Block Public Access refuses",
                    who.span,
                    "name the callers, or the account with `account(…)`",
                )
            case _:
                pass


def _check_open(statement: Statement, chain: Chain, diagnostics: Diagnostics) -> None:
    """Statements for everyone: Block Public Access refuses them, and the function's permission cannot confine them."""
    who = statement.who
    if who is None or who.negated or not any(principal.kind in _EVERYONE for principal in who.principals):
        return
    confined = {native(atom) for atom in required(statement.when) if not atom.negated and atom.op is Op.EQ}
    if not confined & _CONFINING:
        diagnostics.error(
            "public-policy",
            "nothing that the supporting access point sees confines this to known callers, so Block Public"
            " Access refuses its policy",
            who.span,
            "name the callers, or add `when aws.PrincipalOrgID == …`",
        )
    elif ORGANIZATION not in confined and permissions(statement) & transformed_permissions(chain.transformed):
        diagnostics.error(
            "function-cannot-be-confined",
            "the permission to run the function can be confined to callers by name or by organization only",
            who.span,
            "name the callers after `who`, or add `when aws.PrincipalOrgID == …`",
        )
