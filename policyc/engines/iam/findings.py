"""What the reader of one document carries along: its kind, its language version, its findings.

Rule names follow the ids of IAM Access Analyzer in kebab-case where it has one (reference section 13). What AWS refuses
to store, or what leaves the meaning open, is an error; what AWS stores and evaluates is at most a warning.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from policyc.diagnostics import Advice, Diagnostic, Diagnostics, Fix, Label, Severity
from policyc.engines.iam.statement import Kind
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.templates import unrendered
from policyc.engines.iam.variables import Template, VariableError, read_template
from policyc.record import field, record
from policyc.syntax.json_text import JsonArray, JsonBool, JsonNull, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Span

#: kinds that customers keep as managed policies, in IAM or in an organization
_MANAGED = frozenset({Kind.IDENTITY, Kind.BOUNDARY, Kind.SCP, Kind.RCP})
#: texts that are remembered
_MOST_SILENT = 4096


@lru_cache(maxsize=16)
def silent(kind: Kind, version: str, switches: Switches) -> dict[object, Any]:
    """What the documents that are read alike remember together."""
    return {}


@record(frozen=False)
class Reading:
    """One document being read. `version` is empty when absent; `used` gathers the switches that shaped a statement, and
    `version_told` tells whether a finding spoke of the version already, `version_fix` writes the present one; `tolerated` are rules whose findings leave the document usable;
    `is_open` tells that a hole stands somewhere in it.

    Documents repeat themselves and one another: `silent` remembers by its text what was read without a word to say, and `told` counts the words.
    """

    kind: Kind
    version: str
    switches: Switches
    diagnostics: Diagnostics
    failed: bool = False
    used: set[str] = field(default_factory=set)
    version_told: bool = False
    version_fix: Fix | None = None
    silent: dict[object, Any] = field(default_factory=dict)
    told: int = 0
    tolerated: frozenset[str] = frozenset()
    is_open: bool = False

    def remember(self, text: object, made: Any) -> None:
        """Keep what was made of a text without a word to say."""
        if len(self.silent) >= _MOST_SILENT:
            self.silent.clear()
        self.silent[text] = made

    def use(self, switch: str) -> None:
        """A switch shaped the statement."""
        self.told += 1
        self.used.add(switch)

    def error(
        self, rule: str, message: str, span: Span, help: str, labels: tuple[Label, ...] = (), fix: Fix | None = None
    ) -> None:
        self.failed = self.failed or rule not in self.tolerated
        self.told += 1
        self.diagnostics.error(rule, message, span, help, labels, fix)

    def refuse(self, rule: str, message: str, span: Span, help: str, labels: tuple[Label, ...] = ()) -> None:
        """An error about what AWS does not store though its meaning is plain: the document can still be evaluated."""
        self.told += 1
        self.diagnostics.error(rule, message, span, help, labels)

    def warn(
        self, rule: str, message: str, span: Span, help: str, labels: tuple[Label, ...] = (), fix: Fix | None = None
    ) -> None:
        self.told += 1
        self.diagnostics.warning(rule, message, span, help, labels, fix)

    def note(self, rule: str, message: str, span: Span, help: str) -> None:
        """What does no harm and means nothing."""
        self.told += 1
        self.diagnostics.add(Diagnostic(rule, message, span, help, Severity.INFO))

    def mistake(self, rule: str, message: str, span: Span, help: str) -> None:
        """What never matches: a warning in documents of IAM, which stores it, and an error where a service's own checks refuse it."""
        (self.warn if self.kind.keeps_unknown_words else self.error)(rule, message, span, help)

    def doubt(self, rule: str, message: str, span: Span, help: str, fix: Fix | None = None) -> None:
        """What AWS refuses in managed policies and stores elsewhere: a warning where the document may be one, else a note."""
        self.told += 1
        serious = self.kind in _MANAGED
        severity = Severity.WARNING if serious else Severity.INFO
        self.diagnostics.add(Diagnostic(rule, message, span, help, severity, fix=fix))

    @property
    def expands(self) -> bool:
        """Whether `${…}` is a variable in this document."""
        if self.version:
            return self.version == "2012-10-17"
        return self.switches.variables_without_version == "expand"

    def is_template(self, text: str, span: Span) -> bool:
        """Whether a text holds `${…}` that is no policy variable; that is an error, and nothing else is said about the text."""
        found = unrendered(text) if "${" in text else None
        if found is not None:
            help = (
                "render the template first; a policy variable names a condition key, such as `${aws:PrincipalTag/team}`"
            )
            self.error("template-in-text", f"`{found}` is no policy variable", span, help)
        return found is not None

    def template(self, text: str, span: Span, *, wildcards: bool, variables: bool) -> Template:
        """The tokens of a pattern; a malformed variable is an error and the text is then taken literally."""
        if "${" not in text:
            return read_template(text, wildcards=wildcards, variables=False)
        if self.is_template(text, span):
            return read_template(text, wildcards=wildcards, variables=False)
        if variables:
            self._note_version(text, span)
        try:
            return read_template(text, wildcards=wildcards, variables=variables and self.expands)
        except VariableError as problem:
            right = problem.right
            self.error(problem.rule, str(problem), span, Advice(problem.help, text, right) if right else problem.help)
            return read_template(text, wildcards=wildcards, variables=False)

    def _note_version(self, text: str, span: Span) -> None:
        self.version_told |= not self.expands or not self.version
        if not self.version:
            self.use("variables-without-version")
            help = 'add `"Version": "2012-10-17"`'
            message = f"`{text}` may be read as plain text: the policy has no Version"
            self.warn("missing-version", message, span, help, fix=self.version_fix)
        elif not self.expands:
            help = 'set `"Version": "2012-10-17"`, or write the text without `${`'
            rule = "variable-unsupported-in-version"
            self.warn(rule, f"`{text}` is plain text under version `{self.version}`", span, help, fix=self.version_fix)

    def wrong_type(self, value: JsonValue, what: str, wanted: str) -> None:
        self.error("data-type-mismatch", f"{what} is {type_name(value)}", value.span, f"write {wanted}")

    def strings(self, value: JsonValue, what: str) -> list[JsonString]:
        """A string or a list of strings."""
        if isinstance(value, JsonString):
            return [value]
        items = value.items if isinstance(value, JsonArray) else (value,)
        found = [item for item in items if isinstance(item, JsonString)]
        if len(found) < len(items):
            for item in items:
                if not isinstance(item, JsonString):
                    self.wrong_type(item, what, "a string or a list of strings")
        return found


def is_empty(value: JsonValue) -> bool:
    """Whether a value is a list without items."""
    return isinstance(value, JsonArray) and not value.items


def type_name(value: JsonValue) -> str:
    match value:
        case JsonObject():
            return "an object"
        case JsonArray():
            return "a list"
        case JsonString():
            return "a string"
        case JsonNumber():
            return "a number"
        case JsonBool():
            return "true or false"
        case JsonNull():
            return "null"
