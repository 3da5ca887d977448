"""Queries and stories over few words, so that they meet; and a plain second reading of the language as the oracle."""

from __future__ import annotations

import re
from itertools import combinations, product
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from pipeline.core.rules import checks
from pipeline.core.rules.forms import is_form, primary
from pipeline.core.rules.query import (
    ITEMS,
    And,
    AtLeast,
    Data,
    Exact,
    Forms,
    Fuzzy,
    Item,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Tag,
    Wild,
    Word,
)
from pipeline.core.rules.rows import lead
from pipeline.core.story import Actor, Kind, Region, Role, Span, Status, Story, Subject
from pipeline.core.words import words

VOCABULARY = ("aid", "pact", "attack", "attacks", "attacked", "atack", "treaty", "un", "o'brien", "organisation")
FIELDS = (None, None, None, "headline", "lead", "body", "slugline", "byline")

_words = st.sampled_from(VOCABULARY)
_fields = st.sampled_from(FIELDS)


def _item(field: object) -> st.SearchStrategy[Item]:
    return st.one_of(
        _words.map(lambda word: Word(word, field)),  # type: ignore[arg-type]
        _words.map(lambda word: Word(word, field)),  # type: ignore[arg-type]
        st.sampled_from(("UN", "un", "Aid", "AID")).map(lambda text: Exact(text, text.lower(), field)),  # type: ignore[arg-type]
        st.sampled_from(("attack", "aid", "treaty")).map(lambda word: Forms(word, field)),  # type: ignore[arg-type]
        st.sampled_from(("att*", "organi?ation", "tre*y", "attack*")).map(lambda text: Wild(text, field)),  # type: ignore[arg-type]
        st.sampled_from(("attack", "pact", "aidd")).map(lambda word: Fuzzy(word, field)),  # type: ignore[arg-type]
    )


def _alike(items: list[Item]) -> list[Item]:
    """Return the items as one pair of quotation marks can write them: all exact, all with forms, or none."""
    kind = Exact if isinstance(items[0], Exact) else Forms if isinstance(items[0], Forms) else None
    return [item for item in items if (isinstance(item, kind) if kind else isinstance(item, Word | Wild))]


@st.composite
def phrases(draw: st.DrawFn) -> Item | Phrase:
    field = draw(_fields)
    items = _alike(draw(st.lists(_item(field), min_size=1, max_size=3))) or [Word("aid", field)]  # type: ignore[arg-type]
    if len(items) == 1:
        return items[0]
    return Phrase(tuple(items), tuple(range(len(items))), draw(st.sampled_from((None, None, 0, 1, 3))))


_parts = st.one_of(_fields.flatmap(_item), phrases())


@st.composite
def nears(draw: st.DrawFn) -> Node:
    sides = [tuple(dict.fromkeys(draw(st.lists(_parts, min_size=1, max_size=2)))) for _side in range(2)]
    node = Near(sides[0], sides[1], draw(st.integers(1, 4)), draw(st.booleans()))
    return Word("aid") if checks.apart(node) else node


_data = st.one_of(
    st.sampled_from((("1", "2"), ("3",), tuple("123456789"))).map(lambda values: Data("urgency", values)),
    st.sampled_from(("usable", "canceled")).map(lambda value: Data("status", (value,))),
    st.just(Data("signal", ("correction",))),
    st.sampled_from(("region", "focus")).flatmap(
        lambda field: st.sampled_from((("KP",), ("KP", "RU"))).map(lambda codes: Tag(field, ",".join(codes), codes))  # type: ignore[arg-type]
    ),
    st.just(Tag("actor", "Q1", ("Q1",))),
    st.just(Tag("kind", "person", ("person",))),
    st.just(Tag("sector", "GOV", ("GOV",))),
    st.sampled_from(("provider", "language", "subject")).map(lambda field: Word("en", field)),  # type: ignore[arg-type]
)


