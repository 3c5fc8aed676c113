"""Identity policies: the documents that callers carry, what they cannot say, and how they are counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.shape import misfits
from policyc.targets.base import Document, Request
from policyc.targets.program import load_program
from policyc.targets.registry import target

HEAD = """module a
let shop: account = "111122223333"
principal order_fn = role(shop, "order-service")
principal ann = user(shop, "team/ann")
principal batch = role(shop, "batch/*")
principal crowd = account(shop)
resource web: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2 }
resource tls: lattice.service { id: "svc-1a1b2c3d4e5f67890", at: shop/us-west-2, protocol: tls_passthrough }
resource photos: s3.bucket { name: "acme-photos", at: shop/us-east-1 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-east-1, bucket: photos }
resource resize: lambda.function { name: "resize", at: shop/us-east-1, qualifier: "live" }
resource resized: object_lambda.access_point { name: "photos-resized", at: shop/us-east-1, supporting: photo_ap, function: resize }
"""
WEB = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
TLS = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-1a1b2c3d4e5f67890"


def load(folder: Path, text: str) -> tuple[list[tuple[str, str]], list[Document]]:
    """(rule, text of its span) of every finding, and the identity documents when there is none."""
    (folder / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(folder, [folder / "a.policy"], {}, diagnostics)
    found = [(item.rule, text[item.span.start : item.span.end] if item.span else "") for item in diagnostics.sorted()]
    if diagnostics.has_errors:
        return found, []
    return found, list(target("identity").emit(program, diagnostics))


def statement(folder: Path, clauses: str, on: str = "order_fn") -> list[dict[str, Any]]:
    found, documents = load(folder, f'{HEAD}policy p for identity on {on} {{ allow "a" {{ {clauses} }} }}\n')
    assert found == []
    (document,) = documents
    body = json.loads(document.text)
    assert misfits(body, json.loads(read_text("schemas/identity/policy.schema.json"))) == []
    return [{key: value for key, value in item.items() if key not in ("Sid", "Effect")} for item in body["Statement"]]


SAID: list[tuple[str, list[dict[str, Any]]]] = [
    ("can invoke on web", [{"Action": "vpc-lattice-svcs:Invoke", "Resource": f"{WEB}/*"}]),
    (
        'can invoke on web path "/stock*", "/a\\*"',
        [{"Action": "vpc-lattice-svcs:Invoke", "Resource": [f"{WEB}/a${{*}}", f"{WEB}/stock*"]}],
    ),
    (
        "can GET, HEAD on web",
        [
            {
                "Action": "vpc-lattice-svcs:Invoke",
                "Resource": f"{WEB}/*",
                "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"]}},
            }
        ],
    ),
    ("can connect on tls", [{"Action": "vpc-lattice-svcs:Connect", "Resource": TLS}]),
    (
        "can invoke, connect on web, tls",
        [
            {"Action": "vpc-lattice-svcs:Invoke", "Resource": [f"{WEB}/*", f"{TLS}/*"]},
            {"Action": "vpc-lattice-svcs:Connect", "Resource": [WEB, TLS]},
        ],
    ),
    # bucket actions are on the bucket, object actions on its objects
    ("can ListBucket on photos", [{"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-photos"}]),
    (
        "can GetObject, PutObject on photos",
        [{"Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-photos/*"}],
    ),
    (
        'can GetObject on photos path "cats/*"',
        [{"Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-photos/cats/*"}],
    ),
    # access points have the word `object` in between
    (
        'can GetObject on photo_ap path "cats/*"',
        [
            {
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/photos-ap/object/cats/*",
            }
        ],
    ),
    # an Object Lambda access point has no ARNs of objects
    (
        "can GetObject on resized",
        [
            {
                "Action": "s3-object-lambda:GetObject",
                "Resource": "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/photos-resized",
            }
        ],
    ),
    (
        "can InvokeFunction on resize",
        [{"Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:resize:live"}],
    ),
    (
        'can invoke on web when aws.PrincipalTag["team"] == "a" and source.vpc == "vpc-0a1b2c3d"',
        [
            {
                "Action": "vpc-lattice-svcs:Invoke",
                "Resource": f"{WEB}/*",
                "Condition": {
                    "StringEquals": {"aws:PrincipalTag/team": "a", "vpc-lattice-svcs:SourceVpc": "vpc-0a1b2c3d"}
                },
            }
        ],
    ),
]


@pytest.mark.parametrize(("clauses", "expected"), SAID, ids=[item[0] for item in SAID])
def test_documents(tmp_path: Path, clauses: str, expected: list[dict[str, Any]]) -> None:
    found = statement(tmp_path, clauses)
    normal = [{key: sorted(item) if isinstance(item, list) else item for key, item in one.items()} for one in expected]
    assert found == normal


def test_whose_it_is(tmp_path: Path) -> None:
    _, documents = load(tmp_path, HEAD + 'policy p for identity on ann { deny "a" { can invoke on web } }\n')
    (document,) = documents
    assert (document.path, document.kind, document.role) == ("identity/p.json", "identity/policy", "identity")
    assert document.attached_to == "arn:aws:iam::111122223333:user/team/ann"
    assert '"Principal"' not in document.text


REFUSED = [
    ("order_fn", "who order_fn can invoke on web", "clause-not-allowed", "who order_fn"),
    ("order_fn", "can invoke", None, None),
    ("batch", "can invoke on web", "not-one-carrier", "p"),
    ("crowd", "can invoke on web", "not-one-carrier", "p"),
    ("order_fn", 'can invoke on web path "stock"', "malformed-path", 'path "stock"'),
    ("order_fn", 'can GetObject on photos path "/cats/*"', "malformed-path", 'path "/cats/*"'),
    ("order_fn", 'can ListBucket on photos path "cats/*"', "no-path-here", 'path "cats/*"'),
    ("order_fn", 'can connect on tls path "/a"', "no-path-here", 'path "/a"'),
    ("order_fn", 'can GetObject on resized path "a"', "no-path-here", 'path "a"'),
    ("order_fn", 'can invoke on web path not "/a"', "path-not-negatable", 'path not "/a"'),
    (
        "order_fn",
        'can GetObject on photos when source.vpc == "vpc-0a1b2c3d"',
        "key-of-another-service",
        'source.vpc == "vpc-0a1b2c3d"',
    ),
    ("order_fn", 'can invoke on web when header["x"] == "\u20ac"', "character-not-allowed", 'header["x"] == "\u20ac"'),
    ("order_fn", 'can invoke on web when key["aws:sourceip"] == "1"', "known-key", 'key["aws:sourceip"] == "1"'),
]


@pytest.mark.parametrize(("on", "clauses", "rule", "shown"), REFUSED)
def test_what_cannot_be_said(tmp_path: Path, on: str, clauses: str, rule: str | None, shown: str | None) -> None:
    found, documents = load(tmp_path, f'{HEAD}policy p for identity on {on} {{ allow "a" {{ {clauses} }} }}\n')
    assert documents == []
    if rule is None:
        assert found  # the front end names the missing clause, and a verb needs a resource
    else:
        assert (rule, shown) in found


def big(count: int) -> str:
    values = ", ".join(f'"team number {index:06}"' for index in range(count))
    return f'can invoke on web when aws.PrincipalTag["team"] in [{values}]'


@pytest.mark.parametrize(
    ("on", "count", "limit"), [("order_fn", 10, 6_144), ("order_fn", 350, 10_240), ("ann", 350, 6_144)]
)
def test_whitespace_is_not_counted_and_roles_may_hold_more_inline(
    tmp_path: Path, on: str, count: int, limit: int
) -> None:
    text = f'{HEAD}policy p for identity on {on} {{ allow "a" {{ {big(count)} }} }}\n'
    _, (document,) = load(tmp_path, text)
    assert document.quota is not None
    assert document.quota.counted == len(document.text.replace(" ", "")) < len(document.text)
    assert document.quota.limit == limit
    inline = [item.message for item in document.added if "inline" in item.message]
    assert bool(inline) is (limit == 10_240)


def test_no_request_goes_to_an_identity_policy(tmp_path: Path) -> None:
    load(tmp_path, HEAD)
    program = load_program(tmp_path, [tmp_path / "a.policy"], {}, Diagnostics())
    service = next(iter(program.resources.values()))
    diagnostics = Diagnostics()
    assert target("identity").simulate(program, [], Request(service, None, None, None), diagnostics) is None
    assert [item.rule for item in diagnostics] == ["nothing-to-ask"]


def test_each_resource_type_keeps_its_own_form_of_a_verb(tmp_path: Path) -> None:
    """`GetObject` names the key behind `/` in a bucket and behind `/object/` in an access point, in one statement too."""
    text = """
let shop: account = "111122223333"
principal caller = role(shop, "caller")
resource photos: s3.bucket { name: "acme-photos", at: shop/us-east-1 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-east-1, bucket: photos }
policy calls for identity on caller { deny "secret" { can GetObject  on photo_ap, photos  path "secret/*" } }
"""
    (tmp_path / "a.policy").write_text(text)
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [Path("a.policy")], {}, diagnostics)
    assert not diagnostics.has_errors
    (document,) = target("identity").emit(program, diagnostics)
    assert json.loads(document.text)["Statement"][0]["Resource"] == [
        "arn:aws:s3:::acme-photos/secret/*",
        "arn:aws:s3:us-east-1:111122223333:accesspoint/photos-ap/object/secret/*",
    ]
