"""`policyc play`: the page that runs policyc in a browser, handed out on this machine alone."""

from __future__ import annotations

import argparse
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.data import data_root

SHARED = ("quiet",)
REPORT = ""
FORMATS = ()

DESCRIPTION = """Hand out the page that tries policies in a browser: an editor with findings, documents, tests and
what-if answers. policyc itself runs in the page; nothing is sent anywhere. Ends with Ctrl-C."""

EPILOG = """examples:
  policyc play                    on http://127.0.0.1:8431/
  policyc play --port 0           on a free port

exit status: 0 ended, 2 wrong use or no site, 3 internal error."""

_PORT: Final = 8431
#: what browsers take for modules and WebAssembly; systems differ in what they know
_TYPES: Final = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm"}


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("--port", type=int, default=_PORT, metavar="PORT", help="the port, 0 for a free one")
    parser.add_argument("--site", metavar="FOLDER", help="the folder of a site that `make site` built")


def run(args: argparse.Namespace, console: Console) -> int:
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    # in an installation, and in a checkout after `make site`
    folders = [Path(args.site)] if args.site else [data_root() / "site", data_root() / "dist" / "site"]
    folder = next((one for one in folders if (one / "play" / "index.html").is_file()), None)
    if folder is None:
        raise WrongUse(
            "this installation has no site" if not args.site else f"`{args.site}` holds no site",
            "build it in the repository: `make site`, then `policyc play --site dist/site`",
        )

    class Handler(SimpleHTTPRequestHandler):
        """Files of the site."""

        def guess_type(self, path):  # type: ignore[no-untyped-def]
            return _TYPES.get(Path(path).suffix) or super().guess_type(path)

        def end_headers(self) -> None:
            self.send_header("X-Content-Type-Options", "nosniff")
            super().end_headers()

        def send_head(self):  # type: ignore[no-untyped-def]
            # a page elsewhere could have a name of its own lead here
            host = (self.headers.get("Host") or "").rpartition(":")[0]
            if host not in ("127.0.0.1", "localhost"):
                self.send_error(421)
                return None
            return super().send_head()

        def list_directory(self, path):  # type: ignore[no-untyped-def]
            self.send_error(404)
            return

        def log_message(self, format: str, *words: object) -> None:
            """Nothing: the terminal stays as it is."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", args.port), partial(Handler, directory=str(folder.resolve())))
    except (OSError, OverflowError) as error:
        raise WrongUse(f"port {args.port} cannot be used: {error}", "give another one with `--port`") from error
    with server:
        if not args.quiet:
            console.write(
                f"policyc play: http://127.0.0.1:{server.server_address[1]}/play/index.html; Ctrl-C ends it\n"
            )
            console.flush()
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    return exits.CLEAN
