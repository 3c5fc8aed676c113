"""Sessions and clients of boto3, what their errors mean, and pages.

Reads are tried again by boto3 (adaptive mode: throttling and server errors). Writes are sent once: a write whose answer is lost is settled by
reading, never by sending it again.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from policyc.aws.answers import NO_ANSWER, NoAnswer, watch
from policyc.aws.calls import CALLS, GLOBAL
from policyc.packages import MissingPackage
from policyc.record import record

#: calls that run at the same time
WORKERS: Final = 8
_ATTEMPTS: Final = 8
#: pages of one list; AWS's quotas keep the longest far below
_MOST_PAGES: Final = 10_000
_PATIENCE: Final = {"connect_timeout": 10, "read_timeout": 60}
#: member of an answer that no file and no screen ever gets -> what stands there
_SECRET: Final = frozenset(
    {
        "ClientSecret",
        "Environment",
        "ClientToken",
        "SecretAccessKey",
        "SessionToken",
        "PreSharedKey",
        "CustomerGatewayConfiguration",
    }
)


_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+")


class Trouble(StrEnum):
    """What a failed call means for the one who made it."""

    DENIED = "not allowed"
    EXPIRED = "the credentials have expired"
    LATE = "the credentials have expired, or a clock is wrong"
    MISSING = "not there"
    THROTTLED = "throttled"
    CONFLICT = "changed by somebody else"
    INVALID = "refused by the service"
    UNKNOWN = "no answer"
    UNREACHABLE = "not reachable"
    UNSENT = "not sent"
    STRANGE = "not understood"
    OTHER = "failed"


@record
class Failure:
    """One call that failed. `code` is AWS's error code, empty where no answer came; `details` are members that the error carries beside its
    message (`Errors` of a core network policy, …), `date` is the server's."""

    client: str
    method: str
    trouble: Trouble
    code: str
    message: str
    details: Mapping[str, Any]
    date: str = ""

    @property
    def action(self) -> str:
        """The IAM action that the call takes."""
        return CALLS[self.client, self.method].action

    @property
    def why(self) -> str:
        """The reason as a part of a sentence."""
        return f"{self.trouble.value} ({self.code})" if self.code else f"{self.trouble.value}: {_said(self.message)}"

    @property
    def help(self) -> str:
        """What helps, empty where nothing does for certain."""
        if self.trouble is Trouble.EXPIRED:
            return "log in again"
        return _clock(self.date) if self.trouble is Trouble.LATE else ""

    @property
    def ends_all(self) -> bool:
        """Whether no other call would be answered either."""
        return self.trouble in (Trouble.EXPIRED, Trouble.LATE)

    @property
    def unsettled(self) -> bool:
        """Whether a write that failed so may have been done all the same."""
        return self.trouble in (Trouble.UNKNOWN, Trouble.STRANGE, Trouble.OTHER)


class CallFailed(Exception):
    """A call to AWS that failed for good."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.action}: {failure.why}")
        self.failure = failure


class NoSession(Exception):
    """AWS cannot be asked at all: no credentials, no Region, a profile or role that cannot be used. `help` says what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


@record
class Access:
    """How a command line says whom to be: at most one role, assumed from the profile's own credentials."""

    profile: str = ""
    role: str = ""
    endpoint: str = ""
    region: str = ""


@record
class Identity:
    """Who asks: `partition` is `aws`, `aws-cn`, `aws-us-gov`."""

    account: str
    arn: str
    partition: str


_MISSING: Final = frozenset({
    "ResourceNotFoundException", "NoSuchAccessPointPolicy", "NoSuchBucketPolicy", "NoSuchPublicAccessBlockConfiguration",
    "NoSuchEntity", "NoSuchAccessPoint", "NoSuchBucket", "NoSuchKey", "PolicyNotFoundException",
})  # fmt: off
_CONFLICT: Final = frozenset({
    "ConflictException", "PreconditionFailedException", "PreconditionFailed", "ConcurrentModification", "OperationAborted",
    "ResourceConflictException", "ConcurrentModificationException",
})  # fmt: off
_DENIED: Final = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "UnrecognizedClientException",
    "InvalidClientTokenId", "OptInRequired", "AllAccessDisabled",
})  # fmt: off
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
#: EC2 says the first of credentials that have expired as well (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-errors.html)
_LATE: Final = frozenset({"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"})
#: what botocore's parsers trip over a page with, or over a member that has another type; somebody on the way answered, such as a proxy
_TRIPPED: Final = LookupError | ValueError | TypeError | AttributeError | RuntimeError | ArithmeticError
_THROTTLED: Final = frozenset({
    "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "LimitExceededException",
    "ThrottledException", "RequestThrottled", "RequestThrottledException", "BandwidthLimitExceeded", "PriorRequestNotComplete",
    "TransactionInProgressException", "ProvisionedThroughputExceededException", "EC2ThrottledException",
})  # fmt: off


