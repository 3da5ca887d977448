"""Deciding: which hits are what they look like. A strong alias tags unless its neighbours forbid it; a weak one needs evidence.

Evidence is, in this order: the place named after a comma (``Georgetown, Guyana``), strong hits for the same region
anywhere in the story, the dateline, the provider's home, a preposition of place before a town.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from pipeline.core.tag.dictionary import Sense
from pipeline.core.tag.scan import Hit

PLACES = frozenset({"name", "capital", "city", "division", "place"})
REGIONAL = PLACES | {"demonym"}
_LOCATIVE = frozenset({"in", "near", "at", "outside", "from", "around", "of", "to", "across", "inside", "into", "through", "throughout", "within", "towards", "visit", "visiting", "visited"})  # fmt: skip
_DIRECTIONS = frozenset({"the", "northern", "southern", "eastern", "western", "central", "downtown", "north", "south", "east", "west", "northeastern", "northwestern", "southeastern", "southwestern", "neighboring", "neighbouring", "nearby"})  # fmt: skip
_STREET = frozenset({"street", "avenue", "road", "boulevard", "lane", "drive", "st", "ave", "rd", "blvd", "dr", "court", "ct", "terrace"})  # fmt: skip
_TICKER = re.compile(r"[A-Z.]{1,8}>")
_FIRM = re.compile(
    r"(?: (?:[A-Z][\w.'-]*|and|&|of)){0,4}? (?:Inc|Corp|Co|Cos|Ltd|Plc|PLC|AG|SA|NV|Industries|Bancorp|Financial|Fund|Trust|Resources|Airlines|Airways|Holdings|Group)\b"
)
_ABBREVIATION = 5
"""Characters of the longest abbreviation of a state: ``calif``."""
_SETTLED_BY = 0.05
"""A weak town of fewer people, in millions, is not believed on a preposition alone."""


class Context:
    """What is known beside the hits: the dateline's and the home's region, and words of context."""

    __slots__ = ("home", "located", "words")

    def __init__(self, words: Mapping[str, frozenset[str]], located: str = "", home: str = "") -> None:
        self.words = words
        self.located = located
        self.home = home


def decide(hits: Sequence[Hit], context: Context) -> None:
    """Accept or refuse every hit that names a place, a people or an actor; each gets its evidence or its reason."""
    pending: list[Hit] = []
    strong: Counter[str] = Counter()
    moved: dict[str, Sense] = {}
    for index, hit in enumerate(hits):
        sense = hit.sense
        use = sense.use
        if use == "null":
            hit.reason = "absorbed by a trap"
        elif hit.start and hit.text.written[hit.start - 1] == "<" and _TICKER.match(hit.text.written, hit.start):
            hit.reason = "a ticker"
        elif use in REGIONAL:
            following = hits[index + 1] if index + 1 < len(hits) else None
            if _qualified(hit, following):
                strong[hit.sense.region] += 1
                moved[hit.pattern.form] = hit.sense
            elif reason := _forbidden(hit, following, context):
                hit.reason = reason
            elif sense.weak or hit.text.caps and sense.region == "TR":
                pending.append(hit)
            else:
                _accept(hit, sense, "strong alias")
                strong[sense.region] += 1
        elif use == "actor":
            if sense.weak:
                pending.append(hit)
            else:
                _accept(hit, sense, "strong alias")
                if sense.region:
                    strong[sense.region] += 1
    for hit in hits:
        if hit.pattern.form in moved and hit.accepted and hit.sense.use in ("city", "capital"):
            # A town that the story has placed once is the same town throughout.
            _accept(hit, moved[hit.pattern.form], "placed elsewhere in the story")
    cues = Counter(
        hit.sense.region
        for hit in {hit.pattern.form: hit for hit in hits if hit.sense.use == "cue" and not hit.sense.weak}.values()
    )
    if cues or context.home:
        _bring_home(hits, strong, cues, context)
    for hit in pending:
        _weigh(hit, strong, context)
    if not strong and not any(hit.accepted for hit in pending):
        _settle(pending, cues)


def _bring_home(hits: Sequence[Hit], strong: Counter[str], cues: Counter[str], context: Context) -> None:
    """Give a town's name to its namesake at home in a local story: ``Edmonton`` in London, ``Dublin`` in Ohio.

    Only where nothing but the town itself points to its larger namesake, and nothing to any third country.
    """
    named = {hit.sense.region for hit in hits if hit.accepted and hit.sense.use not in ("city", "capital")}
    local = max(cues, key=lambda region: cues[region]) if cues else context.home
    for hit in hits:
        if not hit.accepted or hit.sense.use not in ("city", "capital") or hit.sense.region in named | {local}:
            continue
        if set(strong) - named - {hit.sense.region, local} or named - {local}:
            continue
        sense = next((sense for sense in hit.senses if sense.region == local and sense.use in PLACES), None)
        if sense is not None:
            strong[hit.sense.region] -= 1
            strong[local] += 1
            _accept(hit, sense, "a namesake in a local story")
    for region in [region for region, count in strong.items() if count <= 0]:
        del strong[region]


def _settle(pending: Sequence[Hit], cues: Counter[str]) -> None:
    """Accept towns in a story that names nothing else: one that local cues point to, or that comes again and again."""
    forms = Counter(hit.pattern.form for hit in pending)
    for hit in pending:
        towns = [sense for sense in hit.senses if sense.use == "city"]
        if not towns:
            continue
        sense = max(towns, key=lambda town: (cues[town.region], town.weight))
        if cues[sense.region] or (forms[hit.pattern.form] > 1 and sense.weight >= _SETTLED_BY):
            hit.reason = ""
            _accept(hit, sense, "local cues" if cues[sense.region] else "named again and again")


def _accept(hit: Hit, sense: Sense, evidence: str) -> None:
    hit.sense = sense
    hit.accepted = True
    hit.evidence = evidence


def _qualified(hit: Hit, following: Hit | None) -> bool:
    """Accept a town by the region after its comma: ``Paris, Texas`` is not in France."""
    if (
        following is None
        or following.text is not hit.text
        or hit.sense.use not in ("city", "capital", "division", "name")
    ):
        return False
    gap = following.start - hit.end
    if gap == 1 and following.sense.use == "cue":
        region = following.sense.region
        sense = next((sense for sense in hit.senses if sense.region == region and sense.use in PLACES), None)
        if sense is not None and hit.sense.use in ("city", "capital"):
            _accept(hit, sense, f"before {following.written}")
            return True
        return False
    if gap not in (1, 2) or not hit.text.written[hit.end : following.start].startswith(","):
        return False
    if following.sense.use not in ("name", "division"):
        return False
    regions = [sense.region for sense in following.senses if sense.use in ("name", "division")]
    own = {sense.region for sense in hit.senses if sense.use in PLACES}
    region = next((region for region in regions if region in own), regions[0])
    if region not in own and (hit.sense.use == "name" or following.sense.use == "name"):
        return False  # a list: France, Germany
    sense = next((sense for sense in hit.senses if sense.region == region and sense.use in PLACES), None)
    _accept(hit, sense or Sense("city", region), f"followed by {following.written}")
    if following.sense.weak:
        chosen = next(sense for sense in following.senses if sense.region == region)
        _accept(following, chosen, f"after {hit.written}")
    return True


def _forbidden(hit: Hit, following: Hit | None, context: Context) -> str:
    """Return why the neighbours make a hit something else, or nothing."""
    if not hit.pattern.bare or hit.text.caps:
        return ""
    written = hit.text.written
    padded = hit.text.folded.text
    if hit.sense.use == "demonym" or (hit.accepted and hit.evidence):
        return ""
    before_at = hit.start - 1
    if before_at > 0 and written[before_at] == " ":
        begin = padded.rfind(" ", 0, hit.from_ - 1)
        word = padded[begin + 1 : hit.from_ - 1]
        if (
            word in context.words.get("given", ())
            and written[before_at - len(word)].isupper()
            and word not in _LOCATIVE
        ):
            return f"after the given name {word.capitalize()}"
    if written[hit.end : hit.end + 1] != " ":
        return ""
    stop = padded.find(" ", hit.to + 1)
    word = padded[hit.to + 1 : stop]
    if not word or not written[hit.end + 1 : hit.end + 2].isupper():
        return ""
    if word in _STREET:
        return "the name of a street"
    form = hit.pattern.form
    if following is not None and following.text is hit.text and following.from_ == hit.to + 1:
        return ""
    if form in context.words.get("given", ()) and word not in context.words.get("title", ()):
        return f"a given name before {word.capitalize()}"
    if word in context.words.get("after", ()):
        return f"part of a name that ends in {word.capitalize()}"
    return ""


def _weigh(hit: Hit, strong: Counter[str], context: Context) -> None:
    """Choose among the senses of a weak alias the one with evidence, or refuse them all."""
    if hit.sense.use == "division" and len(hit.pattern.form) <= _ABBREVIATION:
        if _after_town(hit):
            _accept(hit, hit.sense, "after a town and a comma")
        else:
            hit.reason = "an abbreviation that follows no town"
        return
    named = [sense for sense in hit.senses if sense.use in REGIONAL or sense.actor]
    best = max(named, key=lambda sense: (strong[sense.region], sense.region == context.located, sense.weight))
    region = best.region
    if region and strong[region]:
        _accept(hit, best, f"{strong[region]} strong mentions of {region}")
    elif region and region == context.located:
        _accept(hit, best, "the dateline")
    elif region and region == context.home:
        _accept(hit, best, "the provider's home")
    elif (
        best.use in PLACES
        and (best.weight >= _SETTLED_BY or best.use != "city")
        and not hit.text.caps
        and (word := _locative(hit))
    ):
        _accept(hit, hit.senses[0], f"after {word!r}")
    else:
        hit.reason = "weak alias without evidence in the story"


def _after_town(hit: Hit) -> bool:
    """Say whether a capitalised word and a comma stand before: ``Lewisburg, Pa.``."""
    written = hit.text.written
    if written[max(0, hit.start - 2) : hit.start] != ", ":
        return False
    padded = hit.text.folded.text
    begin = padded.rfind(" ", 0, hit.from_ - 2) + 1
    return begin < hit.from_ - 2 and written[hit.start - (hit.from_ - begin)].isupper()


def _locative(hit: Hit) -> str:
    """Return the preposition of place before a hit, or nothing."""
    padded = hit.text.folded.text
    end = hit.from_ - 1
    for _ in range(3):
        begin = padded.rfind(" ", 0, end)
        word = padded[begin + 1 : end]
        if word not in _DIRECTIONS:
            return word if word in _LOCATIVE and hit.text.written[hit.start - 1 : hit.start] == " " else ""
        end = begin
    return ""


def governs(hit: Hit) -> bool:
    """Say whether a country stands for its government: not ``in Hungary``, ``Hungarian army`` or ``Hungarian wine``."""
    if hit.anchor or hit.sense.use not in ("name", "capital", "demonym") or _locative(hit):
        return False
    return hit.sense.use != "demonym" or not hit.text.written[hit.end + 1 : hit.end + 2].islower()


def names_firm(hit: Hit) -> bool:
    """Say whether a hit begins the name of a firm: ``Israel Chemicals Ltd``, ``San Juan Basin Royalty Trust``."""
    written = hit.text.written
    if hit.text.caps or not written[hit.end + 1 : hit.end + 2].isupper():
        return False
    return _FIRM.match(written, hit.end, hit.end + 80) is not None
