"""Stories for the tests of clusters; every text was written for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.core.cluster import fingerprint
from pipeline.core.story import Story

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)

FERRY = (
    "A ferry with 212 people on board ran aground off the port of Velmar on Monday after its engine failed in a storm, "
    "the coast guard said.\n\nNobody was hurt. Two tugs pulled the vessel free at high tide and brought it to the "
    "harbour of Brask, where divers will look at its hull.\n\nThe owner, Nordhavn Lines, said the ferry had passed an "
    "inspection in March and would stay out of service for at least 3 days."
)
MARKET = (
    "Shares in Ostavia closed 1.2 percent higher on Monday, led by banks, as the central bank kept its key rate at "
    "4.25 percent.\n\nThe OSX index of 30 shares ended at 11,873.4 points. Turnover was 412 million crowns, after 388 "
    "million on Friday. Gainers outnumbered losers by 21 to 9."
)
MARKET_NEXT_DAY = (
    "Shares in Ostavia closed 0.7 percent higher on Tuesday, led by banks, as the central bank kept its key rate at "
    "4.25 percent.\n\nThe OSX index of 30 shares ended at 11,956.1 points. Turnover was 397 million crowns, after 412 "
    "million on Monday. Gainers outnumbered losers by 18 to 12."
)


def sent(provider: str, body: str, hours: float = 0, **more: object) -> Story:
    """Return ``body`` as a provider sent it some hours after noon, with its fingerprint."""
    base = Story(
        uri=f"urn:{provider}:{hours}",
        provider=provider,
        version="1",
        version_created=NOON + timedelta(hours=hours),
        headline="A headline",
        body=body,
        source_format="test",
    )
    story = msgspec.structs.replace(base, **more)
    return msgspec.structs.replace(story, fingerprint=fingerprint(story))
