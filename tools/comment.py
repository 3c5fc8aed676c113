"""Keep one comment on a pull request up to date: `python comment.py REPORT.md`, in a job of GitHub Actions.

The comment is found again by a mark that people do not see. Reads GITHUB_REPOSITORY, GITHUB_API_URL, POLICYC_PULL and POLICYC_TOKEN.
Source: https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

MARK = "<!-- policyc report -->"
#: characters that a comment may have, with some to spare
MOST = 65_000
_PAGES = 30


def ask(method: str, way: str, data: dict[str, str] | None = None) -> Any:
    """One call of the API. Raises OSError."""
    address = os.environ.get("GITHUB_API_URL", "https://api.github.com") + way
    body = None if data is None else json.dumps(data).encode()
    head = {"Authorization": f"Bearer {os.environ['POLICYC_TOKEN']}", "Accept": "application/vnd.github+json"}
    with urlopen(Request(address, body, head, method=method), timeout=30) as answer:
        return json.load(answer)


def main(argv: list[str]) -> int:
    text = Path(argv[0]).read_text(encoding="utf-8")
    body = {"body": f"{MARK}\n{text}"[:MOST]}
    issue = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    pull = int(os.environ["POLICYC_PULL"])
    for page in range(1, _PAGES + 1):
        comments = ask("GET", f"{issue}/{pull}/comments?per_page=100&page={page}")
        for comment in comments:
            if str(comment.get("body", "")).startswith(MARK):
                ask("PATCH", f"{issue}/comments/{int(comment['id'])}", body)
                return 0
        if len(comments) < 100:
            break
    ask("POST", f"{issue}/{pull}/comments", body)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"the comment cannot be written: {type(error).__name__}: {error}")