def failure_of(client: str, method: str, error: Exception) -> Failure:
    """What an exception of botocore means. Raises the exception itself when it is none of botocore's."""
    from botocore import exceptions as known
    from botocore.parsers import ResponseParserError

    def made(
        trouble: Trouble, code: str = "", message: str = "", details: Mapping[str, Any] | None = None, date: str = ""
    ) -> Failure:
        return Failure(client, method, trouble, code, message or str(error), details or {}, date)

    if isinstance(error, known.ClientError):
        answer = error.response
        code = str(answer.get("Error", {}).get("Code", ""))
        message = str(answer.get("Error", {}).get("Message", ""))
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        details = {name: value for name, value in answer.items() if name not in ("Error", "ResponseMetadata")}
        return made(_trouble(code, status), code, message, plain(details), _date(answer))
    if isinstance(error, known.SSOError | known.TokenRetrievalError | known.CredentialRetrievalError):
        return made(Trouble.EXPIRED)  # they were there when the run began, and cannot be renewed; never sent
    if isinstance(error, known.ReadTimeoutError | known.ConnectionClosedError | known.ResponseStreamingError):
        return made(Trouble.UNKNOWN)
    if isinstance(error, known.EndpointConnectionError | known.ConnectTimeoutError | known.ProxyConnectionError):
        return made(Trouble.UNREACHABLE)
    if isinstance(error, known.HTTPClientError):
        return made(Trouble.UNKNOWN)
    if isinstance(error, known.ParamValidationError | known.NoCredentialsError | known.InvalidRegionError):
        return made(Trouble.UNSENT)
    if isinstance(error, known.BotoCoreError) and not isinstance(error, ResponseParserError):
        return made(Trouble.OTHER)
    if isinstance(error, NoAnswer):
        return made(Trouble.STRANGE)
    if isinstance(error, ResponseParserError | _TRIPPED):
        return made(Trouble.STRANGE, message=NO_ANSWER)
    raise error


def _trouble(code: str, status: int) -> Trouble:
    if code in _MISSING or code.endswith(".NotFound") or code == "404":
        return Trouble.MISSING
    if code in _CONFLICT:
        return Trouble.CONFLICT
    if code in _EXPIRED:
        return Trouble.EXPIRED
    if code in _LATE:
        return Trouble.LATE
    if code in _DENIED or status in (401, 403):
        return Trouble.DENIED
    if code in _THROTTLED or status == 429:
        return Trouble.THROTTLED
    return Trouble.OTHER if status >= 500 else Trouble.INVALID


def plain(value: Any) -> Any:
    """An answer as plain JSON data, its dates as ISO texts, without what is secret and without boto3's own members."""
    if isinstance(value, Mapping):
        return {
            str(name): plain(item) for name, item in value.items() if name not in _SECRET and name != "ResponseMetadata"
        }
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return str(value)


