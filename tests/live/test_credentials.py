"""Everything that keeps AWS from being asked: one sentence and what helps, never a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as known

from policyc.aws.session import failure_of
from tests.live.fake.core import ACCOUNT, Aws, Refused
from tests.live.world import World

Run = Callable[..., tuple[int, str, str]]
DATE = "Mon, 30 Nov 2026 06:00:00 GMT"

CODES = [
    ("ExpiredToken", "log in again"),
    ("ExpiredTokenException", "log in again"),
    ("RequestExpired", "log in again, or set the clock of this machine"),
    ("RequestTimeTooSkewed", "log in again, or set the clock of this machine"),
    ("InvalidClientTokenId", "check the credentials: `--profile` chooses others"),
    ("UnrecognizedClientException", "check the credentials: `--profile` chooses others"),
    ("SignatureDoesNotMatch", "check the secret key, and the clock of this machine"),
    ("AccessDenied", "check the credentials"),
    ("OptInRequired", "the account has to be activated"),
    ("Throttling", "try again later"),
    ("ServiceUnavailable", "try again later"),
]  # fmt: skip

RAISED: list[tuple[Exception, str]] = [
    (known.NoCredentialsError(), "give `--profile`"),
    (known.PartialCredentialsError(provider="env", cred_var="x"), "give `--profile`"),
    (known.UnauthorizedSSOTokenError(), "`aws sso login`"),
    (known.SSOTokenLoadError(error_msg="gone"), "`aws sso login`"),
    (known.TokenRetrievalError(provider="sso", error_msg="gone"), "`aws sso login`"),
    (known.InvalidRegionError(region_name="a b"), "check `--region`"),
    (known.SSLError(endpoint_url="https://sts.test", error="self-signed"), "`AWS_CA_BUNDLE`"),
    (known.ProxyConnectionError(proxy_url="http://proxy.test"), "`HTTPS_PROXY`"),
    (known.EndpointConnectionError(endpoint_url="https://sts.us-nowhere-1.test"), "is `us-west-2` a Region?"),
    (known.ConnectTimeoutError(endpoint_url="https://sts.test"), "check the network"),
    (known.ReadTimeoutError(endpoint_url="https://sts.test"), "check the network"),
    (EOFError(), "nobody is there to type it"),
]


@pytest.mark.parametrize(("code", "help"), CODES)
def test_error_codes(there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch, code: str, help: str) -> None:
    def refuse(self: Aws) -> dict[str, Any]:
        raise Refused(code, 403)

    monkeypatch.setattr(Aws, "get_caller_identity", refuse)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    status, out, err = policyc("aws", "pull", "-o", "live")
    assert (status, out) == (2, "") and help in " ".join(err.split()) and "Traceback" not in err
    assert not Path("live").exists()


@pytest.mark.parametrize(("error", "help"), RAISED, ids=lambda item: type(item).__name__)
def test_what_botocore_raises(
    there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, help: str
) -> None:
    def refuse(self: Aws) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(Aws, "get_caller_identity", refuse)
    status, out, err = policyc("aws", "pull", "-o", "live")
    assert (status, out) == (2, "") and help in " ".join(err.split()) and "Traceback" not in err


@pytest.mark.parametrize(
    ("config", "words", "said"),
    [
        ("[profile x\n", (), "help: mend the file"),
        ("[profile x]\nregion = us-west-2\n", ("--profile", "y"), "`aws configure list-profiles`"),
        ("[default]\n", ("--region", "no such"), "check `--region`"),
    ],
)
def test_a_configuration_that_is_no_use(
    there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch, config: str, words: tuple[str, ...], said: str
) -> None:
    Path("config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    status, _, err = policyc("aws", "pull", "-o", "live", *words)
    assert status == 2 and said in " ".join(err.split()) and "Traceback" not in err


def test_a_role_that_another_role_may_assume(there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile's own chain comes first, then `--role-arn`: who is asked last is whom the calls are made as."""
    first, last = (
        f"arn:aws:iam::{account}:role/{name}" for account, name in (("444455556666", "hub"), (ACCOUNT, "reader"))
    )
    Path("config").write_text(
        f"[profile hub]\nrole_arn = {first}\nsource_profile = me\n[profile me]\nregion = us-west-2\n"
    )
    Path("none").write_text("[me]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    status, out, err = policyc(
        "aws", "pull", "-o", "live", "--profile", "hub", "--role-arn", last, "--target", "lattice"
    )
    assert (status, err) == (0, "") and f"account {ACCOUNT} as {last}, us-west-2" in out
    assert [params["RoleArn"] for params in there.aws.calls("assume_role")] == [first, last]


def test_the_date_of_the_server_is_told() -> None:
    answer: dict[str, Any] = {
        "Error": {"Code": "RequestExpired", "Message": "old"},
        "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {"date": DATE}},
    }
    failure = failure_of("sts", "get_caller_identity", known.ClientError(answer, "GetCallerIdentity"))  # type: ignore[arg-type]
    assert failure.why == "the credentials have expired, or a clock is wrong (RequestExpired)"
    assert failure.help == f"log in again, or set the clock of this machine: AWS's shows {DATE}"
    assert failure.ends_all


def test_the_region_by_the_name_that_the_aws_cli_asks_for_first(
    there: World, policyc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert ", us-west-2\n" in policyc("aws", "pull", "-o", "live", "--target", "verified_access")[1]
    monkeypatch.delenv("AWS_REGION")
    assert ", eu-west-1\n" in policyc("aws", "pull", "-o", "live", "--target", "verified_access")[1]


def test_a_role_that_is_none(policyc: Run) -> None:
    assert policyc("aws", "pull", "-o", "live", "--role-arn", "reader") == (
        2,
        "",
        "error: `reader` is no ARN of a role\n  = help: give `--role-arn arn:aws:iam::ACCOUNT:role/NAME`\n",
    )
