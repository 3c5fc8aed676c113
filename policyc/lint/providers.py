"""Identity providers in trust policies: whose users a statement lets assume the role.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html; claims of each provider in its own guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policyc.engines.proofs.misfits import misfit
from policyc.holes import MARK, has_hole
from policyc.ir.authz import All, Atom, Cond, Glob, Op, RawTest, raw_attribute
from policyc.ir.conditions import tests
from policyc.lint.doors import is_positive
from policyc.model.values import Principal
from policyc.record import record
from policyc.regex import regex
from policyc.targets.iam_documents.key_values import described
from policyc.text import Span

#: providers that everybody can be a user of, by the host that their keys begin with -> the claim that tells them apart. Without a test of it
#: IAM saves no trust policy for these,
_CONTROLLED: Final = {
    "token.actions.githubusercontent.com": "sub",
    "vstoken.actions.githubusercontent.com": "sub",
    "oidc-configuration.audit-log.githubusercontent.com": "sub",
    "gitlab.com": "sub",
    "app.terraform.io": "sub",
    "agent.buildkite.com": "sub",
    "oidc.codefresh.io": "sub",
    "studio.datachain.ai/api": "sub",
    "scalr.io": "sub",
    "tokens.cloud.shisho.dev": "sub",
    "proidc.upbound.io": "sub",
    "api.pulumi.com/oidc": "aud",
    "oidc.vercel.com": "aud",
    "sandboxes.cloud": "aud",
    "cognito-identity.amazonaws.com": "aud",
}
#: and for these it does
_SHARED: Final = _CONTROLLED | {
    "bitbucket.org": "aud",
    "accounts.google.com": "aud",
    "graph.facebook.com": "app_id",
    "www.amazon.com": "app_id",
}
#: what is the same for all users of a provider whose users are told apart by `sub`, and says nothing of a pool of Cognito
_COMMON: Final = {"sub": ("aud",), "aud": ("amr",)}
_OIDC: Final = "oidc-provider/"
#: claims that say whose the token is, for a provider whose users `sub` tells apart
_OWNERS: Final = frozenset(
    {"repository", "repository_id", "repository_owner_id", "job_workflow_ref", "enterprise_id", "actor", "actor_id"}
    | {"project_id", "namespace_id", "user_id", "user_login", "user_email", "email"}
    | {"organization_id", "organization_slug", "pipeline_id", "cluster_id"}
)
#: claims that say which project or person a token is for, whatever `sub` leaves open, and those that say for which run of it
_WHOSE: Final = frozenset(
    {"repository", "repository_id", "job_workflow_ref", "actor", "actor_id", "project_id"}
    | {"user_id", "user_login", "user_email", "email", "oidc.circleci.com/project-id", "pipeline_id", "pipeline_slug"}
)
_WHICH_RUN: Final = _WHOSE | {"ref", "environment", "workflow", "ref_protected", "pipeline_source", "build_branch"}
#: the forms of `sub`: whose the project is, the project, and what of it the token is for; words for both; how one is written out
_SUBJECTS: Final = (
    (
        regex(r"repo:(?P<owner>[^/:*?]+)/(?P<project>[^:]*)(?::(?P<run>.*))?"),
        "repository of `{owner}`",
        "branch, tag and pull request of `{owner}/{project}`",
        "repo:{owner}/{project}:ref:refs/heads/main",
    ),
    (
        regex(r"project_path:(?P<owner>[^/:*?]+)/(?P<project>[^:]*)(?::(?P<run>.*))?"),
        "project of `{owner}`",
        "branch and tag of `{owner}/{project}`",
        "project_path:{owner}/{project}:ref_type:branch:ref:main",
    ),
    (
        regex(r"organization:(?P<owner>[^:*?]+):pipeline:(?P<project>[^:]*)(?::(?P<run>.*))?"),
        "pipeline of `{owner}`",
        "branch and tag of the pipeline `{project}`",
        "organization:{owner}:pipeline:{project}:ref:refs/heads/main:*",
    ),
    (
        regex(
            r"organization:(?P<owner>[^:*?]+):(?:project:[^:]*[*?][^:]*:workspace:)?(?P<project>[^:]*)(?::run_phase:.*)?"
        ),
        "workspace of `{owner}`",
        "",
        "organization:{owner}:project:{project}:workspace:production:run_phase:apply",
    ),
    (
        regex(
            r"organization:(?P<owner>[^:*?]+):project:(?P<project>[^:*?]+)(?::workspace:(?P<run>[^:]*))?(?::run_phase:.*)?"
        ),
        "",
        "workspace of the project `{project}`",
        "organization:{owner}:project:{project}:workspace:production:run_phase:apply",
    ),
    (
        regex(r"system:serviceaccount:(?P<project>[^:]*)(?::(?P<run>.*))?"),
        "service account of the cluster",
        "service account in the namespace `{project}`",
        "system:serviceaccount:{project}:api",
    ),
    (
        regex(r"org/(?P<owner>[^/*?]+)/(?:project/)?(?P<project>[^/]*)(?:/.*)?"),
        "project of the organization",
        "",
        "org/{owner}/project/5034460f-c7c4-4c43-9457-de07e2029e7b/user/*",
    ),
)
#: what is left of a pattern without its wildcards when it takes in every run of a project
_EVERY_RUN: Final = frozenset(
    {"", "ref:", "ref:refs/", "ref:refs/heads/", "environment:", "ref_type:", "ref_type:branch:ref:", "ref_type::ref:"}
)
_WILD: Final = regex(r"[*?]")
#: `repo:acme/`, `organization:acme:`: a claim whose owner stands there to its end
_OWNED: Final = regex(r"[^:*?]+:[^:/*?]+[:/].*|[^*?]+")


@record
class OpenProvider:
    """A provider whose users all may assume the role. `owner` is a pattern that leaves open whose they are, empty where no claim is tested;
    `refused` tells that IAM saves no such trust policy."""

    host: str
    claim: str
    owner: str = ""
    refused: bool = False

    @property
    def key(self) -> str:
        """The claim as it is asked for."""
        return f"its claim `{self.claim}`" if has_hole(self.host) else f"`{self.host}:{self.claim}`"


@record
class OpenSubject:
    """A pattern of `sub` that takes in more than one project, or every run of one (`one_project`). `who` says it for people,
    `example` is a value that names one."""

    who: str
    example: str
    one_project: bool
    span: Span | None


def open_subjects(when: Cond) -> Iterator[OpenSubject]:
    """The patterns of `sub` that leave open whose token they take, where no other claim says it."""
    items = when.items if isinstance(when, All) else (when,)
    fixed = {_claim(item) for item in items if _is_fixed(item)}
    for test in tests(when):
        if _claim(test) != "sub" or not is_positive(test):
            continue
        for text, span in _patterns(test):
            found = _open_subject(text, span)
            if found is not None and not fixed & (_WHICH_RUN if found.one_project else _WHOSE):
                yield found


def cluster_without_subject(principal: Principal, when: Cond) -> str:
    """The host of a cluster's provider none of whose claims but the audience is tested, so that all its service accounts pass; empty for others."""
    host = provider_of(principal)
    names = {name for name, _ in _claims(host, when)} if host.startswith("oidc.eks.") else set()
    return host if names and names <= {"aud"} else ""


