"""Credentials and Region of a caller who does not exist, and the account that it meets. Nothing here reaches a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.client import ClientCreator
from botocore.hooks import BaseEventHooks, EventAliaser
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from policyc.cli.app import run as run_command
from tests.live.fake.core import REGION, installed
from tests.live.world import World, world

#: reading the models of the services would take most of a test's time, making clients of them half of the rest
LOADER = create_loader()
_alias, _methods = EventAliaser._alias_event_name, ClientCreator._create_methods
_ALIASES: dict[str, str] = {}
_METHODS: dict[str, dict[str, object]] = {}


def _aliased(self: EventAliaser, name: str) -> str:
    if name not in _ALIASES:
        _ALIASES[name] = _alias(self, name)
    return _ALIASES[name]


def _made(self: ClientCreator, model: ServiceModel) -> dict[str, object]:
    if model.service_id not in _METHODS:
        _METHODS[model.service_id] = _methods(self, model)
    return dict(_METHODS[model.service_id])


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setattr("botocore.session.create_loader", lambda *_: LOADER)
    monkeypatch.setattr(EventAliaser, "_alias_event_name", _aliased)
    monkeypatch.setattr(ClientCreator, "_create_methods", _made)
    monkeypatch.setattr(BaseEventHooks, "_verify_accept_kwargs", lambda self, handler: None)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def there() -> Iterator[World]:
    made = world()
    with installed(made.aws):
        yield made


@pytest.fixture
def policyc(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command line: status, standard output, standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run_command(words)
        found = capsys.readouterr()
        return status, found.out, found.err

    return run


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)


#: what a pull of the world and an import of that wrote, by path: the same for every test of this process
_WRITTEN: dict[str, str] = {}


@pytest.fixture
def imported(there: World, policyc: Callable[..., tuple[int, str, str]]) -> World:
    """The world, with a pull of it in `live` and policies that say the same in `policies`."""
    if not _WRITTEN:
        assert policyc("aws", "pull", "-o", "live")[0] == 0
        assert policyc("import", "live", "-o", "policies")[0] == 0
        for folder in ("live", "policies"):
            _WRITTEN.update({str(path): path.read_text() for path in Path(folder).rglob("*") if path.is_file()})
    for name, written in _WRITTEN.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(written)
    there.aws.log.clear()
    return there
