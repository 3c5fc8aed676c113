"""The switchboard: every call of every boto3 client comes here while the fake is installed.

A fault is injected before the effect of a call or after it, at the n-th call that fits. `Killed` is a crash of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from threading import local
from typing import Any

import botocore.handlers
from botocore import xform_name
from botocore.exceptions import ParamValidationError, ReadTimeoutError
from botocore.validate import validate_parameters

ACCOUNT = "111122223333"
REGION = "us-west-2"


class Refused(Exception):
    """What a service answers with when it refuses: an error code of its model, and the HTTP status."""

    def __init__(self, code: str, status: int = 400, message: str = "refused", **members: Any) -> None:
        super().__init__(code)
        self.answer = {"Error": {"Code": code, "Message": message}, **members}
        self.status = status


class Killed(BaseException):
    """The process died: nothing catches it."""


@dataclass
class Fault:
    """What goes wrong: `when` is `before` or `after` the effect, `kind` one of `throttle`, `timeout`, `conflict`, `denied`, `error`, `kill`, `interrupt`."""

    kind: str
    when: str = "before"
    at: int = 0
    client: str = ""
    method: str = ""
    writes: bool = False
    hits: int = 0

    def fits(self, client: str, method: str) -> bool:
        if (self.client and self.client != client) or (self.method and self.method != method):
            return False
        return not self.writes or not method.startswith(("get_", "list_", "describe_", "lookup_"))

    def strike(self, client: str) -> None:
        match self.kind:
            case "throttle":
                code = {"ec2": "RequestLimitExceeded", "lambda": "TooManyRequestsException", "s3": "SlowDown"}
                raise Refused(code.get(client, "ThrottlingException"), 429)
            case "timeout":
                raise ReadTimeoutError(endpoint_url=f"https://{client}.test")
            case "conflict":
                raise Refused(
                    {"lambda": "PreconditionFailedException", "s3": "OperationAborted"}.get(
                        client, "ConflictException"
                    ),
                    409,
                )
            case "denied":
                raise Refused("UnauthorizedOperation" if client == "ec2" else "AccessDeniedException", 403)
            case "error":
                raise Refused("InternalServerException", 500)
            case "kill":
                raise Killed
            case "interrupt":
                raise KeyboardInterrupt
            case _:
                raise AssertionError(self.kind)


@dataclass
class Aws:
    """All services of one account. `log` has every call as (client, method, parameters)."""

    account: str = ACCOUNT
    arn: str = f"arn:aws:iam::{ACCOUNT}:role/deployer"
    services: dict[str, Any] = field(default_factory=dict)
    log: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    #: the account and the Region of the call that is being answered
    asking: Any = field(default_factory=local)

    def answer(self, client: str, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.log.append((client, method, params))
        if method in self.denied or f"{client}.{method}" in self.denied:
            raise Refused("UnauthorizedOperation" if client == "ec2" else "AccessDeniedException", 403)
        hits = [fault for fault in self.faults if fault.fits(client, method)]
        struck = []
        for fault in hits:
            fault.hits += 1
            if fault.hits - 1 == fault.at:
                struck.append(fault)
        for fault in struck:
            if fault.when == "before":
                fault.strike(client)
        function: Callable[..., dict[str, Any] | None] | None = None
        for name in (client, "*"):
            for service in self.services.get(name, ()):
                function = function or getattr(service, method, None)
        assert function is not None, f"the fake has no {client}.{method}"
        found = deepcopy(function(**params) or {})  # boto3 decodes answers in place
        for fault in struck:
            if fault.when == "after":
                fault.strike(client)
        return found

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        """The parameters of the calls of some methods, in order."""
        return [params for _, method, params in self.log if method in methods]

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": self.account, "Arn": self.arn, "UserId": "AROAEXAMPLE:session"}

    def assume_role(self, RoleArn: str, RoleSessionName: str) -> dict[str, Any]:
        self.arn = RoleArn
        self.account = RoleArn.split(":")[4]
        from datetime import UTC, datetime

        held = {"AccessKeyId": f"ASIA{self.account}", "SecretAccessKey": "not-a-secret", "SessionToken": "token"}
        return {"Credentials": {**held, "Expiration": datetime(2100, 1, 1, tzinfo=UTC)}}


class _Http:
    def __init__(self, status: int) -> None:
        self.status_code = status
        self.headers: dict[str, str] = {}


@contextmanager
def installed(aws: Aws) -> Iterator[Aws]:
    """Let every client that is made from now on talk to the fake."""
    aws.services.setdefault("sts", []).append(aws)

    def keep(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        context["fake_params"] = dict(params)

    def call(model: Any, params: dict[str, Any], context: dict[str, Any], request_signer: Any, **_: Any) -> Any:
        client = model.service_model.service_name
        key = request_signer._credentials.access_key if request_signer._credentials else ""
        aws.asking.account = key.removeprefix("ASIA") if key.startswith("ASIA") else aws.account
        aws.asking.region = request_signer.region_name
        method = xform_name(model.name)
        try:
            found = aws.answer(client, method, context["fake_params"])
        except Refused as refused:
            return _Http(refused.status), {**refused.answer, "ResponseMetadata": {"HTTPStatusCode": refused.status}}
        if model.output_shape is not None:
            try:
                validate_parameters(found, model.output_shape)
            except ParamValidationError as error:
                raise AssertionError(f"the fake answers {method} in a shape of its own: {error}") from error
        else:
            assert not found, f"{method} answers with nothing"
        return _Http(200), {**found, "ResponseMetadata": {"HTTPStatusCode": 200}}

    hooks = [("provide-client-params.*.*", keep), ("before-call.*.*", call)]
    botocore.handlers.BUILTIN_HANDLERS.extend(hooks)
    try:
        yield aws
    finally:
        for hook in hooks:
            botocore.handlers.BUILTIN_HANDLERS.remove(hook)


def page(items: list[Any], key: str, token: str | None, size: int, more: str = "NextToken") -> dict[str, Any]:
    """One page of a list, with the token of the next."""
    start = int(token or 0)
    found: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        found[more] = str(start + size)
    return found
