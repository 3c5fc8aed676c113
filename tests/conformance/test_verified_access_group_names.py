"""The name of one Identity Center group, `idc.groups["<id>"].group_name`: language, Cedar, requests.

Facts: the trust data of IAM Identity Center is a record of groups keyed by UUID, each a record with `group_name`
(https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam.html).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision, Outcome
from policyc.ir.build import build_program
from policyc.ir.program import Program
from policyc.simulation.access_matrix import read_visitors, visit_all
from policyc.simulation.request_text import bind, from_flags, from_json
from policyc.simulation.runner import run_tests
from policyc.targets.program import words
from policyc.targets.registry import target
from policyc.text import Source

FINANCE = "b4c8e438-20a1-70b2-1111-5f0e6d3a9c11"
OTHER = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
NAME = f'idc.groups["{FINANCE}"].group_name'
HEAD = f"""module a
group finance = idc_group("{FINANCE}")
group other = idc_group("{OTHER}")
resource staff: verified_access.group {{ trust: {{ idc: iam_identity_center, jamf: jamf }}, references: {{ idc: "corp" }} }}
resource web: verified_access.endpoint {{ group: staff, protocol: https }}
"""
GUARDS = (
    f'context has corp &&\n  context.corp has groups &&\n  context.corp.groups has "{FINANCE}" &&\n'
    f'  context.corp.groups["{FINANCE}"] has group_name'
)


def compiled(folder: Path, condition: str, more: str = "") -> tuple[Program | None, Diagnostics]:
    text = f'{HEAD}policy p for verified_access on staff {{\n  allow "a" {{ when {condition} }}\n}}\n{more}'
    (folder / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = build_program(folder, [folder / "a.policy"], {}, words(), diagnostics)
    for policy in program.policies if program is not None else ():
        target(policy.target).check(policy, program, diagnostics)
    return program, diagnostics


def cedar(folder: Path, condition: str) -> str:
    program, diagnostics = compiled(folder, condition)
    assert list(diagnostics) == [] and program is not None
    (document,) = target("verified_access").emit(program, diagnostics)
    return document.text


def ask(
    folder: Path, condition: str, *settings: str, absent: tuple[str, ...] = ()
) -> tuple[Outcome | None, Diagnostics]:
    program, diagnostics = compiled(folder, condition)
    assert list(diagnostics) == [] and program is not None
    plain, _ = from_flags("web", None, None, None, settings, diagnostics, absent)
    assert plain is not None
    return answer(program, plain, diagnostics), diagnostics


def answer(program: Program, plain: object, diagnostics: Diagnostics) -> Outcome | None:
    request = bind(plain, program, diagnostics)  # type: ignore[arg-type]
    if request is None:
        return None
    back_end = target("verified_access")
    return back_end.simulate(program, back_end.emit(program, diagnostics), request, diagnostics)


@pytest.mark.parametrize(
    ("condition", "test"),
    [
        (f'{NAME} == "finance"', f'context.corp.groups["{FINANCE}"].group_name == "finance"'),
        (f'{NAME} like "fin*"', f'context.corp.groups["{FINANCE}"].group_name like "fin*"'),
        (f'{NAME} in ["a", "b"]', f'["a", "b"].contains(context.corp.groups["{FINANCE}"].group_name)'),
    ],
)
def test_a_test_stands_behind_a_guard_for_every_step(tmp_path: Path, condition: str, test: str) -> None:
    assert f"{GUARDS} &&\n  {test}\n" in cedar(tmp_path, condition)


def test_exists_is_the_guards_and_a_complement_wraps_them(tmp_path: Path) -> None:
    assert f"  {GUARDS}\n}};" in cedar(tmp_path, f"exists {NAME}")
    flat = " ".join(cedar(tmp_path, f'{NAME} != "finance"').split()).replace("( ", "(").replace(" )", ")")
    wanted = " ".join(GUARDS.split()) + f' && context.corp.groups["{FINANCE}"].group_name == "finance"'
    assert f"!({wanted})" in flat


@pytest.mark.parametrize(
    ("condition", "rule", "place"),
    [
        ('idc.groups["finance"].group_name == "x"', "malformed-attribute-key", '"finance"'),
        (f'idc.groups["{FINANCE[1:]}"].group_name == "x"', "malformed-attribute-key", f'"{FINANCE[1:]}"'),
        ('idc.groups.group_name == "x"', "missing-key", "idc.groups.group_name"),
        (f'idc.groups["{FINANCE}"] == "x"', "unknown-attribute", f'idc.groups["{FINANCE}"]'),
        (f'idc.groups["{FINANCE}"].name == "x"', "unknown-attribute", f'idc.groups["{FINANCE}"].name'),
        (f"{NAME} == 3", "type-mismatch", "3"),
        (f"{NAME} > 3", "wrong-operator", "3"),
        (f"{NAME} == finance", "group-kind", "finance"),
        (f'any {NAME} in ["x"]', "single-valued-attribute", NAME),
        (f'{NAME} like "fin?"', "one-character-wildcard", '"fin?"'),
    ],
)
def test_mistakes_are_located(tmp_path: Path, condition: str, rule: str, place: str) -> None:
    _, diagnostics = compiled(tmp_path, condition)
    (item,) = diagnostics
    assert item.rule == rule and item.span is not None
    text = (tmp_path / "a.policy").read_text(encoding="utf-8")
    assert text[item.span.start : item.span.end] == place


SAME = f'{NAME} == "finance"'


@pytest.mark.parametrize(
    ("condition", "settings", "absent", "decision", "missing"),
    [
        (SAME, (f"{NAME}=finance",), (), Decision.ALLOW, ()),
        (SAME, (f"{NAME}=sales",), (), Decision.DENY, ()),
        (SAME, (), (NAME,), Decision.DENY, ()),
        (SAME, (f"{NAME}=finance", "idc.groups=finance,other"), (), Decision.ALLOW, ()),
        (SAME, ("idc.groups=other",), (), Decision.DENY, ()),
        (SAME, (), ("idc.groups",), Decision.DENY, ()),
        (SAME, ("idc.groups=finance",), (), Decision.UNDECIDED, (NAME,)),
        (SAME, ("idc.groups=finance",), (NAME,), Decision.DENY, ()),
        (SAME, (), (), Decision.UNDECIDED, ("idc.groups",)),
        (f"exists {NAME}", ("idc.groups=finance",), (), Decision.ALLOW, ()),
        (f"exists {NAME}", (), (), Decision.UNDECIDED, ("idc.groups",)),
        (f'{NAME} != "finance"', (), (NAME,), Decision.ALLOW, ()),
        # a stated name puts the user into the group, and says nothing of other groups
        ("finance in idc.groups", (f"{NAME}=x",), (), Decision.ALLOW, ()),
        ("exists idc.groups", (f"{NAME}=x",), (), Decision.ALLOW, ()),
        ("other in idc.groups", (f"{NAME}=x",), (), Decision.UNDECIDED, ("idc.groups",)),
        (f"{SAME} and not (other in idc.groups)", (f"{NAME}=finance",), (), Decision.UNDECIDED, ("idc.groups",)),
        (f"{SAME} and not (other in idc.groups)", (f"{NAME}=finance", "idc.groups=finance"), (), Decision.ALLOW, ()),
        # a name that is stated to be absent leaves the membership open
        ("finance in idc.groups", (), (NAME,), Decision.UNDECIDED, ("idc.groups",)),
    ],
)
def test_names_and_the_list_make_one_context(
    tmp_path: Path,
    condition: str,
    settings: tuple[str, ...],
    absent: tuple[str, ...],
    decision: Decision,
    missing: tuple[str, ...],
) -> None:
    outcome, diagnostics = ask(tmp_path, condition, *settings, absent=absent)
    assert list(diagnostics) == [] and outcome is not None
    assert (outcome.decision, outcome.missing) == (decision, missing)


@pytest.mark.parametrize("groups", ["other", None])
def test_a_name_outside_the_stated_list_is_refused(tmp_path: Path, groups: str | None) -> None:
    settings = (f"{NAME}=finance", *([f"idc.groups={groups}"] if groups else []))
    outcome, diagnostics = ask(tmp_path, SAME, *settings, absent=() if groups else ("idc.groups",))
    assert outcome is None
    assert [item.rule for item in diagnostics] == ["request-contradicts-itself"]


def test_a_setting_with_a_key_that_is_no_id_is_refused(tmp_path: Path) -> None:
    outcome, diagnostics = ask(tmp_path, SAME, 'idc.groups["finance"].group_name=finance')
    assert outcome is None
    assert [item.rule for item in diagnostics] == ["malformed-attribute-key"]


def test_a_request_file_and_a_file_of_users_say_it_too(tmp_path: Path) -> None:
    program, diagnostics = compiled(tmp_path, SAME)
    assert program is not None
    text = json.dumps({"resource": "web", "attributes": {NAME: "finance"}})
    plain = from_json(Source("r.json", text), diagnostics)
    outcome = answer(program, plain, diagnostics)
    assert outcome is not None and outcome.decision is Decision.ALLOW
    people = {"users": {"ana": {NAME: "finance"}, "bob": {"idc.groups": ["other"]}, "eve": {NAME: "sales"}}}
    visitors = read_visitors(Source("p.json", json.dumps(people)), diagnostics)
    assert visitors
    documents = target("verified_access").emit(program, diagnostics)
    visits = visit_all(program, documents, visitors, diagnostics)
    assert list(diagnostics) == []
    assert [(visit.visitor.user, visit.outcome.decision) for visit in visits] == [
        ("ana", Decision.ALLOW),
        ("bob", Decision.DENY),
        ("eve", Decision.DENY),
    ]


def test_a_reason_names_the_attribute_as_cedar_spells_it(tmp_path: Path) -> None:
    outcome, _ = ask(tmp_path, SAME, f"{NAME}=sales")
    assert outcome is not None and outcome.gates[0].nearest is not None
    (miss,) = outcome.gates[0].nearest.misses
    assert (miss.subject, miss.actual) == (f'context.corp.groups["{FINANCE}"].group_name', ('"sales"',))


@pytest.mark.parametrize(
    ("stated", "decision", "rule"),
    [
        (f'{NAME}: "finance", idc.groups: [finance, other]', "allow", ""),
        (f'{NAME}: "sales"', "deny", ""),
        (f"{NAME}: absent, idc.groups: [finance]", "deny", ""),
        (f'{NAME}: "finance", idc.groups: [other]', "deny", "request-contradicts-itself"),
        ('idc.groups["finance"].group_name: "finance"', "deny", "malformed-attribute-key"),
        ('idc.groups.group_name: "finance"', "deny", "missing-key"),
        (f"{NAME}: 3", "deny", "type-mismatch"),
    ],
)
def test_an_inline_test_states_names(tmp_path: Path, stated: str, decision: str, rule: str) -> None:
    inline = f'test "names" {{\n  request web {{ {stated} }}\n  expect {decision}\n}}\n'
    program, diagnostics = compiled(tmp_path, SAME, inline)
    assert list(diagnostics) == [] and program is not None
    (result,) = run_tests(program, target("verified_access").emit(program, diagnostics))
    assert [item.rule for item in result.findings] == ([rule] if rule else [])
    assert result.passed is not bool(rule)


def test_a_deny_that_could_fail_says_on_what(tmp_path: Path) -> None:
    """`has` on something else than a record is an evaluation error, so the deny goes into the permits, and that is said with its reason."""
    deny = f'policy q for verified_access on web {{ allow "a" {{ when true }} deny "b" {{ when {NAME} like "x*" }} }}\n'
    program, diagnostics = compiled(tmp_path, SAME, deny)
    assert list(diagnostics) == [] and program is not None
    document = target("verified_access").emit(program, diagnostics)[1]
    assert "forbid (" not in document.text
    (told,) = [item.message for item in document.added if "Cedar skips a forbid" in item.message]
    record = f'idc.groups["{FINANCE}"]'
    assert told.endswith(f"where `idc.groups` is not a record or `{record}` is not a record or `{NAME}` is not text")
