"""What a report may depend on besides the findings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from policyc.record import record
from policyc.report.tally import Tally


@record
class RuleText:
    """What the catalogue says about one rule: `summary` is one line, `why` and `help` a sentence or two, `url` the public page
    that it rests on, `examples` Markdown with a wrong and a right text."""

    summary: str
    why: str = ""
    help: str = ""
    url: str = ""
    examples: str = ""


@record
class Names:
    """How files are called. Spans name a file from `root`; people read it from the folder `here` where they stand, code
    hosts from the folder `repository`. All three are absolute; without a root a name stays as it is."""

    root: str = ""
    here: str = ""
    repository: str = ""

    def shown(self, file: str) -> str:
        """A file for people: a path from where they stand."""
        return self._from(self.here, file)

    def in_repository(self, file: str) -> str:
        """A file for a code host: a path from the repository's root with `/` separators."""
        return self._from(self.repository, file)

    def _from(self, start: str, file: str) -> str:
        if not self.root or not start or start == self.root or file.startswith("<"):
            return file
        try:
            return os.path.relpath(os.path.join(self.root, file), start).replace(os.sep, "/")  # noqa: PTH118
        except ValueError:  # another drive
            return self.root.replace(os.sep, "/") + "/" + file


#: files keep the names that they have
NOWHERE = Names()


@record
class Options:
    """`width` counts terminal cells, at least 40. `rules` describes the rules for the formats that carry such data; a rule
    that it lacks is reported by its name alone. `quiet` leaves out what is no finding, such as totals. `tally` is what
    was seen of policies inside other files. `pages` is the address of the folder with a page for each finding, empty where none is known.
    """

    color: bool = False
    width: int = 80
    names: Names = NOWHERE
    version: str = ""
    rules: Mapping[str, RuleText] = MappingProxyType({})
    quiet: bool = False
    tally: Tally | None = None
    pages: str = ""