def short_subjects(when: Cond) -> Iterator[tuple[str, str, Span | None]]:
    """The values of `sub` that end with the name of a repository or project: the value, how one goes on, and the place."""
    for test in tests(when):
        if _claim(test) != "sub" or not is_positive(test):
            continue
        for value in test.values:
            text = value.text if isinstance(value, Glob) else str(value.value)
            for form, _, _, example in _SUBJECTS[:2]:
                found = form.fullmatch(text)
                if found is not None and found["run"] is None and _WILD.search(text) is None:
                    yield text, example.format(owner=found["owner"], project=found["project"]), value.span or test.span


def _open_subject(text: str, span: Span | None) -> OpenSubject | None:
    for form, projects, runs, example in _SUBJECTS:
        found = form.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        owner, project, run = parts.get("owner") or "", parts["project"], parts.get("run")
        if projects and _WILD.search(project) is not None:
            like = f" whose name is like `{project}`" if project.strip("*?") else ""
            who = projects.format(owner=owner) + like
            return OpenSubject(who, example.format(owner=owner, project="shop"), False, span)
        if runs and run is not None and _WILD.search(run) is not None and _WILD.sub("", run) in _EVERY_RUN:
            known = {"owner": owner, "project": project}
            return OpenSubject(runs.format(**known), example.format(**known), True, span)
    return None


