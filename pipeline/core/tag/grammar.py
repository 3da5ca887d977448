"""The words of English that decide what stands beside them; closed classes, unlike the names in the dictionaries."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOCATIVE = _words(
    "in near at outside from around of to across inside into through throughout within towards visit visiting visited"
)
"""Before a name they say that it is a place."""
DIRECTIONS = _words(
    "the northern southern eastern western central downtown north south east west northeastern northwestern "
    "southeastern southwestern neighboring neighbouring nearby"
)
"""They may stand between a preposition and its place."""
SPEECH = _words(
    "in into from speak speaks speaking spoke spoken fluent learn learned learning read reads write writes like"
)
"""Before a people at the end of a phrase they say that its language is meant."""
STREETS = _words("street avenue road boulevard lane drive st ave rd blvd dr court ct terrace")
PLACING = _words("in at near outside inside around within throughout across from beside")
"""Before a name they say that it is the place where something happens, and does nothing itself."""
GROUND = _words(
    "border borders frontier town city village capital province region district coast port island side territory soil "
    "waters airspace"
)
"""Behind a people they name a place: ``the Greek border``."""
ACTS = _words(
    "proposal plan decision offer demand demands sanctions claim claims criticism aid policy side request threat "
    "threats accusation accusations allegations rule law occupation embargo ban concern concerns pressure mediation "
    "role position response refusal denial statement move effort efforts initiative intervention protest interference "
    "support warning delegation visit ultimatum"
)
"""Behind a people they are what its government does: ``a Czech proposal``."""
LINK = re.compile(
    r" (?:of|in|from|for|across|inside|at|near|outside|around|throughout)(?: the)?(?: (?:north|south|east|west|central|"
    r"northern|southern|eastern|western|northeastern|northwestern|southeastern|southwestern|neighbouring|neighboring))?"
    r"(?: (?:capital|city|town|village|port|province|region|state|district|island|coast)(?: city| town)?(?: of)?)? "
)
"""Between a role noun and its country: ``rebels in Chad``, ``police in the southern city of Basra``."""
BACKING = re.compile(
    r"[-–](?:backed|based|born|made|trained|supported|sponsored|funded|financed|occupied|held|armed)\b"
)
"""Behind a country they say that what follows is not its own: ``an Iranian-backed militia``."""
UNMANNED = _words(
    "prison prisons village villages school schools university hospital hospitals radio television press newspaper "
    "newspapers embassy embassies consulate industry business businesses airline bank banks company companies church "
    "mission base jet jets helicopter helicopters tank tanks drone drones missile missiles bomb plane market club "
    "station stations parish prisoner prisoners detainee detainees suspect suspects victim victims family families "
    "community communities public party people man men woman women child children boy girl"
)
"""Role nouns that name a place, a thing or anybody, and are nobody's without a country beside them."""
DEFINITE = frozenset(
    {
        "government",
        "authorities",
        "cabinet",
        "prime minister",
        "premier",
        "foreign minister",
        "defence minister",
        "defense minister",
        "interior minister",
        "finance minister",
        "foreign ministry",
        "junta",
        "regime",
        "emir",
        "sultan",
    }
)
"""Offices that a story about one country may name with an article only."""
HEADS = frozenset({"president", "minister", "king", "monarch", "leadership"})
"""Offices that a story on the politics of one country may name so."""
SEVERING = _words(
    "and or in to on as with by said says for of at from is was were has had have the a an against that will would "
    "over after before when while until because since but who which than amid during under between into about without "
    "among despite his her its their shot sent met told hit held won beat gave struck sold lost saw let put found "
    "fought"
)
"""Between a people and a noun they say that the two do not belong together."""
APART = re.compile(r"[.,;:!?()\"“”\n–—]")
SENTENCE = re.compile(r"[.!?;]\s")
TICKER = re.compile(r"[A-Z.]{1,8}>")
FIRM = re.compile(
    r"(?: (?:[A-Z][\w.'-]*|and|&|of)){0,4}? (?:Inc|Corp|Co|Cos|Ltd|Plc|PLC|AG|SA|NV|Industries|Bancorp|Financial|"
    r"Fund|Trust|Resources|Airlines|Airways|Holdings|Group)\b"
)
