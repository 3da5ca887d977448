"""The flow: what happens to a payload, step by step. Every runner iterates this table and adds nothing to it.

A payload is parsed into stories (a feed holds many); each story goes through DESK in order. A step returns the
story with what it found, or a Drop: the reason why the story goes no further, which is the label of its metric too.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from time import perf_counter
from typing import Protocol

import msgspec

from pipeline.core import cluster
from pipeline.core.alerts import Alert, raise_alerts
from pipeline.core.errors import InputError
from pipeline.core.payload import DeadLetter, Payload
from pipeline.core.story import Actor, Match, Region, Status, Story, encode


class Tags(msgspec.Struct, frozen=True):
    """What a tagger found."""

    regions: tuple[Region, ...]
    actors: tuple[Actor, ...]


class Tagger(Protocol):
    """Names the regions and actors of a story; ``version`` is that of its dictionaries."""

    @property
    def version(self) -> str:
        """The version of the dictionaries."""
        ...

    def tag(self, story: Story) -> Tags:
        """Return what the story names; never raises, whatever the text."""
        ...


class MatchResult(msgspec.Struct, frozen=True):
    """The matches in the order of the rules, and the rules whose evaluation failed, with the reason.

    ``rules`` says which were in force: the same for the same versions of all.
    """

    matches: tuple[Match, ...]
    errors: tuple[tuple[str, str], ...] = ()
    rules: str | msgspec.UnsetType = msgspec.UNSET


class Matcher(Protocol):
    """Decides which rules a tagged story matches."""

    def match(self, story: Story) -> MatchResult:
        """Return the matches of one story."""
        ...


class Parsed(msgspec.Struct, frozen=True):
    """The stories of one payload, in its order, and the reasons why parts of it could not be used."""

    stories: list[Story]
    refused: tuple[str, ...] = ()


def telling(parsed: Parsed) -> Parsed:
    """Return the stories that say something, the others as refused: an item of nothing but facts holds no story."""
    silent = [story for story in parsed.stories if story.says_nothing]
    if not silent:
        return parsed
    reasons = (f"{story.uri} has neither headline nor body: it holds no story" for story in silent)
    return Parsed([story for story in parsed.stories if not story.says_nothing], (*parsed.refused, *reasons))


class Drop(StrEnum):
    """Why a story goes no further."""

    HELD = "held"


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps work with. ``observe`` gets (step, seconds), ``failed`` gets (rule, reason)."""

    parse: Callable[[Payload], Parsed]
    tagger: Tagger
    matcher: Matcher
    clock: Callable[[], datetime]
    observe: Callable[[str, float], None] = lambda _step, _seconds: None
    failed: Callable[[str, str], None] = lambda _rule, _reason: None


Step = Callable[[Desk, Story], Story | Drop]


def hold(desk: Desk, story: Story) -> Story | Drop:
    """Keep a story under embargo from every later step until its time has come; a kill is never held."""
    embargo = story.embargoed_until if story.status is Status.USABLE else None
    if embargo is not None and embargo > desk.clock():
        return Drop.HELD
    return story


def tag(desk: Desk, story: Story) -> Story:
    """Add regions and actors."""
    tags = desk.tagger.tag(story)
    return msgspec.structs.replace(
        story, regions=tags.regions, actors=tags.actors, dictionary_version=desk.tagger.version
    )


def match(desk: Desk, story: Story) -> Story:
    """Add the matches; a rule that fails is reported and costs no other rule its match."""
    result = desk.matcher.match(story)
    for rule, reason in result.errors:
        desk.failed(rule, reason)
    rules = msgspec.UNSET if result.errors else result.rules
    return msgspec.structs.replace(story, matches=result.matches, rules=rules)


def fingerprint(_desk: Desk, story: Story) -> Story:
    """Add the fingerprint, by which a store with memory finds the copies that other providers sent."""
    return msgspec.structs.replace(story, fingerprint=cluster.fingerprint(story))


DESK: tuple[tuple[str, Step], ...] = (
    ("hold", hold),
    ("tag", tag),
    ("match", match),
    ("fingerprint", fingerprint),
)

STEPS = ("parse", *(name for name, _step in DESK))
"""The steps that are observed."""

RELEASE = "release"
"""The step of a dead letter whose payload is a held story, as it was kept: a retry holds it again."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one payload: everything in it is a story, a held story or a dead letter."""

    stories: list[Story]
    alerts: list[Alert]
    held: list[Story]
    dead: list[DeadLetter]
    replay: bool = False
    """Whether stories are to be written and no alerts raised."""


def work(desk: Desk, payload: Payload, steps: Sequence[tuple[str, Step]] = DESK) -> Outcome:
    """Take one payload through the flow. Never raises: what fails is a dead letter, the rest goes on."""
    outcome = Outcome([], [], [], [], payload.replay)
    began = perf_counter()
    try:
        parsed = telling(desk.parse(payload))
    except InputError as error:
        outcome.dead.append(dead_letter(desk, payload, "parse", error.reason))
        return outcome
    except Exception as error:  # noqa: BLE001  a fault of ours with one payload must not cost the others
        outcome.dead.append(dead_letter(desk, payload, "parse", _describe(error), traceback.format_exc()))
        return outcome
    desk.observe("parse", perf_counter() - began)
    if parsed.refused:
        outcome.dead.append(dead_letter(desk, payload, "parse", "; ".join(parsed.refused)))
    for story in parsed.stories:
        _through(desk, payload, story, steps, outcome)
    return outcome


def release(desk: Desk, story: Story) -> Outcome:
    """Take a held story through the steps now that its time has come, with the rules of now."""
    payload, outcome = held_payload(story), Outcome([], [], [], [])
    _through(desk, payload, story, DESK, outcome)
    for place, letter in enumerate(outcome.dead):
        reason = f"{letter.step}: {letter.reason}"
        outcome.dead[place] = dead_letter(desk, payload, RELEASE, reason, letter.traceback)
    return outcome


def held_payload(story: Story) -> Payload:
    """Return a held story as the payload of a dead letter."""
    origin = f"held story {story.provider} {story.uri}"
    return Payload(data=encode(story), origin=origin, received=story.received, provider=story.provider)


def _through(desk: Desk, payload: Payload, story: Story, steps: Sequence[tuple[str, Step]], outcome: Outcome) -> None:
    name = ""
    try:
        for name, step in steps:
            began = perf_counter()
            result = step(desk, story)
            desk.observe(name, perf_counter() - began)
            if isinstance(result, Drop):
                outcome.held.append(story)
                return
            story = result
        name = "alert"
        alerts = [] if payload.replay else raise_alerts(story)
    except Exception as error:  # noqa: BLE001  the same
        outcome.dead.append(dead_letter(desk, payload, name, _describe(error), traceback.format_exc()))
        return
    outcome.stories.append(story)
    outcome.alerts.extend(alerts)


def dead_letter(desk: Desk, payload: Payload, step: str, reason: str, trace: str | None = None) -> DeadLetter:
    """Return the payload as a dead letter; the same payload failing at the same step has the same id."""
    return DeadLetter(
        id=sha256(step.encode() + b"\0" + payload.data).hexdigest()[:32],
        payload=payload.data,
        origin=payload.origin,
        step=step,
        reason=reason,
        time=desk.clock(),
        provider=payload.provider,
        content_type=payload.content_type,
        traceback=trace,
        received=payload.received,
    )


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
