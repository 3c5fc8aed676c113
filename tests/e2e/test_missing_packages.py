"""Without a package that only some files need, the rest is checked and tested, and what nobody judged is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HIDE = "import sys; sys.modules[sys.argv.pop(1)] = None; from policyc.__main__ import main; sys.exit(main())"
SERVICES = """\
let shop: account = "111122223333"
principal app = role(shop, "app")
resource net: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: none }
resource svc: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: net, auth: aws_iam }
policy svc_auth for lattice on svc {
  allow "app-reads" { who app  can GET  path "/stock", "/stock/*" }
}
policy app_calls for identity on app {
  allow "call-svc" { can invoke  on svc  path "/stock*" }
}
test "app reads" {
  request svc { who: app, can: GET, path: "/stock/1" }
  expect allow by "app-reads"
}
"""
STAFF = """\
resource staff: verified_access.group { id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center } }
resource payroll: verified_access.endpoint {
  id: "vae-0123456789abcdef0",
  group: staff,
  protocol: https,
  domain: "payroll.acme.example",
}
policy staff_access for verified_access on staff {
  allow "staff" { when idc.user.email.verified == true }
}
test "verified staff" {
  request payroll { idc.user.email.verified: true }
  expect allow by "staff"
}
"""


def run(folder: Path, package: str, *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", HIDE, package, *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "internal error" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "policyc.toml").write_text('[project]\npaths = ["."]\n')
    (tmp_path / "services.policy").write_text(SERVICES)
    (tmp_path / "staff.policy").write_text(STAFF)
    return tmp_path


def test_check_names_what_nobody_judged_and_goes_on(project: Path) -> None:
    (project / "services.policy").write_text(SERVICES + 'let unused: string = "x"\n')
    status, out, _ = run(project, "cedarpy", "check", "--format", "concise")
    assert status == 1
    assert "missing-package" in out
    assert "`cedarpy` is not installed" in out
    assert "services.policy" in out, "the rules ran over the rest"


def test_tests_that_need_it_fail_and_the_others_pass(project: Path) -> None:
    status, out, _ = run(project, "cedarpy", "test")
    assert status == 1
    assert "1 failed, 1 passed" in out
    assert "pip install cedarpy" in out


def test_nothing_is_built_that_nobody_judged(project: Path) -> None:
    status, out, _ = run(project, "cedarpy", "build", "--out", "out")
    assert status == 1
    assert "missing-package" in out
    assert not (project / "out").exists()
    (project / "staff.policy").unlink()
    assert run(project, "cedarpy", "build", "--out", "out")[0] == 0


def test_one_question_that_needs_it_is_refused_in_a_line(project: Path) -> None:
    status, out, err = run(project, "cedarpy", "simulate", "payroll", "--set", "idc.user.email.verified=true")
    assert (status, out) == (2, "")
    assert "pip install cedarpy" in err
    assert run(project, "cedarpy", "simulate", "svc", "--who", "app", "--can", "GET", "--path", "/stock/1")[0] == 0


def test_a_scenario_in_yaml_is_refused_at_its_place(project: Path) -> None:
    (project / "s.yaml").write_text("tests: []\n")
    status, _, err = run(project, "yaml", "test", "s.yaml")
    assert status == 1
    assert "missing-package" in err
    assert "pip install pyyaml" in err
