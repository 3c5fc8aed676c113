"""Raw documents, as boto3 returns them or as files hold them: checked and asked without any policy file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias

from policyc.api.results import Answer, Findings, PolicyError
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.simulation.plainly import Plain
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.targets.cedar_documents.protocol import Text

#: a policy as a dict, as JSON or Cedar text, or as a path to a file
Document: TypeAlias = Mapping[str, Any] | str | PathLike[str]


def check(document: Document, *, kind: str = "", trust: Mapping[str, str] | None = None) -> Findings:
    """What is wrong or doubtful in one document.

    `kind` is one of those that `policyc check --as` takes (`auth-policy`, `identity`, `cedar`, …); empty tells it by the shape.
    `trust` maps policy reference names of Verified Access trust providers to their types.
    """
    from policyc.workspace.native_settings import NativeSettings
    from policyc.workspace.native_texts import check_texts

    source = source_of(document, "document")
    diagnostics = Diagnostics()
    ending = ".json" if source.text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else ".cedar"
    check_texts([(source, ending)], diagnostics, NativeSettings(kind=kind, trust=trust or {}))
    return Findings(diagnostics, {source.file: source})


def simulate(
    documents: Mapping[str, Document | Sequence[Document]],
    *,
    who: str | None = None,
    can: str | None = None,
    path: str | None = None,
    action: str | None = None,
    resource: str | None = None,
    context: Mapping[str, Any] | None = None,
    unknown: Sequence[str] = (),
    absent: Sequence[str] = (),
    assume_unknown: bool = False,
    switches: Mapping[str, str] | None = None,
    **stated: Plain,
) -> Answer:
    """The answer of raw documents to one request.

    `documents` maps roles (those of `policyc simulate`, with or without `-policy`: `identity`, `service`, `network`, `bucket`, `scp`, …)
    to a document or several. A request to IAM states `action` and `resource`; one through a chain of VPC Lattice or S3 Object
    Lambda states `can` and `path`, and the ARNs of the chain (`service_arn=…`). With `context` the documents are the Cedar texts
    of a Verified Access `group` and `endpoint`. Further keyword arguments with a dot or a colon are attributes or condition keys
    (`**{"source.vpc": "vpc-…"}`), the others options of the command (`network_auth="none"`).

    Raises `PolicyError` when the request cannot be asked.
    """
    if context is not None:
        return _cedar(documents, context, unknown, switches or {})
    return Documents(documents, switches=switches).simulate(
        who=who,
        can=can,
        path=path,
        action=action,
        resource=resource,
        unknown=unknown,
        absent=absent,
        assume_unknown=assume_unknown,
        **stated,
    )


class Documents:
    """IAM documents by role, read once for many requests; `simulate` is as the function of that name. Raises `PolicyError`."""

    def __init__(
        self, documents: Mapping[str, Document | Sequence[Document]], *, switches: Mapping[str, str] | None = None
    ) -> None:
        from policyc.simulation.documents.attached import ROLES
        from policyc.simulation.plainly import DocumentAsker, Unaskable

        diagnostics = Diagnostics()
        texts: dict[str, Any] = {}
        for name, value in documents.items():
            texts[_role(name, tuple(ROLES), diagnostics)] = _texts(value, name)
        if diagnostics.has_errors:
            raise PolicyError(Findings(diagnostics, {}))
        try:
            self._asker = DocumentAsker(texts, switches or {})
        except Unaskable as error:
            raise PolicyError(Findings(error.diagnostics, {})) from error

    def simulate(
        self,
        *,
        who: str | None = None,
        can: str | None = None,
        path: str | None = None,
        action: str | None = None,
        resource: str | None = None,
        unknown: Sequence[str] = (),
        absent: Sequence[str] = (),
        assume_unknown: bool = False,
        **stated: Plain,
    ) -> Answer:
        """The answer to one request."""
        from policyc.simulation.documents.question import ARNS
        from policyc.simulation.plainly import Unaskable

        arns, settings, attributes = _sorted(stated, ARNS)
        twice = [name for name in absent if name in attributes]
        if twice:
            diagnostics = Diagnostics()
            diagnostics.error("duplicate-key", f"`{twice[0]}` is stated and absent", None, "leave one of the two out")
            raise PolicyError(Findings(diagnostics, self._asker.sources))
        attributes |= dict.fromkeys(absent)
        try:
            outcome = self._asker.ask(
                who=who,
                action=action,
                resource=resource,
                can=can,
                path=path,
                unknown=unknown,
                assume_unknown=assume_unknown,
                arns=arns,
                settings=settings,
                **attributes,
            )
        except Unaskable as error:
            raise PolicyError(Findings(error.diagnostics, self._asker.sources)) from error
        return Answer(outcome, self._asker.sources)


def _cedar(
    documents: Mapping[str, Document | Sequence[Document]],
    context: Mapping[str, Any],
    unknown: Sequence[str],
    switches: Mapping[str, str],
) -> Answer:
    from policyc.engines.cedar.decide import NotOpen, UnusableContext
    from policyc.syntax.cedar_text import parse_cedar
    from policyc.targets.cedar_documents.facts import split_name
    from policyc.targets.cedar_documents.protocol import Question
    from policyc.targets.cedar_documents.text.paths import declared_names
    from policyc.targets.cedar_documents.text.supported import check_supported
    from policyc.targets.cedar_texts import target_of, text_targets

    diagnostics = Diagnostics()
    sources: dict[str, Source] = {}
    held: dict[str, Text] = {}
    for name, value in documents.items():
        role = _role(name, text_targets()[0].gates, diagnostics)
        for item in _each(value):
            source = source_of(item, name)
            sources[source.file] = source
            parsed = parse_cedar(source, diagnostics)
            if parsed is not None and check_supported(source, parsed, diagnostics):
                held[role] = (source, parsed)
    open_paths = []
    for text in unknown:
        found = split_name(text.removeprefix("context."))
        if found is None:
            diagnostics.error("malformed-setting", f"`{text}` is no attribute", None, "write it as `provider.claim`")
        else:
            open_paths.append(found)
    if diagnostics.has_errors:
        raise PolicyError(Findings(diagnostics, sources))
    target = target_of(
        [text[1] for text in held.values()], {name for text in held.values() for name in declared_names(text[1])}
    )
    try:
        outcome = target.ask_texts(held, Question(context, open_paths, switches))
    except (UnusableContext, NotOpen) as error:
        diagnostics.error("unusable-request", f"`{'.'.join(error.path)}` {error.why}", None, "state another value")
        raise PolicyError(Findings(diagnostics, sources)) from error
    return Answer(outcome, sources)


def source_of(document: Document, name: str) -> Source:
    """The text of a document; one that is no file is called `<name>`. Raises `PolicyError` for a file that cannot be read."""
    if isinstance(document, Mapping):
        return Source(f"<{name}>", json.dumps(document, indent=2))
    if isinstance(document, str) and (document.lstrip()[:1] in ("{", "[", "@") or "\n" in document or "(" in document):
        return Source(f"<{name}>", document)
    from policyc.bounded import read_regular
    from policyc.model.files import LARGEST_FILE

    path = fspath(document)
    diagnostics = Diagnostics()
    try:
        return Source(path, read_regular(path, LARGEST_FILE).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        diagnostics.error("not-utf-8", f"`{path}` is not UTF-8 at byte {error.start}", None, "save the file as UTF-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        diagnostics.error("unreadable-file", f"`{path}` cannot be read: {reason}", None, "check the path")
    raise PolicyError(Findings(diagnostics, {}))


def _each(value: Document | Sequence[Document]) -> Iterator[Document]:
    if isinstance(value, Mapping | str | PathLike):
        yield value
    else:
        yield from value


def _role(name: str, roles: Sequence[str], diagnostics: Diagnostics) -> str:
    wanted = name.replace("_", "-")
    for role in (wanted, f"{wanted}-policy", wanted.removesuffix("-policy")):
        if role in roles:
            return role
    known = [role.removesuffix("-policy") for role in roles]
    listed = ", ".join(f"`{role}`" for role in known)
    diagnostics.error(
        "unknown-role", f"no document has the role `{name}`", None, did_you_mean(wanted, known, f"roles are {listed}")
    )
    return ""


def _texts(value: Document | Sequence[Document], name: str) -> Any:
    """The texts of a role's documents; lists stay lists, because they may be the levels of an organization."""
    if isinstance(value, Mapping | str | PathLike):
        return source_of(value, name).text
    return [_texts(item, f"{name} {number}") for number, item in enumerate(value, 1)]


def _sorted(
    stated: Mapping[str, Plain], arns: Sequence[str]
) -> tuple[dict[str, str], dict[str, str], dict[str, Plain]]:
    """ARNs of a chain, settings of the question, and attributes (names with a dot, a colon or a bracket)."""
    places: dict[str, str] = {}
    settings: dict[str, str] = {}
    attributes: dict[str, Plain] = {}
    for name, value in stated.items():
        word = name.replace("_", "-")
        if any(mark in name for mark in ".:["):
            attributes[name] = value
        elif word.removesuffix("-arn") in arns and word.endswith("-arn"):
            places[word.removesuffix("-arn")] = str(value)
        else:
            settings[word] = str(value)
    return places, settings, attributes