def _claim(item: Cond) -> str:
    """The claim of a provider that a test is about; empty for every other."""
    provider, _, claim = item.attribute.native.lower().partition(":") if isinstance(item, Atom | RawTest) else ("",) * 3
    return claim if "." in provider else ""


def _is_fixed(item: Cond) -> bool:
    """Whether a test holds for a value that is written out in more than its first part."""
    if not isinstance(item, Atom | RawTest) or not is_positive(item):
        return False
    texts = [value.text if isinstance(value, Glob) else str(value.value) for value in item.values]
    return all(text.strip("*?") and not text.endswith("/*") for text in texts)


def _patterns(test: Atom | RawTest) -> Iterator[tuple[str, Span | None]]:
    """The values of a test that are compared as patterns, with their places."""
    if isinstance(test, RawTest):
        if "Like" in test.operator:
            yield from ((glob.text, glob.span) for glob in test.values)
    elif test.op is Op.LIKE:
        yield from ((str(value.value), value.span or test.span) for value in test.values)


def provider_of(principal: Principal) -> str:
    """The host and path of an identity provider of OpenID Connect, as the keys of its claims begin, with its hole where it is not known; empty for
    other principals."""
    text = principal.args[-1] if principal.kind == "native" and principal.args[0] == "Federated" else ""
    host = MARK.sub(lambda hole: hole[2] if _OIDC in (hole[2] or "") else hole[0], text).partition(_OIDC)[2]
    return text if host == "*" else host or (text if text in _SHARED else "")


def open_provider(principal: Principal, when: Cond) -> OpenProvider | None:
    """What an identity provider in a trust policy lacks; None for other principals, and where a claim narrows it."""
    host = provider_of(principal)
    if not host or _asks_another(host, when):
        return None
    claim = _SHARED.get(host, "sub")
    common = _COMMON.get(claim, ()) if host in _SHARED else ()
    tested = [(name, values) for name, values in _claims(host, when) if name not in common]
    if not tested:
        told = any(name == claim for name, _ in _claims(host, when, every=True))
        return OpenProvider(host, claim, refused=host in _CONTROLLED and not told)
    shape = described(raw_attribute(f"{host.lower()}:sub"))
    loose = [
        value
        for name, values in tested
        for value in values
        if name == "sub" and _OWNED.fullmatch(value) is None and misfit(shape, value, wild=True) is None
    ]
    narrowed = any(
        all(map(_OWNED.fullmatch, values))
        if name == "sub"
        else name in _OWNERS and not any(value[:1] in ("*", "?") for value in values)
        for name, values in tested
    )
    if host not in _SHARED or claim != "sub" or narrowed or (not loose and any(name == "sub" for name, _ in tested)):
        return None
    return OpenProvider(host, claim, loose[0] if loose else "")


def _asks_another(host: str, when: Cond) -> bool:
    """Whether a claim of another provider has to be there, so that nobody is let in (`claim-of-another-provider`)."""
    items = when.items if isinstance(when, All) else (when,)
    keys = [item.attribute.native.lower() for item in items if isinstance(item, Atom | RawTest) and is_positive(item)]
    prefixes = {key.partition(":")[0] for key in keys}
    return any(prefix == "saml" or "." in prefix for prefix in prefixes - {host.lower()})


def _claims(host: str, when: Cond, every: bool = False) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The claims of a provider that have to have some value, with the values, or `every` one that is tested in some way. What is compared
    as it stands has no wildcards."""
    for item in tests(when) if every else when.items if isinstance(when, All) else (when,):
        if not isinstance(item, Atom | RawTest) or not (every or is_positive(item)):
            continue
        key, prefix = item.attribute.native.lower(), f"{host.lower()}:"
        if key.startswith(prefix):
            texts = (value.text if isinstance(value, Glob) else str(value.value) for value in item.values)
            compared = {text for text, _ in _patterns(item)}
            yield key.removeprefix(prefix), tuple(text if text in compared else _WILD.sub("x", text) for text in texts)
