"""Parameters that stay open in what is written: what their values have to look like, and samples that are known again in a document.

A sample is a value of the right form that nobody writes. What it is inserted into shows where the value of a parameter goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from policyc.model.types import BOOL, EnumOf, Named, SetOf, Type, shapes
from policyc.record import record

#: letters and signs that mean nothing in a pattern, in a quoted text and in the templates of any host
_PLAIN: Final = r"[ !#%&'()+,./0-9:;<=>@A-Z_a-z-]+"
_V4: Final = r"[0-9]{1,3}(\.[0-9]{1,3}){3}"
#: patterns of types whose own form takes more than can be put into a finished document
_NARROW: Final[Mapping[str, str]] = {
    "string": _PLAIN,
    "arn": r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12})?:[ !#%&'()+,./0-9:;<=>@A-Z_a-z-]+",
    "resource": r"\*|arn:aws:[ !#%&'()*+,./0-9:;<=>?@A-Z_a-z-]+",
    "principal": r"\*|[0-9]{12}|A[A-Z]{3}[0-9A-Z]+|arn:aws:(iam|sts):[!#%&'()+,./0-9:;<=>@A-Z_a-z-]+",
    "org_path": r"o-[a-z0-9]{10,32}(/[a-z0-9-]+)*/?",
    "datetime": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "ip": _V4,
    "cidr": _V4 + r"/[0-9]{1,2}",
}
#: Regions of other partitions: their ARNs begin otherwise, and the partition is written out in documents
OTHER_PARTITIONS: Final = r"(cn|us-gov|us-iso|us-isob|us-isof|eu-isoe|eusc)-"
_TEXTS: Final[Mapping[str, Callable[[int], str]]] = {
    "string": lambda n: f"zqsample{n}x",
    "account": lambda n: f"{918273640000 + 101 * n:012d}",
    "arn": lambda n: f"arn:aws:zqsample:me-sample-9:{918273540000 + 101 * n:012d}:thing/zqsample{n}x",
    "resource": lambda n: f"arn:aws:zqsample:me-sample-9:{918273540000 + 101 * n:012d}:thing/zqsample{n}x",
    "principal": lambda n: f"arn:aws:iam::{918273540000 + 101 * n:012d}:role/zqsample{n}x",
    "org_id": lambda n: f"o-zq{n:08d}",
    "org_path": lambda n: f"o-zp{n:08d}/r-zq{n:02d}/ou-zq{n:02d}-zq{n:06d}/",
    "ou_id": lambda n: f"ou-zr{n:02d}-zr{n:06d}",
    "vpc_id": lambda n: f"vpc-0fedcba987{n:07x}",
    "vpce_id": lambda n: f"vpce-0fedcba987{n:07x}",
    "attachment_id": lambda n: f"attachment-0fedcba987{n:07x}",
    "idc_group_id": lambda n: f"9f8e7d6c-5b4a-4d3c-8b2a-{n:012x}",
    "distribution_id": lambda n: f"EZQ{n:010d}",
    "service_principal": lambda n: f"zqsample{n}x.amazonaws.com",
    "region": lambda n: f"me-zqsample{_letters(n)}-9",
    "http_method": lambda n: f"ZQ{_letters(n).upper()}",
    "ip": lambda n: f"198.18.{n % 250}.77",
    "cidr": lambda n: f"198.19.{n % 250}.0/24",
    "datetime": lambda n: f"20{31 + n // 9:02d}-0{1 + n % 9}-17T09:07:00Z",
}
_NUMBERS: Final[Mapping[str, Callable[[int], int]]] = {
    "asn": lambda n: 4_200_017_351 + n,
    "port": lambda n: 47_351 + n,
    "int": lambda n: 918_273_645 + n,
}


@record
class Parameter:
    """A `param` that stays open. `pattern` is what each value has to match as a whole (empty: `allowed` or the range says it), `never` what none may begin with;
    `default` the value, or the values of a list, that it has when nobody gives one. `many` parameters are lists."""

    name: str
    kind: str
    many: bool = False
    doc: str = ""
    default: str | tuple[str, ...] | None = None
    pattern: str = ""
    never: str = ""
    allowed: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None

    @property
    def is_number(self) -> bool:
        return not self.many and self.kind in _NUMBERS

    @property
    def takes_default(self) -> bool:
        """Whether the default is one of the values that it takes."""
        return all(
            self.takes(value) for value in ((self.default,) if isinstance(self.default, str) else self.default or ())
        )

    def takes(self, value: str) -> bool:
        """Whether a value, or one of a list, has the form that it has to have."""
        return (not self.pattern or re.fullmatch(self.pattern, value) is not None) and (
            not self.never or re.match(self.never, value) is None
        )


def can_be_open(kind: Type) -> bool:
    """Whether values of a type can be put into a finished document."""
    match kind:
        case SetOf(item):
            return isinstance(item, Named) and item.name in _TEXTS
        case EnumOf():
            return True
        case Named(name):
            return name in _TEXTS or name in _NUMBERS or kind == BOOL


def members(kind: Type) -> tuple[str, ...]:
    """Every value of a type that has only a few; empty for the others."""
    if isinstance(kind, EnumOf):
        return kind.members
    return ("true", "false") if kind == BOOL else ()


def sample(kind: Type, number: int, form: str) -> str:
    """A value that nobody writes, as `--param` takes it; another one for each number. `form` is what its place asks for: a kind of text (`resource`, `principal`,
    another type) or a pattern; empty for what its type asks for."""
    match kind:
        case SetOf(item):
            return ",".join(sample(item, 1000 + 2 * number + at, "") for at in (0, 1))
        case EnumOf(found):
            return found[number % len(found)]
        case Named(name) if name in _NUMBERS:
            return str(_NUMBERS[name](number))
        case Named() if form in _TEXTS:
            return _TEXTS[form](number)
        case Named(name) if form:
            plain = _TEXTS[name](number)
            return plain if re.fullmatch(form, plain) else _fitting(form, number) or plain
        case Named(name) if name in _TEXTS:
            return _TEXTS[name](number)
    return "true" if number % 2 else "false"


def described(name: str, kind: Type, doc: str, default: str | tuple[str, ...] | None, form: str) -> Parameter:
    """A parameter with what its values have to look like; `form` as in `sample`."""
    inner = kind.item if isinstance(kind, SetOf) else kind
    word = inner.name if isinstance(inner, Named) else "enum"
    shape = shapes().get(word)
    asked = form if form in _TEXTS else word
    pattern = _NARROW.get(asked) or (shapes()[asked].pattern if asked in shapes() else "")
    return Parameter(
        name,
        word,
        isinstance(kind, SetOf),
        doc,
        default,
        "" if members(inner) or word in _NUMBERS else pattern if form in _TEXTS else form or pattern,
        OTHER_PARTITIONS if asked == "region" else "",
        members(inner),
        shape.minimum if shape and word in _NUMBERS else None,
        shape.maximum if shape and word in _NUMBERS else None,
    )


_FIXED: Final = re.compile(r"\[([^\]\\^]+)\]\{([0-9]+)(?:,[0-9]*)?\}")


def _fitting(pattern: str, number: int) -> str:
    """A text that fits a pattern of fixed parts and runs such as `[0-9a-z]{17}`; empty where that does not do."""
    made = _FIXED.sub(lambda found: f"{918_273 + number:0{found[2]}d}", re.sub(r"^\(|\)$|\|.*", "", pattern))
    return made if re.fullmatch(pattern, made) else ""


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
