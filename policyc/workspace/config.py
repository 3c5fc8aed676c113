"""`policyc.toml`: found upward from the current folder, checked against `schemas/config.schema.json`, every mistake located."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policyc.bounded import read_regular
from policyc.data import read_json
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.record import record
from policyc.regex import regex
from policyc.text import Source, Span

if TYPE_CHECKING:
    from policyc.shape import Misfit

SCHEMA = "schemas/config.schema.json"
_LARGEST = 1024 * 1024


@record
class Config:
    """What the file says, with the defaults for what it leaves out. `out` and `paths` are relative to the root; `templates` maps a place in
    a host file (`stack.yaml#OrdersAuth`) to the document that is generated there;
    `source` is None when there is no file."""

    paths: tuple[str, ...] = (".",)
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    params: Mapping[str, str] = MappingProxyType({})
    select: tuple[str, ...] = ("all",)
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = MappingProxyType({})
    per_path: tuple[tuple[str, frozenset[str]], ...] = ()
    switches: Mapping[str, str] = MappingProxyType({})
    out: str = "out"
    templates: Mapping[str, str] = MappingProxyType({})
    name: str = ""
    source: Source | None = None

    def span(self, *path: str) -> Span | None:
        """Where a setting stands, for a message about it."""
        return None if self.source is None else find_key(self.source, path)


def load_config(file: Path, diagnostics: Diagnostics) -> Config:
    """Read a configuration file. Whatever is wrong is reported, and the defaults stand in."""
    from policyc.model.files import stays_inside

    name = file.name
    if not stays_inside(file, file.parent.resolve()):
        diagnostics.error(
            "path-outside-root", f"`{name}` is a link that leads out of its folder", None, "put the file itself there"
        )
        return Config()
    try:
        raw = read_regular(file, _LARGEST)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        diagnostics.error(
            "unreadable-config", f"`{name}` cannot be read: {reason}", None, "check the path and permissions"
        )
        return Config()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        diagnostics.error(
            "invalid-config", f"`{name}` is not UTF-8 at byte {error.start}", Span(name, 0, 0), "save the file as UTF-8"
        )
        return Config()
    source = Source(name, text)
    data = _parse(source, diagnostics)
    if data is None:
        return Config(source=source)
    from policyc.shape import misfits

    found = misfits(data, read_json(SCHEMA))
    for misfit in found:
        _report(misfit, source, diagnostics)
    return Config(source=source) if found else _build(data, source, file.parent.resolve(), diagnostics)


def _parse(source: Source, diagnostics: Diagnostics) -> dict[str, Any] | None:
    import tomllib  # a single file often has no configuration

    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r"\(at line (\d+), column (\d+)\)", message)
        end = len(source.text.rstrip())
        span = source.span(end, end)
        if place is not None:
            starts = source.line_starts()
            offset = starts[min(int(place[1]), len(starts)) - 1] + int(place[2]) - 1
            span = source.span(offset, offset + 1)
        reason = re.sub(r"\s*\(at .*\)$", "", message).rstrip(".")
        reason = reason[:1].lower() + reason[1:]
    except RecursionError:
        span, reason = source.span(0, 0), "values are nested too deeply"
    except ValueError:  # the interpreter's own limit on the digits of a number
        span, reason = source.span(0, 0), "a number has too many digits"
    diagnostics.error(
        "invalid-config", f"`{source.file}` is not TOML: {reason}", span, "see https://toml.io for the syntax"
    )
    return None


def _report(misfit: Misfit, source: Source, diagnostics: Diagnostics) -> None:
    path = tuple(str(part) for part in misfit.path)
    keys = tuple(part for part in misfit.path if isinstance(part, str))
    span = find_key(source, keys)
    if misfit.rule == "additionalProperties":
        known = _known_keys(path[:-1])
        listed = ", ".join(f"`{name}`" for name in known)
        where = f"`[{'.'.join(path[:-1])}]`" if path[:-1] else f"`{source.file}`"
        diagnostics.error(
            "unknown-setting",
            f"{where} has no setting `{path[-1]}`",
            span,
            did_you_mean(path[-1], known, f"the settings here are {listed}"),
        )
        return
    diagnostics.error(
        "invalid-setting",
        f"the setting `{'.'.join(keys)}` {misfit.message}",
        span,
        "`policyc explain policyc.toml` lists the settings and their values",
    )


def _known_keys(path: tuple[str, ...]) -> list[str]:
    schema = read_json(SCHEMA)
    for part in path:
        schema = schema.get("properties", {}).get(part) or schema["additionalProperties"]
    return sorted(schema["properties"])


def _build(data: Mapping[str, Any], source: Source, root: Path, diagnostics: Diagnostics) -> Config:
    """The configuration of the project in the folder `root` (resolved)."""
    from policyc.model.files import is_inner_path, stays_inside

    project, lint = data.get("project", {}), data.get("lint", {})
    config = Config(
        paths=tuple(project.get("paths", (".",))),
        exclude=tuple(text.rstrip("/") for text in project.get("exclude", ())),
        include=tuple(text.rstrip("/") for text in project.get("include", ())),
        params={name: param_text(value) for name, value in data.get("params", {}).items()},
        select=tuple(lint.get("select", ("all",))),
        ignore=tuple(lint.get("ignore", ())),
        severity=dict(lint.get("severity", {})),
        per_path=tuple((path, frozenset(item["ignore"])) for path, item in lint.get("per-path", {}).items()),
        switches=_switches(data.get("switches", {}), source, diagnostics),
        out=data.get("build", {}).get("out", "out"),
        templates=dict(data.get("build", {}).get("templates", {})),
        name=project.get("name", ""),
        source=source,
    )
    for text, keys in [*((path, ("project", "paths")) for path in config.paths), (config.out, ("build", "out"))]:
        if not is_inner_path(text) or not stays_inside(root / text, root):
            diagnostics.error(
                "path-outside-root",
                f"`{text}` does not stay inside the project root",
                find_key(source, keys),
                "write a path relative to the folder of this file, without `..` and without links that lead out",
            )
    return config


def _switches(data: Mapping[str, str | int], source: Source, diagnostics: Diagnostics) -> dict[str, str]:
    """The project's choices; unknown names and choices are reported and left out."""
    if not data:
        return {}
    from policyc.targets.switches import catalogue

    known = catalogue()
    chosen: dict[str, str] = {}
    for name, value in data.items():
        span, switch = find_key(source, ("switches", name)), known.get(name)
        if switch is None:
            diagnostics.error(
                "unknown-switch",
                f"there is no switch `{name}`",
                span,
                did_you_mean(name, known, "`policyc explain switches` lists them"),
            )
        elif not switch.settable:
            diagnostics.error(
                "unknown-switch",
                f"the switch `{name}` cannot be set: answers that hang on it stay open",
                span,
                "remove it",
            )
        elif str(value) not in switch.choices:
            diagnostics.error(
                "unknown-choice",
                f"`{name}` cannot be `{value}`",
                span,
                did_you_mean(
                    str(value), switch.choices, "choose one of " + ", ".join(f"`{item}`" for item in switch.choices)
                ),
            )
        else:
            chosen[name] = str(value)
    return chosen


def param_text(value: str | int | bool) -> str:
    """A parameter's value as `--param` would give it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


_TABLE = regex(r"[ \t]*\[[ \t]*([A-Za-z0-9_.\"' \t-]+?)[ \t]*\]")
_KEY = regex(r"[ \t]*([A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*(=|\.)")


def find_key(source: Source, path: tuple[str, ...]) -> Span:
    """Where a setting is written: its key, else its table's header, else the start of the file.

    Good enough to point at: tomllib keeps no places, so this reads the file's lines again.
    """
    best, span = 0, source.span(0, 0)
    table: tuple[str, ...] = ()
    for start, line in zip(source.line_starts(), source.text.split("\n")):
        header, key = _TABLE.match(line), _KEY.match(line)
        if header is not None:
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            here, group = table, header
        elif key is not None:
            here, group = (*table, key[1].strip("\"'")), key
        else:
            continue
        if len(here) > best and path[: len(here)] == here:
            best, span = len(here), source.span(start + group.start(1), start + group.end(1))
    return span