def _grown(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    positive = st.lists(below, min_size=2, max_size=3)
    return st.one_of(
        positive.map(lambda nodes: checks.flat(And, nodes)),
        positive.map(lambda nodes: checks.flat(Or, nodes)),
        st.tuples(below, below).map(lambda pair: checks.flat(And, [pair[0], Not(pair[1])])),
        st.tuples(st.integers(1, 3), st.lists(below, min_size=3, max_size=4)).map(
            lambda pair: _at_least(pair[0], pair[1])
        ),
    )


def _at_least(count: int, nodes: list[Node]) -> Node:
    distinct = tuple(dict.fromkeys(nodes))
    return distinct[0] if len(distinct) == 1 else AtLeast(min(count, len(distinct)), distinct)


QUERIES: st.SearchStrategy[Node] = st.recursive(st.one_of(_parts, nears(), _data), _grown, max_leaves=6)

_few = st.sampled_from((Word("aid"), Word("pact"), Word("un")))
PLAIN: st.SearchStrategy[Node] = st.one_of(
    _few,
    st.tuples(_few, _few).map(lambda pair: Phrase(pair, (0, 1))),
    st.tuples(_few, _few, _few).map(lambda three: Phrase(three, (0, 1, 2))),
    st.builds(lambda a, b, far, ordered: Near((a,), (b,), far, ordered), _few, _few, st.integers(1, 4), st.booleans()),
    st.lists(_few, min_size=2, max_size=3, unique=True).map(lambda words: checks.flat(And, words)),
)
"""The commonest rules, for which there are ways of their own, over so few words that they match."""

_loose = st.builds(
    lambda items, within: Phrase(tuple(items), tuple(range(len(items))), within),
    st.lists(_few, min_size=2, max_size=3),
    st.integers(0, 3),
)
_side = st.lists(st.one_of(_few, _loose), min_size=1, max_size=2, unique=True).map(tuple)
LOOSE: st.SearchStrategy[Near] = st.builds(Near, _side, _side, st.integers(1, 3), st.booleans())
"""Distances of phrases in any order, whose windows share places."""

_text = st.lists(
    st.sampled_from((*VOCABULARY, "the", "UN", "Aid", "AID", "ORGANISATION", "x", "\n\n", "Zelensky", "l’attaque")),
    max_size=12,
).map(" ".join)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    regions = tuple(
        Region(code, code, role, 1.0, 1, (("headline", 0, 1),))
        for code, role in draw(
            st.lists(st.tuples(st.sampled_from(("KP", "RU", "US")), st.sampled_from(Role)), max_size=2)
        )
    )
    actors = draw(st.sampled_from(((), (Actor("Q1", "A", Kind.PERSON, "KP", "GOV", Role.FOCUS, 1.0, 1),))))
    optional = st.one_of(st.none(), _text)
    return Story(
        uri="x",
        provider=draw(st.sampled_from(("en", "reuters"))),
        source_format="test",
        headline=draw(optional),
        body=draw(optional),
        slugline=draw(optional),
        byline=draw(optional),
        dateline=draw(optional),
        language=draw(st.sampled_from((None, "en", "en-US", "fr", "xx"))),
        urgency=draw(st.sampled_from((None, 1, 3))),
        status=draw(st.sampled_from((Status.USABLE, Status.CANCELED))),
        signal=draw(st.sampled_from((None, "correction"))),
        subjects=draw(st.sampled_from(((), (Subject(code="en", name="aid"),)))),
        regions=regions,
        actors=actors,
    )


Place = tuple[str, int]
"""The name of a field and the number of a word in it."""


class Oracle:
    """Reads the language word by word, without positions over fields, sets or short cuts."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.language = primary(story.language)
        names = ("headline", "slugline", "byline", "dateline", "body")
        texts = {name: getattr(story, name) or "" for name in names}
        texts |= {"provider": story.provider, "language": story.language or ""}
        texts |= {
            f"subject {n}": text for n, text in enumerate(t for s in story.subjects for t in (s.code, s.name) if t)
        }
        self.fields = {
            name: [(word, text[start:end]) for word, start, end in words(text)] for name, text in texts.items()
        }
        self.texts = texts
        self.at = {name: [(start, end) for _word, start, end in words(text)] for name, text in texts.items()}

    def places(self, item: Item) -> list[Place]:
        found = []
        for name, row in self.fields.items():
            for at, (word, written) in enumerate(row):
                if self.looks(item.field, name, at) and self.takes(item, word, written, self.texts[name]):
                    found.append((name, at))
        return found

    def looks(self, field: str | None, name: str, at: int) -> bool:
        plain = name.split(" ", maxsplit=1)[0]
        if field is None:
            return plain not in ("provider", "language", "subject")
        if field == "lead":
            return name == "body" and at < lead(self.texts["body"])
        return plain == field

    def takes(self, item: Item, word: str, written: str, text: str) -> bool:
        if isinstance(item, Exact):
            letters = [mark for mark in text if mark.isupper() or mark.islower()]
            return written == item.text and sum(map(str.isupper, letters)) <= 0.8 * len(letters)
        if isinstance(item, Forms):
            return is_form(word, item.word, self.language)
        if isinstance(item, Wild):
            return re.fullmatch(item.pattern.replace("*", ".*").replace("?", "."), word) is not None
        if isinstance(item, Fuzzy):
            return item.word in _edits(word)
        return word == item.word

    def extents(self, part: Item | Phrase) -> list[tuple[str, int, int]]:
        if not isinstance(part, Phrase):
            return [(name, at, at) for name, at in self.places(part)]
        found = []
        for chosen in product(*map(self.places, part.items)):
            names, numbers = {name for name, _at in chosen}, [at for _name, at in chosen]
            if len(names) > 1 or len(set(numbers)) < len(numbers):
                continue
            straight = [at - numbers[0] for at in numbers] == list(part.at)
            spread = max(numbers) - min(numbers) + 1 - len(numbers)
            if straight if part.within is None else spread <= part.within:
                found.append((chosen[0][0], min(numbers), max(numbers)))
        return found

    def holds(self, node: Node) -> bool:  # noqa: PLR0911  one case, one answer
        if isinstance(node, (*ITEMS, Phrase)):
            return bool(self.extents(node))
        if isinstance(node, Near):
            return any(
                first[0] == second[0] and self.close(node, first[1:], second[1:])
                for left, right in product(node.left, node.right)
                for first, second in product(self.extents(left), self.extents(right))  # type: ignore[arg-type]
            )
        if isinstance(node, And):
            return all(self.holds(child) for child in node.of)
        if isinstance(node, Or):
            return any(self.holds(child) for child in node.of)
        if isinstance(node, Not):
            return not self.holds(node.of)
        if isinstance(node, AtLeast):
            return any(all(self.holds(child) for child in some) for some in combinations(node.of, node.count))
        story = self.story
        if isinstance(node, Tag):
            tags = {
                "region": [region.code for region in story.regions],
                "focus": [region.code for region in story.regions if region.role == "focus"],
                "actor": [actor.id for actor in story.actors],
                "kind": [str(actor.kind) for actor in story.actors],
                "sector": [str(actor.sector) for actor in story.actors],
            }
            return bool(set(tags[node.field]) & set(node.values))
        assert isinstance(node, Data)
        return str(getattr(story, node.field)) in node.values

    def spans(self, node: Node) -> set[Span]:
        """Return the spans of the positive terms that hold where they show; those of tags are the tagger's."""
        if isinstance(node, Tag):
            every: list[Region | Actor] = [*self.story.regions, *self.story.actors]
            tags = [tag for tag in every if self.tagged(node, tag)]
            return {span for tag in tags for span in tag.spans}
        if isinstance(node, And | Or | AtLeast):
            return set().union(*[self.spans(child) for child in node.of if self.holds(child)])
        extents: list[tuple[str, int, int]] = []
        if isinstance(node, Near):
            sides = ((node.left, node.right),) if node.ordered else ((node.left, node.right), (node.right, node.left))
            for one, two in sides:
                for left, right in product(one, two):
                    for first, second in product(self.shortest(left, 2), self.shortest(right, 1)):
                        if first[0] == second[0] and 1 <= second[1] - first[2] <= node.distance:
                            extents += [first, second]
        elif isinstance(node, (*ITEMS, Phrase)):
            extents = self.shortest(node, 1)
        return {(name, self.at[name][low][0], self.at[name][high][1]) for name, low, high in extents if " " not in name}

    def shortest(self, part: Any, edge: int) -> list[tuple[str, int, int]]:
        """Return the extents that are shown: of a phrase in any order the shortest from each start, or to each end."""
        found = self.extents(part)
        if not isinstance(part, Phrase) or part.within is None:
            return found
        found.sort(key=lambda one: one[2] - one[1], reverse=True)  # of those with one edge the last is the shortest
        return list({(one[0], one[edge]): one for one in found}.values())

    def tagged(self, node: Tag, tag: Region | Actor) -> bool:
        if isinstance(tag, Region):
            return node.field in ("region", "focus") and Oracle(replace(self.story, regions=(tag,))).holds(node)
        return node.field not in ("region", "focus")

    def close(self, node: Near, first: tuple[int, int], second: tuple[int, int]) -> bool:
        after = 1 <= second[0] - first[1] <= node.distance
        return after or (not node.ordered and 1 <= first[0] - second[1] <= node.distance)


def _edits(word: str) -> set[str]:
    """Return every word that one edit makes, over the letters that occur here."""
    letters = "abcdeikloprstuy'nz"
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return (
        {word}
        | {a + b[1:] for a, b in cuts if b}
        | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
        | {a + letter + b[1:] for a, b in cuts if b for letter in letters}
        | {a + letter + b for a, b in cuts for letter in letters}
    )
