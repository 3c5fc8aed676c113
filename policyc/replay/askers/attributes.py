"""What Cedar texts can tell of the values of a record: attributes that no text reads are nothing, and of a text that is only compared with texts
and patterns nothing else than what comes of that."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from policyc.engines.cedar.predicates import conditions_of, find_tests
from policyc.engines.iam.globs import Wild, compile_glob, matcher
from policyc.replay.recorded import ABSENT
from policyc.syntax.cedar_nodes import Compare, Document, Expr, Like, Lit, path_of

Path: TypeAlias = tuple[str, ...]
#: a test of a text
Test: TypeAlias = Callable[[str], bool]
#: what differs between a path as records have it and as policies may see it
_SLASH: Final = "/"


class Attributes:
    """The attributes that some texts read, and the tests of those that are nothing but tested texts."""

    def __init__(self, documents: Iterable[Document]) -> None:
        tested: dict[Path, list[Test]] = {}
        #: attributes of which a text reads the value, and those that it reads in another way than as a tested text
        self.values: set[Path] = set()
        otherwise: set[Path] = set()
        asked: set[Path] = set()
        for test in find_tests(condition for document in documents for condition in conditions_of(document)).values():
            found = _text_test(test.node)
            for read in test.reads:
                path = (*read.path, *read.names)
                asked.add(path)
                if read.names:
                    continue  # whether it is there
                self.values.add(path)
                if found is None:
                    otherwise.add(path)
                else:
                    tested.setdefault(path, []).append(found)
        self.tested = {
            path: tuple(tests)
            for path, tests in tested.items()
            if not any(path[:size] in otherwise for size in range(len(path) + 1))
        }
        #: what lies on the way to an attribute that is read or asked for, and those themselves
        self.named = {path[:size] for path in asked for size in range(len(path) + 1)}

    def projected(self, path: Path, value: Any) -> Any:
        """So much of the value of an attribute as the texts read; an object without anything for one of which they read nothing."""
        if path not in self.named:
            return {}
        if any(path[:size] in self.values for size in range(len(path) + 1)) or not isinstance(value, Mapping):
            return value
        return {
            name: self.projected((*path, name), item) for name, item in value.items() if (*path, name) in self.named
        }

    def likeness(self, path: Path, value: Any) -> Hashable:
        """The same for values, as they are projected, that the texts cannot tell apart."""
        tests = self.tested.get(path)
        if isinstance(value, str) and value.strip() not in ABSENT:
            if tests is not None:
                other = value[1:] if value.startswith(_SLASH) else _SLASH + value
                return tuple([test(text) for test in tests for text in (value, other)])
            if not any(path[:size] in self.values for size in range(len(path) + 1)):
                return "there"
        if isinstance(value, Mapping):
            return tuple([(name, self.likeness((*path, name), item)) for name, item in sorted(value.items())])
        return repr(value)


def _text_test(node: Expr) -> Test | None:
    """The test of a text that a test of a condition is; None for any other."""
    if isinstance(node, Like) and path_of(node.of) is not None:
        return matcher(compile_glob(tuple(Wild.STAR if part is None else part for part in node.pattern)))
    if isinstance(node, Compare) and node.operator in ("==", "!="):
        for of, other in ((node.left, node.right), (node.right, node.left)):
            if path_of(of) is not None and isinstance(other, Lit) and isinstance(other.value, str):
                return other.value.__eq__
    return None
