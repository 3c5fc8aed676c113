"""The pytest plugin, run by pytest itself in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

GOOD = """let shop: account = "111122223333"
principal orders = role(shop, "orders")
resource api: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
policy api_auth for lattice on api {
  allow "reads" { who orders can GET }
}
policy calls for identity on orders { allow "c" { can invoke on api } }
test "orders read" {
  request api { who: orders, can: GET, path: "/x" }
  expect allow by "reads"
}
test "orders write, v1.2" {
  request api { who: orders, can: POST, path: "/x" }
  expect deny
}
"""
SCENARIO = """documents: {identity: role.json}
settings: {resource-account: "111122223333"}
requests:
  - {name: reads, who: "arn:aws:iam::111122223333:role/app", action: s3:GetObject, resource_arn: "arn:aws:s3:::b/k", expect: allow}
  - {name: writes, who: "arn:aws:iam::111122223333:role/app", action: s3:PutObject, resource_arn: "arn:aws:s3:::b/k", expect: allow}
"""
ROLE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'


def run(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    # by its module and not by its entry point, so that a checkout that is not installed is tested as well
    plugin = ("--disable-plugin-autoload", "-p", "policyc.pytest_plugin")
    return pytester.runpytest_subprocess(*plugin, "-p", "no:cacheprovider", *words)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "shop.policy").write_text(GOOD)
    return pytester


def test_test_blocks_are_items(project: pytest.Pytester) -> None:
    done = run(project, "-v")
    done.assert_outcomes(passed=2)
    assert "shop.policy::orders read PASSED" in done.stdout.str()
    assert "shop.policy::orders write, v1.2 PASSED" in done.stdout.str()


def test_items_are_chosen_by_name_and_place(project: pytest.Pytester) -> None:
    run(project, "-k", "write").assert_outcomes(passed=1, deselected=1)
    run(project, "shop.policy::orders read").assert_outcomes(passed=1)


def test_a_failure_shows_the_source_and_the_reason(project: pytest.Pytester) -> None:
    path = project.path / "shop.policy"
    path.write_text(GOOD.replace("expect deny", "expect allow"))
    done = run(project)
    done.assert_outcomes(passed=1, failed=1)
    text = done.stdout.str()
    assert "expected allow, got deny" in text
    assert "shop.policy:14:3" in text
    assert "Traceback" not in text
    assert "runtest" not in text


def test_a_file_that_cannot_be_read_is_an_error_at_its_line(project: pytest.Pytester) -> None:
    (project.path / "bad.policy").write_text("policy {\n")
    done = run(project)
    assert done.ret == pytest.ExitCode.INTERRUPTED
    assert "bad.policy:1:8" in done.stdout.str()
    assert "Traceback" not in done.stdout.str()


def test_a_project_that_does_not_compile_fails_its_tests(project: pytest.Pytester) -> None:
    (project.path / "shop.policy").write_text(GOOD.replace("who orders can GET", "who ordres can GET"))
    done = run(project)
    done.assert_outcomes(failed=2)
    assert "ordres" in done.stdout.str()


@pytest.mark.parametrize(("name", "words"), [("api.scenario.yaml", ()), ("api.yaml", ("api.yaml",))])
def test_scenarios(pytester: pytest.Pytester, name: str, words: tuple[str, ...]) -> None:
    (pytester.path / "role.json").write_text(ROLE)
    (pytester.path / name).write_text(SCENARIO)
    done = run(pytester, "-v", *words)
    done.assert_outcomes(passed=1, failed=1)
    assert "expected allow, got deny" in done.stdout.str()


def test_other_yaml_files_are_nobodys(project: pytest.Pytester) -> None:
    (project.path / "compose.yaml").write_text("services: {}\n")
    run(project).assert_outcomes(passed=2)


def test_the_plugin_is_installed_by_its_entry_point() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\npolicyc = "policyc.pytest_plugin"' in text
