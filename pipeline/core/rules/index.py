"""The index: from the keys that a story has to the rules that they select."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, pairwise

from pipeline.core.rules.keys import LONGEST, OWN_KEYS, Key, Keys, fewer, fielded, group
from pipeline.core.rules.query import TAG_FIELDS, Node, Tag, leaves
from pipeline.core.rules.view import View
from pipeline.core.story import Role

Postings = dict[str, list[int]]


class Index:
    """Postings by key. A number is that of a rule, times two; plus one where the key alone decides."""

    def __init__(self) -> None:
        self.single: Postings = {}
        self.pairs: dict[str, Postings] = {}
        self.used: dict[str, int] = {}
        """How many pairs have a word."""
        self.second: dict[str, set[str]] = {}
        """The words that follow a word in a key of two neighbours."""
        self.sorts: dict[str, int] = {}
        """The sorts of keys that there are (by their first sign), so that what nobody asks for costs nothing."""
        self.groups: dict[str, dict[str, None]] = {}
        """field:value to the group keys that hold the value."""
        self._derived = _Derived(self.sorts)

    def add(self, number: int, found: Keys, node: Node) -> None:
        """Index rule ``number`` by its keys."""
        posting = number * 2 + found.exact
        for key in found.any:
            self._postings(key).append(posting)
            for part in key:
                self._note(part)
        for leaf in leaves(node):
            if isinstance(leaf, Tag):
                name = group(leaf.field, leaf.values)
                for value in leaf.values:
                    self.groups.setdefault(fielded(leaf.field, value), {})[name] = None

    def remove(self, number: int, found: Keys) -> None:
        """Take rule ``number`` out; ``found`` are the keys that it was added with."""
        posting = number * 2 + found.exact
        for key in found.any:
            holders = [self.single] if len(key) == 1 else [self.pairs.get(word, {}) for word in key]
            for holder, last in zip(holders, reversed(key), strict=True):
                postings = holder.get(last, [])
                if posting in postings:
                    postings.remove(posting)
                    if not postings:
                        del holder[last]
                    break

    def _postings(self, key: Key) -> list[int]:
        """Return the postings of a key; a pair stands under the word that fewer pairs have: the rarer one, mostly."""
        if len(key) == 1:
            return self.single.setdefault(key[0], [])
        first, second = key
        used = self.used
        used[first] = used.get(first, 0) + 1
        used[second] = used.get(second, 0) + 1
        if used[first] > used[second]:
            first, second = second, first
        return self.pairs.setdefault(first, {}).setdefault(second, [])

    def _note(self, key: str) -> None:
        first, space, second = key.partition(" ")
        if space:
            self.second.setdefault(first, set()).add(second)
        elif key[0] in "*~+":
            if key not in self.sorts:
                self._derived.clear()
            self.sorts[key] = self.sorts[key[0]] = 1
        elif ":" in key:
            self.sorts[key.partition(":")[0]] = 1

    def keys(self, view: View) -> set[str]:
        """Return the keys that a story has, as far as rules may ask for them."""
        found = view.vocabulary.copy()
        second = self.second
        if second:
            for row in view.rows:
                found.update([f"{a} {b}" for a, b in pairwise(row.words) if a in second and b in second[a]])
        sorts = self.sorts
        if "*" in sorts or "~" in sorts:
            found.update(chain.from_iterable(map(self._derived.__getitem__, view.vocabulary)))
        if "+" in sorts and view.language != "en":
            found.update(f"+{word[:end]}" for word in view.vocabulary for end in range(1, min(len(word), LONGEST) + 1))
        for field in OWN_KEYS:
            if field in sorts:
                found.update(fielded(field, word) for word in view.words_of(field))
        found.update(self._data(view))
        return found

    def _data(self, view: View) -> Iterable[str]:
        """Yield the keys of what is known beside the text."""
        story, sorts = view.story, self.sorts
        for field in ("urgency", "status", "signal"):
            if field in sorts:
                yield fielded(field, str(getattr(story, field)).lower())
        if not any(field in sorts for field in TAG_FIELDS):
            return
        values = [fielded("region", region.code) for region in story.regions]
        values += [fielded("focus", region.code) for region in story.regions if region.role is Role.FOCUS]
        for actor in story.actors:
            values += [fielded("actor", actor.id), fielded("kind", actor.kind), fielded("sector", actor.sector or "")]
        for value in values:
            yield from self.groups.get(value, ())

    def candidates(self, found: set[str]) -> set[int]:
        """Return the postings that a story's keys select."""
        result: set[int] = set()
        single = self.single
        for key in single.keys() & found:
            result.update(single[key])
        for first in self.pairs.keys() & found:
            inner = self.pairs[first]
            if len(inner) == 1:
                for second, postings in inner.items():
                    if second in found:
                        result.update(postings)
            else:
                for second in inner.keys() & found:
                    result.update(inner[second])
        return result


class _Derived(dict[str, tuple[str, ...]]):
    """The keys of wildcards and edits that a word has, remembered, since words come again."""

    limit = 200_000

    def __init__(self, sorts: dict[str, int]) -> None:
        self.sorts = sorts

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= self.limit:
            self.clear()
        starts = [f"*{word[:end]}" for end in range(1, min(len(word), LONGEST) + 1)] if "*" in self.sorts else []
        edits = fewer(word) if "~" in self.sorts and len(word) <= LONGEST + 1 else []
        found = self[word] = tuple(key for key in (*starts, *edits) if key in self.sorts)
        return found
