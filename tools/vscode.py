"""Packs the extension of `editors/vscode` into a `.vsix`: `python tools/vscode.py [TARGET]`, after `npm run bundle` there.

A `.vsix` is a ZIP with a manifest and the extension's files below `extension/`. Equal input gives equal bytes.
Source: https://learn.microsoft.com/en-us/visualstudio/extensibility/vsix-extension-schema-2-0-reference
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "editors" / "vscode"
TARGET = ROOT / "dist" / "policyc-vscode.vsix"
_TYPES = {".json": "application/json", ".js": "application/javascript", ".md": "text/markdown", ".txt": "text/plain"}


def files(folder: Path = FOLDER) -> dict[str, bytes]:
    """What the archive holds, by name. Raises FileNotFoundError for what `package.json` names and is not there."""
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    contributed = about["contributes"]
    named = [about["main"], *(item["path"] for item in (*contributed["grammars"], *contributed["snippets"]))]
    named += [item["configuration"] for item in contributed["languages"] if "configuration" in item]
    inside = {name.removeprefix("./"): (folder / name).read_bytes() for name in sorted(set(named))}
    shipped = {key: value for key, value in about.items() if key not in ("scripts", "devDependencies")}
    inside["package.json"] = (json.dumps(shipped, indent=2) + "\n").encode()
    inside["README.md"] = (folder / "README.md").read_bytes()
    inside["LICENSE.txt"] = (ROOT / "LICENSE").read_bytes()
    out = {"extension.vsixmanifest": _manifest(about).encode(), "[Content_Types].xml": _types().encode()}
    return out | {f"extension/{name}": inside[name] for name in sorted(inside)}


def pack(target: Path = TARGET, folder: Path = FOLDER) -> Path:
    """Write the archive in one step."""
    held = files(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return target


def _manifest(about: dict[str, Any]) -> str:
    engine = about["engines"]["vscode"]
    identity = " ".join(
        f"{key}={quoteattr(str(value))}"
        for key, value in (("Id", about["name"]), ("Version", about["version"]), ("Publisher", about["publisher"]))
    )
    tags = ",".join(about["keywords"])
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" {identity} />
    <DisplayName>{escape(str(about["displayName"]))}</DisplayName>
    <Description xml:space="preserve">{escape(str(about["description"]))}</Description>
    <Tags>{escape(tags)}</Tags>
    <Categories>{escape(",".join(about["categories"]))}</Categories>
    <License>extension/LICENSE.txt</License>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={quoteattr(engine)} />
      <Property Id="Microsoft.VisualStudio.Code.ExtensionDependencies" Value="" />
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="workspace" />
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code" />
  </Installation>
  <Dependencies />
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true" />
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true" />
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true" />
  </Assets>
</PackageManifest>
"""


def _types() -> str:
    rows = "".join(f'<Default Extension="{end}" ContentType="{kind}" />' for end, kind in sorted(_TYPES.items()))
    manifest = '<Default Extension=".vsixmanifest" ContentType="text/xml" />'
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="{space}">{rows}{manifest}</Types>\n'


if __name__ == "__main__":
    made = pack(Path(sys.argv[1])) if len(sys.argv) > 1 else pack()
    sys.stdout.write(f"wrote {made.name}, {made.stat().st_size:,} bytes\n")
