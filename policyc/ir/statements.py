"""Policies: clauses resolved, conditions lowered, one `Statement` for each `allow` or `deny`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from policyc.diagnostics import Diagnostics, Label, did_you_mean, rewritten
from policyc.ir.authz import Always, Can, Cond, Paths, Policy, Resources, Statement, Who
from policyc.ir.conditions import conjunction
from policyc.ir.lower import lower_condition
from policyc.ir.raw_forms import NativeForms, is_raw, raw_principal, raw_resources, raw_verb
from policyc.ir.target_port import TargetPort
from policyc.model.names import known_names
from policyc.model.scope import Scope
from policyc.model.types import PRINCIPAL, RESOURCE, STRING
from policyc.model.values import Principal, Resource, ResourceLink
from policyc.model.vocabulary import Attribute, ClauseRule, Verb, Vocabulary
from policyc.record import record, replace
from policyc.syntax import nodes
from policyc.text import Span


@record
class Built:
    """A policy as it could be read, without the statements that could not be, and with these as wide as can be; both None where its head is wrong."""

    read: Policy | None
    widest: Policy | None


_NOTHING = Built(None, None)


def widest(statement: Statement) -> Statement:
    """A statement that says of every request to its resources what it says of some."""
    who = None if statement.who is None else Who((Principal("anyone", ()),), span=statement.who.span)
    return replace(statement, who=who, can=None if statement.can is None else Can(()), path=None, when=Always())


@record(frozen=False)
class StatementBuilder:
    """Turns one policy's statements into IR; `resources` are all of the project."""

    scope: Scope
    words: TargetPort
    resources: Mapping[str, Resource]
    diagnostics: Diagnostics

    def build(self, node: nodes.Policy) -> Built:
        """The checked policy. Bad statements are reported; of one whose head is wrong nothing comes back."""
        target = node.target.text
        if target not in self.words.targets:
            self.diagnostics.error(
                "unknown-target",
                f"unknown target `{target}`",
                node.target.span,
                did_you_mean(
                    target, self.words.targets, "targets are " + ", ".join(f"`{t}`" for t in self.words.targets)
                ),
            )
            return _NOTHING
        if target in self.words.networks:
            self.diagnostics.error(
                "wrong-target",
                f"`{target}` takes a `network`, not a `policy`",
                node.target.span,
                f'write `network {node.name.text} for {target} version "…" {{ … }}`',
            )
            return _NOTHING
        vocabulary = self.words.vocabulary(target)
        on = self._attached(node, vocabulary)
        if on is None:
            return _NOTHING
        attributes = self.words.scope(target, on, self.resources)
        statements = []
        widest = []
        labels: dict[str, Span] = {}
        for index, statement in enumerate(node.statements):
            lowered = self._statement(statement, index, on, vocabulary, attributes, labels)
            widest.append(lowered or self._widest(statement, index, on, vocabulary))
            if lowered is not None:
                statements.append(lowered)
        if not node.statements:
            self.diagnostics.error(
                "empty-policy",
                f"the policy `{node.name.text}` has no statement",
                node.name.span,
                "add an `allow` or a `deny`; an empty policy would refuse everyone",
            )

        def policy_of(held: Sequence[Statement]) -> Policy | None:
            if not held:
                return None  # said already, statement by statement
            return Policy(node.name.text, target, on, tuple(held), self.scope.file, node.span, node.name.span, node.doc)

        read = policy_of(statements)
        return Built(read, read if len(statements) == len(widest) else policy_of(widest))

    def scope_of(self, node: nodes.Statement, on: Resource) -> Statement | None:
        """The requests to a resource that clauses describe, as a statement; None after reporting what is wrong. No clause is required."""
        kind = self.words.resource_types()[on.type]
        vocabulary = self.words.vocabulary(kind.target)
        rule: ClauseRule = "optional" if kind.verbs else "forbidden"
        clauses: dict[str, ClauseRule] = dict.fromkeys(("who", "can", "path"), rule)
        attributes = self.words.scope(kind.target, on, self.resources)
        return self._statement(node, 0, on, vocabulary.altered(clauses=clauses), attributes, {})

    def claim_of(
        self, node: nodes.Statement, on: Resource | Principal, target: str, attributes: Mapping[str, Attribute]
    ) -> Statement | None:
        """The requests that a raw document is asked about, as clauses describe them; `on` stands for what it is attached to, and `target`
        is one whose raw forms are those of the document."""
        rule: ClauseRule = "optional"
        clauses: dict[str, ClauseRule] = dict.fromkeys(("who", "can", "on"), rule)
        return self._statement(node, 0, on, self.words.vocabulary(target).altered(clauses=clauses), attributes, {})

    def _widest(self, node: nodes.Statement, index: int, on: Resource | Principal, vocabulary: Vocabulary) -> Statement:
        """The statement if all that it asks were asked of nobody: on whatever resources can still be told, for every request."""
        given = {clause.word: clause for clause in node.clauses if isinstance(clause, nodes.ListClause)}
        silent = replace(self, diagnostics=Diagnostics())
        native = self.words.native(vocabulary.target)
        aimed = silent._on(given.get("on"), native)
        objects, resources = aimed or ((), None)
        if aimed is None or (vocabulary.clauses.get("on") == "required" and not objects and resources is None):
            kinds = self.words.resource_types()
            asked = (item for item in self.resources.values() if kinds[item.type].requests and kinds[item.type].verbs)
            objects = tuple(asked)
        if native is not None and not objects and resources is None and "on" in given:
            resources = Resources((native.resource("*", node.span),), span=node.span)
        label = node.label.value if node.label else f"{node.effect}-{index + 1}"
        empty = Statement(node.effect, label, None, None, objects, None, Always(), index, node.span)
        callers = "who" in given or vocabulary.clauses.get("who") == "required"
        return widest(replace(empty, who=Who(()) if callers else None, resources=resources, doc=node.doc))

    # --- what the policy is on --------------------------------------------------------------------------------

    def _attached(self, node: nodes.Policy, vocabulary: Vocabulary) -> Resource | Principal | None:
        wanted = [name for name, kind in vocabulary.resource_types.items() if kind.policies]
        definition = self.scope.lookup(node.on.simple or "")
        if definition is None:
            kinds = ("resource",) if wanted else ("principal",)
            self.diagnostics.error(
                "unknown-name",
                f"unknown name `{node.on.text}`",
                node.on.span,
                did_you_mean(
                    node.on.text, known_names(self.scope.table, kinds), f"declare a {kinds[0]} with that name"
                ),
            )
            return None
        value = self.scope.definition_value(definition, self.diagnostics)
        if value is None and definition.has_value:
            return None
        data = None if value is None else value.data
        declared = (Label(definition.node.name.span, "declared here"),)
        if isinstance(data, ResourceLink):
            resource = self.resources.get(data.id)
            if resource is None:
                return None  # its own declaration was refused
            if resource.type in wanted:
                return resource
            self.diagnostics.error(
                "wrong-resource-type",
                f"a policy for {vocabulary.target} cannot be on `{node.on.text}`, a `{resource.type}`",
                node.on.span,
                "put it on " + (" or ".join(f"a `{name}`" for name in wanted) if wanted else "a principal"),
                declared,
            )
            return None
        if isinstance(data, Principal) and not wanted:
            return data
        self.diagnostics.error(
            "wrong-kind",
            f"`{node.on.text}` is a {definition.kind}, which a policy for {vocabulary.target} cannot be on",
            node.on.span,
            "name a resource" if wanted else "name a principal",
            declared,
        )
        return None

    # --- one statement ----------------------------------------------------------------------------------------

    def _statement(
        self,
        node: nodes.Statement,
        index: int,
        on: Resource | Principal,
        vocabulary: Vocabulary,
        attributes: Mapping[str, Attribute],
        labels: dict[str, Span],
    ) -> Statement | None:
        before = len(self.diagnostics)
        label = self._label(node, index, labels)
        clauses = self._clauses(node, vocabulary)
        native = self.words.native(vocabulary.target)
        if native is None and self._has_raw(clauses):
            return None
        aimed = self._on(clauses.get("on"), native)
        if aimed is None:
            return None
        objects, resources = aimed
        types = {resource.type for resource in objects} or ({on.type} if isinstance(on, Resource) else set())
        who = self._who(clauses.get("who"), node.effect)
        can = self._can(clauses.get("can"), types)
        path = self._path(clauses.get("path"))
        hint = partial(self.words.hint, vocabulary.target, on, self.resources)
        when = self._when(node, attributes, hint, native)
        if (who is None and "who" in clauses) or (path is None and "path" in clauses):
            return None  # a value was refused where it is declared
        if when is None or any(item.severity == "error" for item in list(self.diagnostics)[before:]):
            return None
        return Statement(
            effect=node.effect,
            label=label,
            who=who,
            can=can,
            on=objects,
            path=path,
            when=when,
            index=index,
            span=node.span,
            label_span=node.label.span if node.label else None,
            doc=node.doc,
            resources=resources,
        )

    def _has_raw(self, clauses: Mapping[str, nodes.ListClause]) -> bool:
        """Whether a clause holds a raw form, reported for a target that has none."""
        found = [item for clause in clauses.values() for item in clause.items if is_raw(item, self.scope)]
        for item in found:
            self.diagnostics.error(
                "misplaced-raw-form", "this target has no raw forms", item.span, "write it in the words of the language"
            )
        return bool(found)

    def _label(self, node: nodes.Statement, index: int, labels: dict[str, Span]) -> str:
        if node.label is None:
            return f"{node.effect}-{index + 1}"
        text, span = node.label.value, node.label.span
        if not any(char.isalnum() for char in text):
            self.diagnostics.error(
                "malformed-label", "a label needs a letter or a digit", span, "name what the statement is for"
            )
        elif any(ord(char) < 32 or ord(char) == 127 for char in text):
            self.diagnostics.error("malformed-label", "a label stays on one line", span, "drop the control characters")
        if text in labels:
            self.diagnostics.error(
                "duplicate-label",
                f"the label `{text}` is used twice in this policy",
                span,
                "give each statement its own label",
                (Label(labels[text], "first used here"),),
            )
        labels.setdefault(text, span)
        return text

    def _clauses(self, node: nodes.Statement, vocabulary: Vocabulary) -> dict[str, nodes.ListClause]:
        found: dict[str, nodes.ListClause] = {}
        for clause in node.clauses:
            if isinstance(clause, nodes.Condition):
                continue
            if vocabulary.clauses.get(clause.word, "forbidden") == "forbidden":
                hint = vocabulary.hints.get(clause.word, "say it in a `when` condition")
                self.diagnostics.error(
                    "clause-not-allowed",
                    f"a statement for {vocabulary.target} has no `{clause.word}`",
                    clause.span,
                    hint,
                )
                continue
            if clause.word in found:
                self.diagnostics.error(
                    "duplicate-clause",
                    f"`{clause.word}` is given twice",
                    clause.span,
                    "join them with commas",
                    (Label(found[clause.word].span, "first given here"),),
                )
                continue
            found[clause.word] = clause
        for word, rule in vocabulary.clauses.items():
            if rule == "required" and not any(
                isinstance(clause, nodes.ListClause) and clause.word == word for clause in node.clauses
            ):
                span = node.label.span if node.label else node.span.at_start()
                self.diagnostics.error(
                    "missing-clause",
                    f"the statement lacks `{word}`",
                    span,
                    vocabulary.hints.get(word, f"add a `{word}` clause"),
                )
        return found

    def _who(self, clause: nodes.ListClause | None, effect: str) -> Who | None:
        """None without a clause, or when one of its callers was refused."""
        if clause is None:
            return None
        principals: list[Principal | None] = []
        raw = [item for item in clause.items if is_raw(item, self.scope)]
        for item in clause.items:
            if isinstance(item, nodes.Call) and item in raw:
                principals.append(raw_principal(item, self.scope, self.diagnostics, clause.negated))
                continue
            value = self.scope.value(item, PRINCIPAL, self.diagnostics)
            principals.append(value.data if value is not None and isinstance(value.data, Principal) else None)
        if raw and clause.negated and len(raw) < len(clause.items):
            self.diagnostics.error(
                "misplaced-raw-form",
                "`who not raw(…)` is a `NotPrincipal`, which holds nothing but raw principals",
                clause.span,
                "name all callers of this clause with `raw`, or none of them",
            )
        by_level = bool(raw) and clause.negated and effect == "deny"
        named = [principal for principal in principals if principal is not None]
        return Who(tuple(named), clause.negated, clause.span, by_level) if None not in principals else None

    def _can(self, clause: nodes.ListClause | None, types: set[str]) -> Can | None:
        if clause is None:
            return None
        known = self.words.resource_types()
        verbs: list[Verb] = []
        for item in clause.items:
            if isinstance(item, nodes.Call) and is_raw(item, self.scope):
                raw = raw_verb(item, self.scope, self.diagnostics)
                verbs += [] if raw is None else [raw]
                continue
            word = item.simple if isinstance(item, nodes.Ref) else None
            if word is None:
                help = "write verbs side by side, such as `can GET, HEAD`"
                if isinstance(item, nodes.Str):
                    help = "leave the clause out: without `can` every verb is meant"
                    if item.value != "*":
                        help = f"write it without quotes: `{item.value}`"
                self.diagnostics.error("unknown-verb", "a verb is one bare word", item.span, help)
                continue
            found = [known[kind].verbs[word] for kind in sorted(types) if kind in known and word in known[kind].verbs]
            missing = [kind for kind in sorted(types) if kind in known and word not in known[kind].verbs]
            if missing:
                names = known[missing[0]].verbs
                self.diagnostics.error(
                    "unknown-verb",
                    f"nobody can `{word}` a `{missing[0]}`",
                    item.span,
                    did_you_mean(word, names, "its verbs are " + ", ".join(f"`{name}`" for name in list(names)[:12])),
                )
                continue
            verbs.extend(found)
        if len({verb.glob for verb in verbs}) > 1:
            help = "name all actions of this clause with `raw`, or none of them"
            self.diagnostics.error("misplaced-raw-form", "the clause mixes verbs and raw actions", clause.span, help)
        return Can(tuple(verbs), clause.negated, clause.span)

    def _on(
        self, clause: nodes.ListClause | None, native: NativeForms | None
    ) -> tuple[tuple[Resource, ...], Resources | None] | None:
        """The resources of the clause, declared or raw; None when one of them was refused where it is declared."""
        if clause is None:
            return (), None
        if native is not None and any(is_raw(item, self.scope) for item in clause.items):
            raw = raw_resources(clause, self.scope, native, self.diagnostics)
            return None if raw is None else ((), raw)
        if clause.negated:
            self.diagnostics.error(
                "clause-not-allowed", "`on not` cannot be said", clause.span, "list the resources that are meant"
            )
        out: list[Resource] = []
        for item in clause.items:
            value = self.scope.value(item, RESOURCE, self.diagnostics)
            if value is None or not isinstance(value.data, ResourceLink) or value.data.id not in self.resources:
                return None
            out.append(self.resources[value.data.id])
        return tuple(dict.fromkeys(out)), None

    def _path(self, clause: nodes.ListClause | None) -> Paths | None:
        """None without a clause, or when one of its patterns was refused."""
        if clause is None:
            return None
        patterns: list[str] = []
        for item in clause.items:
            value = self.scope.value(item, STRING, self.diagnostics)
            if value is None:
                return None
            if value.data == "":
                self.diagnostics.error(
                    "malformed-path",
                    "a path is not empty",
                    item.span,
                    "write `/` for the root path",
                    fix=rewritten(item.span, '"/"') if isinstance(item, nodes.Str) else None,
                )
            patterns.append(str(value.data))
        return Paths(tuple(patterns), clause.negated, clause.span)

    def _when(
        self,
        node: nodes.Statement,
        attributes: Mapping[str, Attribute],
        hint: Callable[[str], str],
        native: NativeForms | None,
    ) -> Cond | None:
        items: list[Cond] = []
        failed = False
        for clause in node.clauses:
            match clause:
                case nodes.Condition(word="when", expr=expr):
                    lowered = lower_condition(expr, self.scope, attributes, self.diagnostics, hint, native)
                case nodes.Condition(expr=expr):
                    negated = nodes.Not(expr, expr.span)
                    lowered = lower_condition(negated, self.scope, attributes, self.diagnostics, hint, native)
                case nodes.ListClause(where=where) if where is not None:
                    lowered = lower_condition(where, self.scope, attributes, self.diagnostics, hint, native)
                case _:
                    lowered = Always()
            if lowered is None:
                failed = True
            else:
                items.append(lowered)
        return None if failed else conjunction(items)
