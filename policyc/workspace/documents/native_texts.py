"""Documents that are texts of their own, checked: each by itself, and all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Policy
from policyc.packages import MissingPackage
from policyc.record import record, replace
from policyc.syntax.hidden import check_characters
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings, as_configured, rule_settings
from policyc.workspace.documents.natives import Native, native
from policyc.workspace.remembered import Remembered, findings, lasts, plain

if TYPE_CHECKING:
    from policyc.lint.registry import Settings

AUTH_POLICY = "auth-policy"


@record
class _Answer:
    """What an earlier run found in a text that has not changed: what is told of it (None: no policy, so that no rule looks at it), and the families and
    traits by which rules that look at several documents are chosen."""

    told: tuple[Diagnostic, ...]
    kind: str
    families: frozenset[str]
    traits: frozenset[str]


class _Text:
    """One text on its way: `answer` where it is known, else what was `found` in it and the `policy` that it states."""

    __slots__ = ("answer", "ending", "found", "key", "lasts", "policy", "settings", "source", "whole")

    def __init__(self, source: Source, ending: str, settings: NativeSettings, whole: bool) -> None:
        self.source, self.ending, self.settings, self.whole = source, ending, settings, whole
        self.found = Diagnostics()
        self.policy: Policy | None = None
        self.answer: _Answer | None = None
        self.key, self.lasts = "", True

    @property
    def native(self) -> Native:
        return native(self.ending, self.settings.kind)

    def check(self) -> None:
        """Find what is wrong with it by itself."""
        self.answer, self.found = None, Diagnostics()
        if self.whole:
            check_characters(self.source, self.found)
        try:
            self.policy = self.native.check(self.source, self.found, self._watched())
        except MissingPackage as missing:
            self.found.error("missing-package", str(missing), self.source.span(0, 0), missing.help)

    def _watched(self) -> NativeSettings:
        """Its settings; what hangs on other files does not last."""
        opened = self.settings.open_file

        def open_file(name: str, span: Any, diagnostics: Diagnostics) -> Source | None:
            self.lasts = False
            return opened(name, span, diagnostics)

        return self.settings if self.ending == ".json" else replace(self.settings, open_file=open_file)


def check_texts(
    texts: Sequence[tuple[Source, str]],
    diagnostics: Diagnostics,
    settings: NativeSettings,
    kinds: Mapping[str, str] = MappingProxyType({}),
    trusts: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    *,
    whole: bool = True,
    memory: Remembered | None = None,
) -> None:
    """Check documents, each by itself and all together; their endings (`.json`, `.cedar`), `kinds` by file or `settings.kind` say what
    they are, `trusts` by file the trust providers beside `settings.trust`. Those that are not `whole` stand in files whose characters are looked at elsewhere.
    What `memory` knows is not looked at again, but for what hangs on the others."""
    held = [_Text(source, ending, _own(source, settings, kinds, trusts), whole) for source, ending in texts]
    for text in held:
        if memory is not None:
            trust = sorted(text.settings.trust.items())
            text.key = memory.key(
                "text", text.ending, text.settings.kind, str(trust), text.source.file, text.source.text
            )
            text.answer = memory.known(text.key, _answer)
        if text.answer is None:
            text.check()
    by_rules = _ruled(held, rule_settings(settings)) if any(map(_states, held)) else {}
    for text in held:
        if text.answer is not None:
            diagnostics.extend(text.answer.told)
            continue
        for item in by_rules.pop(text.source.file, ()):
            text.found.add(item)
        told = tuple(as_configured(text.native.settle(text.source, text.found, settings), settings))
        diagnostics.extend(told)
        if memory is not None and text.lasts and lasts(told) and lasts(text.found):
            memory.keep(text.key, _kept(text, told))
    for found in by_rules.values():
        diagnostics.extend(as_configured(found, settings))


def _states(text: _Text) -> bool:
    """Whether a text states a policy, on which there are rules."""
    return bool(text.answer.kind) if text.answer is not None else text.policy is not None


def _own(
    source: Source, settings: NativeSettings, kinds: Mapping[str, str], trusts: Mapping[str, Mapping[str, str]]
) -> NativeSettings:
    """The settings for one of the texts."""
    kind, trust = kinds.get(source.file), trusts.get(source.file)
    own = replace(settings, kind=kind) if kind and kind != settings.kind else settings
    return replace(own, trust={**trust, **settings.trust}) if trust else own


def _ruled(held: Sequence[_Text], settings: Settings) -> dict[str, list[Diagnostic]]:
    """What the rules find in the texts that have no answer, by file. A text with one loses it where it hangs on the others after all."""
    known = [text for text in held if text.answer is not None and text.answer.kind]
    together = not known or _may_hang_together(held, settings)
    if not together and all(text.answer is not None or text.policy is None for text in held):
        return {}
    from policyc.lint.needs import looks_at_others
    from policyc.lint.raw.rules import program_of
    from policyc.lint.raw.sets import joined
    from policyc.lint.registry import findings_of, speaking, told

    across: list[Diagnostic] = []
    linked: dict[str, Policy] = {}
    if together:
        for text in known:
            text.policy = text.native.stated(text.source, text.settings)
        stating = [text for text in held if text.policy is not None]
        every = joined([text.policy for text in stating if text.policy is not None])
        linked = {text.source.file: policy for text, policy in zip(stating, every, strict=True)}
        if known:
            program = program_of(every, [text.source for text in stating])
            across = findings_of(filter(looks_at_others, speaking(program)), program, (), settings)
        met = set(map(_file, across))
        for text in known:
            is_linked = linked.get(text.source.file) is not text.policy
            if is_linked or not met.isdisjoint(("", text.source.file)):
                text.check()
    fresh = [text for text in held if text.answer is None and text.policy is not None]
    policies = [linked.get(text.source.file) or text.policy for text in fresh if text.policy is not None]
    program = program_of(policies, [text.source for text in fresh])  # whoever is linked with one of them is among them
    names = [name for name in speaking(program) if not (known and looks_at_others(name))]
    found = [*findings_of(names, program, (), settings), *across]
    shared = {_file(item) for item in found if looks_at_others(item.rule) or item.span is None}
    for text, policy in zip(fresh, policies, strict=True):
        text.lasts = text.lasts and policy is text.policy and shared.isdisjoint(("", text.source.file))
    causes = [item for text in held if text.answer is None for item in text.found]
    by_file: dict[str, list[Diagnostic]] = {}
    for item in told(found, program, settings, causes):
        by_file.setdefault(_file(item), []).append(item)
    return by_file


def _file(item: Diagnostic) -> str:
    return "" if item.span is None else item.span.file


def _may_hang_together(held: Sequence[_Text], settings: Settings) -> bool:
    """Whether a rule that looks at several documents may have something to say, or one document say what another is."""
    from policyc.lint.needs import looks_at_others
    from policyc.lint.raw.rules import program_of
    from policyc.lint.registry import facts_of, rules_for

    answers = [text.answer for text in held if text.answer is not None]
    policies = [text.policy for text in held if text.answer is None and text.policy is not None]
    families, traits = facts_of(program_of(policies, ())) if policies else (frozenset[str](), frozenset[str]())
    kinds = [*(answer.kind for answer in answers), *(policy.kind for policy in policies)]
    names = rules_for(
        families.union(*(answer.families for answer in answers)), traits.union(*(answer.traits for answer in answers))
    )
    return kinds.count(AUTH_POLICY) > 1 or any(settings.runs(name) for name in filter(looks_at_others, names))


# --- what is kept -----------------------------------------------------------------------------------------------


def _answer(kept: Any) -> _Answer:
    told, kind, families, traits = kept
    if not isinstance(kind, str) or not all(isinstance(word, str) for word in (*families, *traits)):
        raise TypeError
    return _Answer(findings(told), kind, frozenset(families), frozenset(traits))


def _kept(text: _Text, told: Sequence[Diagnostic]) -> list[Any]:
    if text.policy is None:
        return [plain(told), "", [], []]
    from policyc.lint.raw.rules import program_of
    from policyc.lint.registry import facts_of

    families, traits = facts_of(program_of([text.policy], ()))
    return [plain(told), text.policy.kind, sorted(families), sorted(traits)]
