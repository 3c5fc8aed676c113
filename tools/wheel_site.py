"""Puts the built site into the wheel, where there is one, so that `policyc play` finds it. Used by hatch while it builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Site(BuildHookInterface):  # type: ignore[type-arg]
    """`dist/site` as data of the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        site = Path(self.root, "dist", "site")
        if version == "standard" and (site / "play" / "index.html").is_file():
            build_data["force_include"][str(site)] = "policyc/_data/site"
