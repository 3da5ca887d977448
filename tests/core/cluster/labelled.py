"""A labelled wire, made at run time: stories, copies of them as other providers send them, and traps.

Nothing of a text is kept here: stories come from the sample wire and, where it lies beside the repository, from
Reuters-21578; what is done to them follows from a seed.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from random import Random

import msgspec

from pipeline.adapters import files
from pipeline.core import formats
from pipeline.core.cluster import Recent, cluster_of, fingerprint
from pipeline.core.payload import Payload
from pipeline.core.story import Story

ROOT = Path(__file__).parents[3]
REUTERS = ROOT.parent / "shared" / "data" / "tagging" / "reuters_train" / "stories.jsonl.gz"
REPEATS = Path(__file__).with_name("repeats.txt")
PROVIDERS = ("alder", "birch", "cedar", "dogwood", "elm")
START = datetime(2026, 6, 15, tzinfo=UTC)
PLACES = ("PARIS", "LAGOS", "SEOUL", "QUITO", "OSLO", "NEW DELHI")
CHANGES = {
    "said": "told reporters",
    "pct": "percent",
    "mln": "million",
    "dlrs": "dollars",
    "billion": "bln",
    "however": "but",
    "about": "around",
    "after": "following",
    "because": "as",
    "show": "suggest",
    "company": "firm",
    "increase": "rise",
    "rose": "climbed",
    "fell": "dropped",
    "also": "too",
    "expected": "likely",
    "statement": "release",
    "government": "administration",
    "will": "would",
}
TAILS = (
    "(Reporting by Ada Quill; editing by Ben Marlow and the Oslo desk)",
    "(Additional reporting in Quito by Ines Halloran)",
    "Copyright Cedar Newswire. All rights reserved.",
    "More on this story as it comes in.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Labelled(msgspec.Struct, frozen=True):
    """A story and the number of the text that it is a copy of."""

    story: Story
    text: int
    made: str
    source: str


def originals(reuters: int, seed: int) -> list[Story]:
    """Return the sample wire's stories, newest revisions, and some of Reuters."""
    found: dict[str, Story] = {}
    for payload in files.payloads([str(ROOT / "config" / "samples")], lambda _origin, _reason: None):
        for story in formats.parse(payload).stories:
            found[story.id] = story
    stories = list(found.values())
    if reuters:
        with gzip.open(REUTERS) as lines:
            items = [Payload(data=line, origin="reuters", provider="reuters") for line in lines]
        chosen = Random(seed).sample(items, min(reuters, len(items)))
        stories += [story for item in chosen for story in formats.parse(item).stories]
    return [story for story in stories if fingerprint(story)]


def wire(stories: list[Story], seed: int) -> list[Labelled]:
    """Return the stories with copies by other providers and traps, in the order of a day."""
    chance = Random(seed)
    made: list[Labelled] = []
    repeated, number = dict(line.split()[::-1] for line in REPEATS.read_text().splitlines()[1:]), 0
    texts: dict[str, int] = {}
    for story in stories:
        source, *others = chance.sample(PROVIDERS, len(PROVIDERS))
        moment = START + timedelta(seconds=chance.uniform(0, 86_000))
        first, *takes = taken(story, chance)
        for how, one in (("original", first), *(("take", take) for take in takes), *another_day(first, chance)):
            number += 1
            # What Reuters itself sent twice is one text.
            text = texts.setdefault(_said_first(repeated, story.uri), number) if how == "original" else number
            provider = others[-1] if how == "another day" else source
            when = moment + timedelta(seconds=chance.uniform(0, 40_000)) if how != "original" else moment
            made.append(Labelled(_sent(one, provider, when, str(number)), text, how, story.uri))
            for copy in range(chance.choice((0, 0, 1, 1, 2, 3))):
                changed, way = copied(one, chance)
                later = when + timedelta(seconds=chance.expovariate(1 / 3600))
                made.append(Labelled(_sent(changed, others[copy], later, f"{number}-{copy}"), text, way, story.uri))
    made = [one for one in made if one.story.fingerprint]
    return sorted(made, key=lambda one: (one.story.version_created or START, one.story.uri))


def _said_first(repeated: dict[str, str], uri: str) -> str:
    while uri in repeated:
        uri = repeated[uri]
    return uri


def copied(story: Story, chance: Random) -> tuple[Story, str]:
    """Return the story as another desk sends it, and what was done: one or two of five things."""
    ways = {
        "dateline": lambda text: f"{chance.choice(PLACES)}, June 15 (Agency) - {text}",
        "cut": lambda text: cut(text, chance),
        "rewritten": lambda text: rewritten(text, chance),
        "reordered": lambda text: reordered(text, chance),
        "tail": lambda text: f"{text}\n\n{chance.choice(TAILS)}",
    }
    names = sorted(chance.sample(sorted(ways), chance.choice((1, 2, 2))))
    text = story.body or ""
    for name in names:
        text = ways[name](text)
    headline = " ".join(word for word in (story.headline or "").split() if chance.random() > 0.15)
    headline = chance.choice((headline, headline.upper(), story.headline or ""))
    return msgspec.structs.replace(story, body=text, headline=headline or None), "+".join(names)


