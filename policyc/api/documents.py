"""Raw documents, as boto3 returns them or as files hold them: checked and asked without any policy file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from policyc.api.results import Answer, Findings, PolicyError
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.simulation.plainly import Plain
from policyc.text import Source

if TYPE_CHECKING:
    from policyc.targets.cedar_documents.protocol import Text

#: a policy as a dict, as JSON or Cedar text, or as a path to a file
Document: TypeAlias = Mapping[str, Any] | str | bytes | PathLike[str]
_FORMS: Final = "a dict, JSON or Cedar text, or a path"


def check(document: Document, *, kind: str = "", trust: Mapping[str, str] | None = None) -> Findings:
    """What is wrong or doubtful in one document, or at a path in whatever `policyc check PATH` reads: a document, a template, a folder.

    `kind` is one of those that `policyc check --as` takes (`auth-policy`, `identity`, `cedar`, …); empty tells it by the shape.
    `trust` maps policy reference names of Verified Access trust providers to their types.

    Raises `PolicyError` for a path that cannot be read, ValueError for a kind that there is not.
    """
    from policyc.workspace.documents.native_settings import NativeSettings, settings_of
    from policyc.workspace.documents.native_texts import check_texts

    check_kind(kind)
    path = path_of(document, "document")
    if path is not None:
        from policyc.api.opening import check_workspace, open_workspace

        workspace = open_workspace(path)
        return check_workspace(workspace, settings_of(workspace.config, kind, trust))
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
        if not isinstance(context, Mapping):
            raise TypeError(f"`context` takes a dict, not {type(context).__name__}")
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
        from policyc.simulation.documents.attached import ROLES, is_nothing, nothing_attached
        from policyc.simulation.plainly import DocumentAsker, Unaskable

        diagnostics = Diagnostics()
        texts: dict[str, Any] = {}
        for name, value in documents.items():
            role = _role(name, tuple(ROLES), diagnostics)
            if is_nothing(value, role):
                texts[role] = nothing_attached().text
            elif role:
                texts[role] = _read(value, name, ROLES[role], diagnostics)
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
        for item in _each(value, name):
            source = _cedar_text(item, name, diagnostics)
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


def _cedar_text(document: Document, name: str, diagnostics: Diagnostics) -> Source:
    """A Cedar text, or the one that a file holds."""
    from policyc.workspace.documents.asked import text_in
    from policyc.workspace.places import file_and_part

    path = path_of(document, name)
    if path is None:
        return source_of(document, name)
    file, part = file_and_part(path)
    source = source_of(Path(file), name)
    return text_in(source, part, {}, Path.cwd(), diagnostics) or source


def check_kind(kind: str) -> None:
    """Raises ValueError for a kind of document that there is not."""
    from policyc.targets.iam_documents.kinds import KINDS
    from policyc.workspace.documents import natives

    known = (*KINDS, "core-network", *natives.KINDS)
    if kind and kind not in known:
        raise ValueError(f"there is no kind `{kind}`; write one of {', '.join(known)}")


def path_of(document: Document, name: str) -> str | None:
    """The path that is meant; None for a document itself. Raises TypeError for what is neither."""
    if isinstance(document, str):
        text = document.lstrip("\ufeff \t\r\n")
        return None if text[:1] in ("", "{", "[", "@") or "\n" in document or "(" in document else document
    if isinstance(document, Mapping | bytes):
        return None
    if isinstance(document, PathLike):
        return fspath(document)
    raise TypeError(f"`{name}` takes {_FORMS}, not {type(document).__name__}")


def source_of(document: Document, name: str) -> Source:
    """The text of a document; one that is no file is called `<name>`. Raises `PolicyError` for a file that cannot be read."""
    if isinstance(document, Mapping):
        try:
            return Source(f"<{name}>", json.dumps(document, indent=2))
        except RecursionError:
            raise ValueError(f"`{name}` is nested too deeply") from None
        except (TypeError, ValueError) as error:  # a cycle, or values that JSON has not
            raise type(error)(f"`{name}` cannot be written as JSON: {error}") from error
    path = path_of(document, name)
    if path is None and isinstance(document, str):
        return Source(f"<{name}>", document)
    from policyc.bounded import read_regular
    from policyc.model.files import LARGEST_FILE

    diagnostics = Diagnostics()
    called = f"<{name}>" if path is None else path
    try:
        raw = document if isinstance(document, bytes) else read_regular(called, LARGEST_FILE)
        return Source(called, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        diagnostics.error("not-utf-8", f"`{called}` is not UTF-8 at byte {error.start}", None, "save it as UTF-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        diagnostics.error("unreadable-file", f"`{path}` cannot be read: {reason}", None, "check the path")
    raise PolicyError(Findings(diagnostics, {}))


def _each(value: Document | Sequence[Document], name: str) -> Iterator[Document]:
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield from value
    else:
        path_of(value, name)
        yield value


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


def _read(value: Document | Sequence[Document], name: str, kind: str, diagnostics: Diagnostics) -> Any:
    """The documents of a role, as texts or inside the files that hold them; lists stay lists, because they may be the levels of an organization."""
    from policyc.simulation.plainly import Read
    from policyc.workspace.documents.asked import document_in
    from policyc.workspace.places import file_and_part

    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_read(item, f"{name} {number}", kind, diagnostics) for number, item in enumerate(value, 1)]
    path = path_of(value, name)
    if path is None:
        return source_of(value, name).text
    file, part = file_and_part(path)
    source = source_of(Path(file), name)
    found = document_in(source, kind, part, {}, Path.cwd(), diagnostics)
    return source.text if found is None else Read(source, found.tree)


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
