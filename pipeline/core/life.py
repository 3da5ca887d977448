"""The life of a story: what a further revision of it means for what was already stored and alerted on.

Pure, and used by both ways of running: the embedded pipeline asks it inside its transaction, the index worker after
it has read the stored revisions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from pipeline.core.alerts import Alert, AlertType, make_alert, raise_alerts
from pipeline.core.story import Match, Status, Story


class Rules(Protocol):
    """The rules in force where a revision is stored, which may have changed since it was matched."""

    def judge(self, matches: Iterable[Match], story: Story) -> tuple[list[Match], list[Match]]:
        """Return which of the matches of another revision ``story`` denies, and which of them are left undecided."""
        ...


def settle(stored: Story | None, incoming: Story) -> Story:
    """Return ``incoming`` as the revision that it is.

    A feed item without version and date is ranked by its arrival; when it comes again unchanged it is the stored
    revision, not a new one.
    """
    if stored is None or incoming.version is not None or incoming.version_created is not None:
        return incoming
    if _content(stored) == _content(incoming):
        return msgspec.structs.replace(incoming, received=stored.received)
    return incoming


def changed_in_place(stored: Story | None, incoming: Story, history: Callable[[], Sequence[Story]]) -> Story:
    """Return ``incoming`` as the revision that it is where a feed has changed an item and left its date as it was.

    Without a version and with the date of the stored one, it would take the stored one's place unseen. What was stored
    before with the same text is that revision again: two feeds of a publisher may have two texts of one item, and each
    comes again with every change of its feed. Any other text is an update that was made when it arrived; the date is
    that of the first revision. A kill of such an update is one of its own arrival, too, whatever date it has. Where the
    arrival is unknown, or the story was killed, nothing is changed.
    """
    if stored is None or incoming.version is not None or incoming.received is None:
        return incoming
    if stored.status is Status.USABLE and incoming.status is Status.CANCELED:
        return _killing(stored, incoming, incoming.received)
    made = incoming.version_created
    if stored.status is not incoming.status or made not in (None, stored.version_created, stored.first_created):
        return incoming
    known = stored if _text(stored) == _text(incoming) else _before(incoming, incoming.received, history())
    if known is not None:
        return msgspec.structs.replace(
            incoming,
            version_created=known.version_created,
            first_created=known.first_created,
            received=known.received,
            signal=known.signal,
        )
    if incoming.status is not Status.USABLE:
        return incoming
    return msgspec.structs.replace(
        incoming,
        version_created=None,
        first_created=incoming.first_created or made,
        signal=incoming.signal or "update",
    )


def _killing(stored: Story, kill: Story, received: datetime) -> Story:
    """Return ``kill`` as newer than ``stored`` where that is ranked by an earlier arrival."""
    late = kill.revision < stored.revision and stored.version is None and stored.version_created is None
    if not late or stored.received is None or stored.received > received:
        return kill
    return msgspec.structs.replace(kill, version_created=None, first_created=kill.first_created or kill.version_created)


def _before(story: Story, received: datetime, revisions: Sequence[Story]) -> Story | None:
    """Return the revision with the text and status of ``story`` that had come in by then.

    Later ones are there already where a fetch that a crash has cut off is worked on again.
    """
    same = (one for one in revisions if one.status is story.status and _text(one) == _text(story))
    return next((one for one in same if one.received is None or one.received <= received), None)


def supersedes(stored: Story | None, incoming: Story) -> bool:
    """Return whether ``incoming`` is to be stored as the newest: a repeat is, a late revision is not."""
    return stored is None or incoming.revision >= stored.revision


def retractions(stored: Story | None, incoming: Story, rules: Rules) -> tuple[list[Alert], Story]:
    """Return the alerts that take back what the older of two revisions has alerted and the newer denies; and the newer.

    Where both were matched against the same rules, the newer denies what it does not match. Otherwise the rule may
    have been edited in between, or too costly: then the very version that has alerted must deny it, and be in force
    here; an edited or deleted rule retracts nothing. What is left undecided is kept with the newer revision, for the
    next one to decide.
    """
    if stored is None:
        return [], incoming
    if stored.revision == incoming.revision:
        return [], _leaving(incoming, stored.undecided or ())
    older, newer = (stored, incoming) if supersedes(stored, incoming) else (incoming, stored)
    if older.status is not Status.USABLE:
        return [], newer
    denied, left = _gone(older, newer, rules)
    # Under the uri that was alerted on: in NewsML 1.2 each revision has its own.
    about = msgspec.structs.replace(_titled(stored, incoming), uri=older.uri)
    return _retracted(about, denied, newer), _leaving(newer, left)


def _gone(older: Story, newer: Story, rules: Rules) -> tuple[list[Match], list[Match]]:
    """Return the matches of the older revision that the newer one denies, and those that it leaves undecided."""
    said = (*newer.matches, *(newer.undecided or ())) if newer.status is Status.USABLE else ()
    kept = {match.rule for match in said}
    gone = [match for match in older.matches if match.rule not in kept]
    open_ = [match for match in older.undecided or () if match.rule not in kept]
    same = bool(older.rules) and older.rules == newer.rules
    asked = open_ if same else [*gone, *open_]
    denied, left = rules.judge(asked, newer) if asked else ([], [])
    return [*gone, *denied] if same else denied, left


def _retracted(story: Story, matches: Iterable[Match], because: Story) -> list[Alert]:
    reason = "kill" if because.status is Status.CANCELED else because.signal or "update"
    return [make_alert(story, AlertType.RETRACTED, match, reason) for match in matches]


def _leaving(story: Story, undecided: Iterable[Match]) -> Story:
    """Return ``story`` with further matches of earlier revisions that stand undecided."""
    said = {match.rule for match in (*story.matches, *(story.undecided or ()))}
    more = tuple(match for match in undecided if match.rule not in said)
    return msgspec.structs.replace(story, undecided=(*(story.undecided or ()), *more)) if more else story


def alerts_of(stored: Story | None, incoming: Story) -> list[Alert]:
    """Return the alerts that a store with memory raises: a late revision says only what the newest still says."""
    if stored is None:
        return raise_alerts(incoming)
    alerts = raise_alerts(_titled(stored, incoming))
    if supersedes(stored, incoming):
        return alerts
    if stored.status is not Status.USABLE:
        return []
    current = {match.rule for match in stored.matches}
    return [alert for alert in alerts if alert.rule in current]


def unsaid(stored: Story | None, said: Story, incoming: Story) -> list[Alert]:
    """Return the alerts of ``incoming`` that a desk without memory could not raise: it took it for ``said``.

    That is another revision where a feed has changed an item under its old date.
    """
    repeated = stored is not None and incoming.revision == stored.revision
    return [] if repeated or incoming.revision == said.revision else alerts_of(stored, incoming)


def mistaken(stored: Story, said: Story, rules: Rules, known: Collection[str] = ()) -> list[Alert]:
    """Return what takes back the alerts that a desk without memory raised on ``said``, which is no revision.

    It is an old text that it took for newer than it is, or another text under the number of a revision that has been
    dealt with; that one matched the ``known`` rules.
    """
    if said.status is not Status.USABLE:
        return []
    return _retracted(said, [match for match in _gone(said, stored, rules)[0] if match.rule not in known], stored)


def _titled(stored: Story, incoming: Story) -> Story:
    """Return ``incoming`` with the stored headline where it has none, as many kills: a reader must know the story."""
    return incoming if incoming.headline else msgspec.structs.replace(incoming, headline=stored.headline)


def _text(story: Story) -> tuple[str | None, ...]:
    """Return what a reader reads: that of a feed's item whose categories change has not changed."""
    return story.headline, story.body, story.ed_note


def _content(story: Story) -> Story:
    """Return the story without what the steps and the arrival add."""
    return msgspec.structs.replace(
        story,
        received=None,
        regions=(),
        actors=(),
        dictionary_version=None,
        matches=(),
        chain=None,
        fingerprint=None,
        cluster=None,
        rules=msgspec.UNSET,
        undecided=msgspec.UNSET,
    )