class Sessions:
    """The clients of one account, made as they are needed, for several threads. Raises NoSession."""

    def __init__(self, access: Access) -> None:
        try:
            import boto3
            from botocore.exceptions import BotoCoreError
        except ImportError as error:
            raise MissingPackage("boto3") from error
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._endpoint = access.endpoint
        try:
            session = boto3.Session(profile_name=access.profile or None)
            # boto3 knows the older of both names alone, the AWS CLI asks for this one first
            self.region: str = access.region or os.environ.get("AWS_REGION") or session.region_name or ""
        except BotoCoreError as error:
            raise NoSession(f"the profile cannot be used: {_said(error)}", _on_profile(error)) from error
        self._session = session
        if access.role:
            self._session = self._assumed(access.role)

    def _assumed(self, role: str) -> Any:
        """A session of the role, which assumes it again before its credentials end: pulls and applies may outlast them."""
        import boto3
        import botocore.session
        from botocore.credentials import RefreshableCredentials

        if not _ROLE.fullmatch(role):
            raise NoSession(f"`{role}` is no ARN of a role", "give `--role-arn arn:aws:iam::ACCOUNT:role/NAME`")

        def assume() -> dict[str, str]:
            found = asking.assume_role(RoleArn=role, RoleSessionName="policyc")["Credentials"]
            return {
                "access_key": found["AccessKeyId"],
                "secret_key": found["SecretAccessKey"],
                "token": found["SessionToken"],
                "expiry_time": found["Expiration"].isoformat(),
            }

        try:
            asking = self.client("sts", self.region or "us-east-1")
            credentials = RefreshableCredentials.create_from_metadata(assume(), assume, "assume-role")
        except Exception as error:
            why, help = self._unasked(error)
            if _code(error) in _DENIED:
                help = "check its trust policy, and that your own policies allow `sts:AssumeRole`"
            raise NoSession(f"the role `{role}` cannot be assumed: {why}", help) from error
        self._clients.clear()
        inner = botocore.session.Session()
        inner._credentials = credentials  # botocore has no other way to be given credentials that renew themselves
        return boto3.Session(botocore_session=inner, region_name=self.region or None)

    @cached_property
    def identity(self) -> Identity:
        """Who asks. Raises NoSession."""
        try:
            found = self.client("sts", self.region or "us-east-1").get_caller_identity()
            parts = found["Arn"].split(":", 5)
            if len(parts) < 6 or parts[0] != "arn":
                raise TypeError(found["Arn"])
        except Exception as error:
            why, help = self._unasked(error)
            raise NoSession(f"AWS does not say who asks: {why}", help) from error
        return Identity(found["Account"], found["Arn"], parts[1])

    def _unasked(self, error: Exception) -> tuple[str, str]:
        """Why AWS could not be asked whom to be, and what helps. Raises the exception itself when it is none of botocore's."""
        from botocore import exceptions as known
        from botocore.parsers import ResponseParserError

        where = "check `--endpoint-url`" if self._endpoint else "check the network, and the proxy if there is one"
        if isinstance(error, known.ClientError):
            return _said(error), _on_code(_code(error), _date(error.response))
        if isinstance(error, known.SSOError | known.TokenRetrievalError):
            return _said(error), "log in again: `aws sso login`, with `--profile` for a profile"
        if isinstance(error, known.InvalidRegionError | known.NoRegionError):
            return _said(error), "check `--region`, `AWS_REGION` and the profile"
        if isinstance(error, known.SSLError) and not self._endpoint:
            return _said(error), "set `AWS_CA_BUNDLE` to the certificates of whoever stands in between"
        if isinstance(error, known.ProxyConnectionError):
            return _said(error), "check `HTTPS_PROXY` and `NO_PROXY`"
        if isinstance(error, known.EndpointConnectionError) and not self._endpoint:
            return _said(error), f"{where}; is `{self.region or 'us-east-1'}` a Region?"
        if isinstance(error, known.HTTPClientError | known.ConnectionError | ResponseParserError | NoAnswer):
            return _said(error), where
        if isinstance(error, known.BotoCoreError):
            return _said(error), "give `--profile`, or set the credentials as for the AWS CLI"
        if isinstance(error, EOFError):
            return (
                "the profile asks for a code, and nobody is there to type it",
                "run it at a terminal, or log in before",
            )
        # what botocore says of an endpoint that is no URL, and of a page in place of an answer
        if isinstance(error, _TRIPPED):
            return "the endpoint is no URL" if isinstance(error, ValueError) else NO_ANSWER, where
        raise error

    def client(self, service: str, region: str, writes: bool = False) -> Any:
        """A client; one that writes sends every request once."""
        from botocore.config import Config

        where = "us-east-1" if service in GLOBAL else region
        key = (service, where, writes)
        with self._lock:
            if key not in self._clients:
                retries: dict[str, Any] = {"mode": "standard", "total_max_attempts": 1}
                if not writes:
                    retries = {"mode": "adaptive", "total_max_attempts": _ATTEMPTS}
                config = Config(retries=retries, max_pool_connections=WORKERS * 2, **_PATIENCE)
                client = self._session.client(
                    service, region_name=where, config=config, endpoint_url=self._endpoint or None
                )
                watch(client)
                if service == "s3control" and (self._endpoint or _is_local(client.meta.endpoint_url)):
                    client.meta.events.register("before-sign.s3-control", without_account)
                self._clients[key] = client
            return self._clients[key]

    def call(self, client: str, method: str, region: str, **params: Any) -> Any:
        """The plain answer of one call. Raises CallFailed."""
        what = CALLS[client, method]
        try:
            return plain(getattr(self.client(client, region, what.writes), method)(**params))
        except Exception as error:
            raise CallFailed(failure_of(client, method, error)) from error

    def has(self, client: str, method: str, region: str) -> bool:
        """Whether the installed boto3 knows a method."""
        return hasattr(self.client(client, region), method)

    def pages(self, client: str, method: str, region: str, key: str, **params: Any) -> Iterator[Any]:
        """Every item of a list, page by page. Raises CallFailed, also in the middle."""
        for answer in self.answers(client, method, region, **params):
            yield from answer.get(key) or ()

    def answers(self, client: str, method: str, region: str, **params: Any) -> Iterator[Any]:
        """The plain answer for each page. Raises CallFailed, also in the middle."""
        give, take, more = TOKENS.get(client, ("NextToken", "NextToken", {}))
        given = {**more, **params}
        seen = set[str]()
        while True:
            answer = self.call(client, method, region, **given)
            yield answer
            token = answer.get(take)
            if not token:
                return
            if token in seen or len(seen) == _MOST_PAGES:
                raise CallFailed(Failure(client, method, Trouble.STRANGE, "", "the list has no end", {}))
            seen.add(token)
            given[give] = token


