"""What is remembered of single files: a run that knows most of them says what one says that knows nothing, whatever has changed since."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.cli import cache, helping
from policyc.diagnostics import Advice, Applicability, Confidence, Diagnostic, Edit, Fix, Label, Severity, write_instead
from policyc.text import Span
from policyc.workspace.documents import host_units, native_files, native_texts
from policyc.workspace.remembered import findings, plain
from tests.carriers.planted import planted
from tests.rules.test_lint_rules import ALL_CASES, MARKS

#: host files by name, and documents by kind, right and wrong ones
HOSTS = [(f"{item.name}-{item.file}", item.text) for item in planted() if not item.file.endswith(".md")]
DOCUMENTS = [
    (f"{case.rule}-{case.number}-{at}.json", MARKS.sub("", text))
    for case in ALL_CASES
    if case.kind not in ("", "cedar")
    for at, (_, text) in enumerate([*case.documents, (case.kind, case.text)])
]
TEXTS = [(f"{case.rule}-{case.number}.cedar", MARKS.sub("", case.text)) for case in ALL_CASES if case.kind == "cedar"]

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs `check` in a folder that is empty at first; the report of a whole command line is not remembered."""
    for name in cache.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "recall", lambda argv, out: None)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def call(*argv: str) -> tuple[int, str]:
        capsys.readouterr()
        return main(["check", *argv]), capsys.readouterr().out

    return call


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are looked at, as they are."""
    names: list[str] = []
    check, part = native_texts._Text.check, host_units._judged

    def text(self: native_texts._Text) -> None:
        names.append(self.source.file)
        check(self)

    def host(root, files, *rest):  # type: ignore[no-untyped-def]
        names.extend(source.file for source, _ in files)
        return part(root, files, *rest)

    monkeypatch.setattr(native_texts._Text, "check", text)
    monkeypatch.setattr(host_units, "_judged", host)
    return names


def same(run: Run, *argv: str, form: str = "json") -> None:
    """A run from memory says what one without says, in every detail."""
    assert run("--format", form, *argv) == run("--no-cache", "--format", form, *argv)


def test_every_field_of_a_finding_is_remembered() -> None:
    place = Span("a.json", 1, 2)
    edit = Edit(place, "new", "old", part=True)
    fix = Fix("say it", (edit,), Applicability.SAFE)
    advice = write_instead("old", "new")
    finding = Diagnostic(
        "a-rule", "wrong", place, advice, Severity.INFO, (Label(place, "here"),), fix, Confidence.POSSIBLE
    )
    for item in (finding, fix, edit):
        assert all(value != field.default for field in fields(item) for value in [getattr(item, field.name)])
    (again,) = findings(json.loads(json.dumps(plain([finding]))))
    assert again == finding
    assert isinstance(again.help, Advice) and (again.help.old, again.help.new) == ("old", "new")


def kept() -> Path:
    (path,) = Path(cache.FOLDER).glob("files-*.json")
    return path


@pytest.mark.parametrize("files", [HOSTS[::3], [*DOCUMENTS[::4], *TEXTS[::2], *HOSTS[::9]]], ids=len)
def test_whatever_changes_the_answer_is_that_of_a_run_without_memory(run: Run, files: list[tuple[str, str]]) -> None:
    draw = random.Random(len(files))
    for at, (name, text) in enumerate(files):
        path = Path(f"part{at % 7}") / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    run()
    for form in ("json", "json", "human"):
        paths = sorted(path for path in Path().glob("part*/*"))
        for path in draw.sample(paths, 4):
            match draw.randrange(4):
                case 0:
                    path.unlink()
                case 1:
                    path.rename(path.parent / f"{draw.randrange(1000)}-{path.name}")
                case 2:
                    others = [text for name, text in files if Path(name).suffix == path.suffix]
                    path.write_text(draw.choice(others), encoding="utf-8")
                case _:
                    path.write_text(f"\n\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        same(run, form=form)


def test_only_what_changed_is_looked_at(run: Run, judged: list[str]) -> None:
    for name, text in (*HOSTS[::4], *DOCUMENTS[:20]):
        Path(name).write_text(text, encoding="utf-8")
    run()
    assert len(judged) > 50
    judged.clear()
    run()
    again = set(judged)
    name = next(name for name, _ in HOSTS[::4] if name.startswith("cfn"))
    Path(name).write_text(Path(name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    judged.clear()
    run()
    assert {*judged} == {*again, name}


ALLOW = {"Effect": "Allow", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*"}
CALLER = {"AWS": "arn:aws:iam::111122223333:role/orders"}


def write(name: str, *statements: dict[str, object]) -> None:
    Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")


def test_a_rule_on_several_documents_sees_those_that_are_remembered(run: Run) -> None:
    write("service.json", {**ALLOW, "Principal": CALLER})
    assert run()[0] == 0
    write("identity.json", {**ALLOW, "Action": "s3:GetObject"})
    status, text = run()
    assert (status, text) == run("--no-cache")
    Path("identity.json").unlink()
    assert run() == run("--no-cache")


def test_what_one_document_says_of_another_is_no_answer_of_that_other(run: Run) -> None:
    service = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
    write("orders.json", {**ALLOW, "Principal": CALLER, "Resource": f"{service}/*"})
    same(run)
    write("mesh.json", {**ALLOW, "Principal": "*", "Effect": "Deny"})
    same(run)
    assert "never takes effect" in run()[1]
    Path("mesh.json").unlink()
    same(run)
    assert "never takes effect" not in run()[1]


def test_what_a_host_reads_of_other_files_is_looked_at_again(run: Run) -> None:
    Path("main.tf").write_text(
        'resource "aws_iam_policy" "p" {\n  name = "p"\n  policy = file("${path.module}/p.json")\n}\n', encoding="utf-8"
    )
    for action in ("s3:GetObject", "s3:GetObjekt", "s3:PutObject"):
        write("p.json", {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::photos/*"})
        same(run)
    Path("p.json").unlink()
    same(run)
    Path("more.tf").write_text('variable "x" {\n  default = "y"\n}\n', encoding="utf-8")
    same(run)


@pytest.mark.parametrize("host", [False, True])
def test_a_sample_that_a_text_names_is_looked_at_again(run: Run, host: bool) -> None:
    text = '// policyc: claims idp=claims.json\npermit (principal, action, resource) when { context.idp.level == "gold" };\n'
    if host:
        properties = {"PolicyDocument": text, "VerifiedAccessInstanceId": "vai-0123456789abcdef0"}
        group = {"Type": "AWS::EC2::VerifiedAccessGroup", "Properties": properties}
        Path("stack.json").write_text(json.dumps({"Resources": {"Group": group}}), encoding="utf-8")
    else:
        Path("group.cedar").write_text(text, encoding="utf-8")
    for claim in ("level", "levels", "level"):
        Path("claims.json").write_text(json.dumps({claim: "gold"}), encoding="utf-8")
        same(run)
    Path("claims.json").write_text(json.dumps({"levels": "gold"}), encoding="utf-8")
    assert "level" in run()[1]


@pytest.mark.parametrize(
    "option", [("--bind", "Name=x"), ("--pedantic",), ("--as", "identity")], ids=lambda words: words[0]
)
def test_other_settings_have_answers_of_their_own(run: Run, option: tuple[str, ...]) -> None:
    for name, text in (*HOSTS[:40:2], *DOCUMENTS[:10]) if option[0] != "--as" else DOCUMENTS[:10]:
        Path(name).write_text(text, encoding="utf-8")
    paths = sorted(str(path) for path in Path().iterdir()) if option[0] == "--as" else ["."]
    same(run, *paths)
    same(run, *option, *paths)
    same(run, *paths)


def test_the_configuration_counts(run: Run) -> None:
    write("p.json", {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"})
    assert run()[0] == 1
    Path("policyc.toml").write_text('[project]\npaths = ["."]\n[lint]\nignore = ["unknown-action"]\n', encoding="utf-8")
    same(run)
    assert "unknown-action" not in run()[1]


def test_another_build_asks_again(run: Run, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write("p.json", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    run()
    judged.clear()
    run()
    assert not judged
    monkeypatch.setattr(cache, "build_stamp", lambda: "another")
    run()
    assert judged == ["p.json"]


DAMAGES = ["empty", "cut", "seal", "text", "list", "words", "numbers", "deep", "binary", "folder", "link", "large"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_does_not_look_as_it_was_written_is_not_there(
    run: Run, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("p.json", {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"})
    Path(HOSTS[1][0]).write_text(HOSTS[1][1], encoding="utf-8")
    first = run()
    path = kept()
    data = path.read_bytes()
    body, _, seal = data.rpartition(b"\n")
    known = json.loads(body)["answers"]

    def sealed(answers: object) -> None:
        text = json.dumps({"format_version": cache.FORMAT_VERSION, "answers": answers}).encode()
        path.write_bytes(text + b"\n" + cache._seal(text, cache._key(create=False)).encode())

    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "seal":
            path.write_bytes(body + b"\n" + b"0" * len(seal))
        case "text":
            path.write_bytes(b'{"answers": {}}\n' + seal)
        case "list":
            sealed([1, 2])
        case "words":
            sealed(dict.fromkeys(known, "no answer"))
        case "numbers":
            sealed({key: [[[1, 2, [3, 4, 5], 6, 7, 8, 9, 10]], 1, [2], [3]] for key in known})
        case "deep":
            path.write_bytes(b"[" * 100_000 + b"\n" + cache._seal(b"[" * 100_000, cache._key(create=False)).encode())
        case "binary":
            path.write_bytes(os.urandom(5000))
        case "folder":
            path.unlink()
            path.mkdir()
        case "link":
            moved = path.rename(tmp_path / "moved.json")
            path.symlink_to(moved)
        case "large":
            monkeypatch.setattr(cache, "_LARGEST_ANSWERS", 100)
    assert run() == first == run("--no-cache")


def test_two_processes_say_what_one_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [*HOSTS[::3], *DOCUMENTS, *TEXTS]
    for at in range(max(native_files._MANY, len(files))):
        name, text = files[at % len(files)]
        Path(f"{at}-{name}").write_text(text, encoding="utf-8")
    helped = []
    begun = helping.begun

    def watched(work: Callable[[], dict[str, object]]) -> Callable[[], dict[str, object]] | None:
        wait = begun(work)
        return wait and (lambda: helped.append(wait()) or helped[-1])

    monkeypatch.setattr(helping, "begun", watched)
    monkeypatch.setattr(helping, "_threads", lambda: 1)
    monkeypatch.setattr(helping, "_processors", lambda: 2)
    together = run("--no-cache", "--format", "json")
    monkeypatch.setattr(helping, "_processors", lambda: 1)
    assert together == run("--no-cache", "--format", "json")
    assert [len(answers) > 100 for answers in helped] == ([True] if hasattr(os, "fork") else [])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process can be copied here")
@pytest.mark.parametrize("end", ["fails", "says what is no answer", "dies"])
def test_a_helper_that_fails_is_no_help_and_no_harm(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(helping, "_threads", lambda: 1)
    monkeypatch.setattr(helping, "_processors", lambda: 2)

    def work() -> dict[str, object]:
        match end:
            case "fails":
                raise ValueError
            case "dies":
                os.kill(os.getpid(), 9)
        return {"set": {1, 2}}

    wait = helping.begun(work)
    assert wait is not None and wait() == {}


def test_no_cache_and_a_root_of_ones_own_leave_no_memory(run: Run) -> None:
    write("p.json", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    run("--no-cache")
    run("--root", ".")
    assert not Path(cache.FOLDER).exists()


def test_a_linked_cache_folder_is_not_used(run: Run, tmp_path: Path) -> None:
    write("p.json", {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"})
    outside = tmp_path / "outside"
    outside.mkdir()
    Path(cache.FOLDER).symlink_to(outside)
    assert run()[0] == 0
    assert not list(outside.iterdir())