def cut(text: str, chance: Random) -> str:
    """Return the beginning: 25 words or more, up to the end of a sentence where there is one."""
    words = text.split(" ")
    end = max(25, int(len(words) * chance.uniform(0.25, 0.9)))
    short = " ".join(words[:end])
    stop = max(short.rfind(". "), short.rfind(".\n"))
    return short[: stop + 1] if stop > 150 else short


def rewritten(text: str, chance: Random) -> str:
    """Return the text with one word in about twelve changed, left out or added; figures and names stay."""
    out: list[str] = []
    for word in re.split(r"([ \n]+)", text):
        dice = chance.random()
        if word.lower() in CHANGES and dice < 0.6:
            out.append(CHANGES[word.lower()])
        elif word.isalpha() and word.islower() and dice < 0.04:
            out.append(chance.choice(("", f"{word} reportedly", f"the {word}")))
        else:
            out.append(word)
    return "".join(out)


def reordered(text: str, chance: Random) -> str:
    """Return the text with two paragraphs after the first exchanged, or one left out."""
    parts = text.split("\n")
    if len(parts) < 4:
        return text
    first, second = chance.sample(range(1, len(parts)), 2)
    if chance.random() < 0.5:
        parts[first], parts[second] = parts[second], parts[first]
    else:
        del parts[first]
    return "\n".join(parts)


def taken(story: Story, chance: Random) -> list[Story]:
    """Return a long story as its two takes, sometimes; they have the headline in common."""
    parts = (story.body or "").split("\n")
    if len(parts) < 8 or chance.random() < 0.7:
        return [story]
    half = len(parts) // 2
    return [msgspec.structs.replace(story, body="\n".join(half)) for half in (parts[:half], parts[half:])]


def another_day(story: Story, chance: Random) -> Iterator[tuple[str, Story]]:
    """Yield the same report of another day: other figures and days in the same words, from its beginning on."""
    text = story.body or ""
    lead = " ".join(text.split()[:25])
    if len(re.findall(r"\d+", text)) >= 4 and re.search(r"\d", lead) and chance.random() < 0.5:
        other = re.sub(r"\d+", lambda found: _figure(found[0], chance), text)
        other = re.sub("|".join(DAYS), lambda _: chance.choice(DAYS), other)
        if " ".join(other.split()[:25]) != lead:  # else a copy cut short could be of either day
            yield "another day", msgspec.structs.replace(story, body=other)


def _figure(text: str, chance: Random) -> str:
    """Return another figure of as many digits; one in ten stays."""
    if chance.random() < 0.1:
        return text
    return str(chance.randrange(10 ** (len(text) - 1), 10 ** len(text)))


def _sent(story: Story, provider: str, moment: datetime, number: int | str) -> Story:
    """Return the story as this provider sent it, read by the pipeline's own reader of ninjs."""
    item = {
        "uri": f"urn:{provider}:{number}",
        "version": "1",
        "versioncreated": moment.isoformat(),
        "headline": story.headline,
        "body_text": story.body,
        "language": story.language or "en",
        "provider": provider,
    }
    data = json.dumps({name: value for name, value in item.items() if value}).encode()
    (sent,) = formats.parse(Payload(data=data, origin="labelled", provider=provider)).stories
    return msgspec.structs.replace(sent, received=moment, fingerprint=fingerprint(sent))


class Figures(msgspec.Struct, frozen=True):
    """Over the pairs of stories of different providers that should be in one cluster, or are."""

    pairs: int
    precision: float
    recall: float


def clustered(wire: list[Labelled]) -> dict[str, str]:
    """Return the cluster of each story, found one after the other as they come in."""
    recent = Recent(len(wire))
    newest: dict[str, Story] = {}
    for one in wire:
        cluster = cluster_of(one.story, newest.get(one.story.id), recent.candidates(one.story))
        newest[one.story.id] = msgspec.structs.replace(one.story, cluster=cluster)
        recent.add(newest[one.story.id])
    return {id_: story.cluster or id_ for id_, story in newest.items()}


def score(wire: list[Labelled], clusters: dict[str, str]) -> Figures:
    """Return how well the clusters hold the copies of each text."""
    wanted = _pairs([(str(one.text), one.story) for one in wire])
    found = _pairs([(clusters[one.story.id], one.story) for one in wire])
    right = len(wanted & found)
    return Figures(len(wanted), right / len(found), right / len(wanted))


def _pairs(stories: list[tuple[str, Story]]) -> set[tuple[str, str]]:
    groups: dict[str, list[Story]] = {}
    for name, story in stories:
        groups.setdefault(name, []).append(story)
    couples = (couple for group in groups.values() for couple in combinations(group, 2))
    return {(one.id, other.id) for one, other in couples if one.provider != other.provider}
