"""`rpds` on a page: the collections that the check against schemas is built on, in Python, as their own wheels hold code for machines.

They are small here (one registry of schemas), so a copy for each change does. Source: https://rpds.readthedocs.io/en/stable/api/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class HashTrieMap(Mapping[Any, Any]):
    """A mapping whose changes are new mappings."""

    def __init__(self, value: Any = (), **more: Any) -> None:
        self._held = dict(value, **more)

    @classmethod
    def convert(cls, value: Any) -> HashTrieMap:
        return value if isinstance(value, cls) else cls(value)

    @classmethod
    def fromkeys(cls, keys: Iterable[Any], value: Any = None) -> HashTrieMap:
        return cls(dict.fromkeys(keys, value))

    def __getitem__(self, key: Any) -> Any:
        return self._held[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __hash__(self) -> int:
        return hash(frozenset(self._held.items()))

    def insert(self, key: Any, value: Any) -> HashTrieMap:
        return HashTrieMap({**self._held, key: value})

    def update(self, *others: Any, **more: Any) -> HashTrieMap:
        held = dict(self._held)
        for other in others:
            held.update(other)
        return HashTrieMap({**held, **more})

    def remove(self, key: Any) -> HashTrieMap:
        if key not in self._held:
            raise KeyError(key)
        return self.discard(key)

    def discard(self, key: Any) -> HashTrieMap:
        return HashTrieMap({name: value for name, value in self._held.items() if name != key})


class HashTrieSet(frozenset[Any]):
    """A set whose changes are new sets."""

    def insert(self, value: Any) -> HashTrieSet:
        return HashTrieSet([*self, value])

    def update(self, *others: Iterable[Any]) -> HashTrieSet:  # type: ignore[override]
        return HashTrieSet(self.union(*others))

    def remove(self, value: Any) -> HashTrieSet:  # type: ignore[override]
        if value not in self:
            raise KeyError(value)
        return self.discard(value)

    def discard(self, value: Any) -> HashTrieSet:  # type: ignore[override]
        return HashTrieSet(item for item in self if item != value)


class List(tuple[Any, ...]):
    """A list that grows at its front."""

    def __new__(cls, *values: Any) -> List:
        held = values[0] if len(values) == 1 and isinstance(values[0], Iterable) else values
        return super().__new__(cls, held)

    @property
    def first(self) -> Any:
        return self[0]

    @property
    def rest(self) -> List:
        return List(self[1:])

    def push_front(self, value: Any) -> List:
        return List((value, *self))

    def drop_first(self) -> List:
        return self.rest