def _code(error: Exception) -> str:
    """AWS's error code, empty where no answer came."""
    found: Any = getattr(error, "response", None) or {}
    return str(found.get("Error", {}).get("Code", ""))


def _date(answer: Mapping[str, Any]) -> str:
    """The date of the server that answered, empty where it says none."""
    return str(answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", ""))


def _clock(date: str) -> str:
    """What helps where credentials or a clock may be the cause."""
    return "log in again, or set the clock of this machine" + (f": AWS's shows {date}" if date else "")


def _on_code(code: str, date: str) -> str:
    """What helps against an error code."""
    if code in _EXPIRED:
        return "the credentials have expired: log in again"
    if code in _LATE:
        return _clock(date)
    if code in ("SignatureDoesNotMatch", "InvalidSignatureException"):
        return "check the secret key, and the clock of this machine" + (f": AWS's shows {date}" if date else "")
    if code in ("OptInRequired", "SubscriptionRequiredException"):
        return "the account has to be activated, or the Region switched on for it"
    if code in _THROTTLED or code in ("ServiceUnavailable", "InternalFailure", "InternalError"):
        return "try again later"
    return "check the credentials: `--profile` chooses others"


def _on_profile(error: Exception) -> str:
    """What helps where the profile or the configuration is no use."""
    from botocore.exceptions import ConfigParseError

    return "mend the file" if isinstance(error, ConfigParseError) else "see `aws configure list-profiles`"


#: client -> the members that ask for the next page and name it, and the size of a page
TOKENS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "vpc-lattice": ("nextToken", "nextToken", {"maxResults": 100}),
    "accessanalyzer": ("nextToken", "nextToken", {}),
    "s3": ("ContinuationToken", "NextContinuationToken", {}),
    "iam": ("Marker", "Marker", {}),
    "lambda": ("Marker", "NextMarker", {}),
}


def _is_local(url: str) -> bool:
    """Whether an endpoint, which the environment or the profile may name as well, is an address or a host of this machine."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    try:
        return "." not in host or bool(ip_address(host))
    except ValueError:
        return False


def without_account(request: Any, **_: Any) -> None:
    """A local server has no host of its own for every account, which S3 control's endpoint rules put before the name."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(request.url)
    label, _, rest = parts.netloc.partition(".")
    if label.isdigit() and len(label) == 12:
        request.url = urlunsplit(parts._replace(netloc=rest))


def _said(error: Exception | str) -> str:
    """What an exception says, as a part of a sentence."""
    text = " ".join(str(error).split()).rstrip(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def fingerprint(params: Mapping[str, Any]) -> str:
    """The parameters of a call as one text, the same for the same ones."""
    return json.dumps(plain(params), sort_keys=True)
