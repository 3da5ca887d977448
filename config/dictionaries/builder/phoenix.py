# ruff: noqa: INP001  a folder that is run, not a package
"""Role nouns, people and given names from the Phoenix dictionaries of PETRARCH2."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from common import PHOENIX, TARGET, country_codes, plain, source, write

# CAMEO role code: PLOVER sector. What is not here (religions, ethnic groups) names no sector.
SECTORS = {
    "GOV": "GOV",
    "MIL": "MIL",
    "REB": "REB",
    "CRM": "CRM",
    "OPP": "OPP",
    "BUS": "BUS",
    "CVL": "CVL",
    "JUD": "JUD",
    "COP": "COP",
    "MED": "JRN",
    "LEG": "LEG",
    "HLH": "HLH",
    "EDU": "EDU",
    "UAF": "UAF",
    "SPY": "SPY",
    "AGR": "AGR",
    "LAB": "LAB",
    "REL": "REL",
    "REF": "REF",
    "PTY": "PTY",
    "ELI": "ELI",
    "NGO": "NGO",
    "ENV": "ENV",
    "HRI": "NGO",
    "DEV": "GOV",
}
ALPHA3 = {
    "ROM": "RO",
    "ZAR": "CD",
    "TMP": "TL",
    "SCG": "CSXX",
    "YUG": "YUCS",
    "SUN": "SUHH",
    "CZS": "CSHH",
    "PSE": "PS",
    "GDR": "DDDE",
    "KSV": "XK",
}
# Words that name too much beside a country to say who acts.
REFUSED = frozenset(
    """
    person people man woman men women group body source mission trade market bank plan agency office fund
    service services club gang member members force power organization organisation campaign base board center
    centre program programme company community school college church industry team staff head chief leader
    figure side party house state states region company resident national nationals citizen citizens population
    public society worker staff media press report survivor victim victims
    """.split()  # noqa: SIM905  a list that people edit
)
FAMILY_FIRST = frozenset({"CN", "TW", "KP", "KR", "VN", "KH", "HK", "SG"})
_ENTRY = re.compile(r"^([A-Z][A-Z_.'\- ]+?)_?\s*(?:#.*)?(?:\[(.*))?$")
_SPAN = re.compile(r"\[([A-Z]{6,})\s*([<>]?\d{6,8})?(?:-(\d{6,8}))?\]")
_KNOWN_AFTER = 1975


def build(folder: Path) -> None:
    """Write the tables of role nouns, people, their terms and given names."""
    nouns = {noun: sector for noun, sector in _nouns(source(folder, "Phoenix.agents.txt.gz")) if noun not in REFUSED}
    nouns = {noun: sector for noun, sector in nouns.items() if noun not in _own()}
    write("agents-phoenix.tsv", "agents", PHOENIX, ("agent", "sector"), nouns.items())
    codes = {row["ISO3166-1-Alpha-3"]: row["ISO3166-1-Alpha-2"] for row in country_codes(folder)} | ALPHA3
    people = _people(source(folder, "Phoenix.Countries.actors.txt.gz"), codes)
    known, given = _known_people(), _given_names()
    rows = [
        (key, name, "person", code, "GOV", "", _short(name.split(), code, given))
        for key, (name, code, _) in people.items()
        if _letters(name) not in known
    ]
    write(
        "actors-phoenix.tsv", "actors", PHOENIX, ("id", "name", "kind", "country", "sector", "aliases", "short"), rows
    )
    names = Counter(
        plain(name.split()[0]) for name, code, _ in people.values() if code not in ("CN", "KR", "KP", "VN", "TW", "KH")
    )
    given = [(name, "given") for name, count in names.items() if count >= 3 and len(name) > 2 and name.isalpha()]
    write("words-phoenix.tsv", "words", PHOENIX, ("word", "use"), given)


def _own() -> frozenset[str]:
    """Return the role nouns that the hand-kept table already has: it decides."""
    rows = (TARGET / "agents-own.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(noun for row in rows if not row.startswith("#") for noun in row.split("\t")[0].split("|"))


def _known_people() -> frozenset[str]:
    """Return the names of the hand-kept people: they are not to be there twice, under two ids."""
    rows = (TARGET / "actors-people.tsv").read_text(encoding="utf-8").splitlines()
    cells = [row.split("\t") for row in rows if not row.startswith("#")]
    return frozenset(_letters(name) for row in cells for name in (row[1], *"".join(row[5:6]).split("|")))


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", plain(name))


def _short(words: list[str], code: str, given: frozenset[str]) -> str:
    """Return a surname only where it is not the word that the tagger takes: ``David Lim``, ``Carlos Gustavo``."""
    usual = 0 if code in FAMILY_FIRST else -1
    if plain(words[usual]) not in given:
        return "" if usual else words[0]  # said, where the family's name stands first: it may be a given one elsewhere
    return "-" if len(words) > 2 or plain(words[-1]) in given else words[-1]


def _given_names() -> frozenset[str]:
    """Return the given names kept by hand: after a title they are no surname (``Senator Bill Bradley``)."""
    rows = (TARGET / "words-own.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(name for row in rows if row.endswith("\tgiven") for name in row.split("\t")[0].split("|"))


def _nouns(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        found = re.match(r"^([A-Z!][A-Z_.'!\-]+)\s*(?:\{(.*?)\})?\s*\[~([A-Z]{3})", line)
        if not found or found[3] not in SECTORS:
            continue
        for noun in _expand(found[1]):
            words = noun.replace("_", " ").strip().lower()
            if 2 < len(words) < 40 and " the " not in words:
                yield words, SECTORS[found[3]]


def _expand(noun: str) -> list[str]:
    if "!PERSON!" in noun:
        return [noun.replace("!PERSON!", form) for form in ("MAN", "MEN", "WOMAN", "WOMEN", "PERSON")]
    if "!MINIST!" in noun:
        return [noun.replace("!MINIST!", form) for form in ("MINISTER", "MINISTRY")]
    return [] if "!" in noun else [noun]


def _people(text: str, codes: dict[str, str]) -> dict[str, tuple[str, str, str]]:
    """Return id: (name, country, last year) of everybody who governed after 1975."""
    found: dict[str, tuple[str, str, str]] = {}
    name, lines = "", []
    for line in [*text.splitlines(), "END_"]:
        if line[:1].isalpha():
            _keep(name, lines, codes, found)
            name, lines = line, [line]
        else:
            lines.append(line)
    return found


def _keep(line: str, lines: list[str], codes: dict[str, str], found: dict[str, tuple[str, str, str]]) -> None:
    entry = _ENTRY.match(line)
    if not entry or "CountryInfo" not in line or "COUNCIL" in line:
        return
    words = entry[1].replace("_", " ").split()
    if not 2 <= len(words) <= 4 or any(len(word.rstrip(".")) < 2 for word in (words[0], words[-1])):
        return
    governed = [
        (code[:3], _year(until or since or ""))
        for block in lines
        for code, since, until in _SPAN.findall(block)
        if code[3:6] == "GOV"
    ]
    governed = [(code, year) for code, year in governed if code in codes and (year == 0 or year >= _KNOWN_AFTER)]
    if governed:
        name = " ".join(_cased(word) for word in words)
        code = codes[governed[-1][0]]
        found[f"{code.lower()}:{plain(name).replace(' ', '-')}"] = (name, code, "")


def _year(days: str) -> int:
    digits = days.lstrip("<>")
    if len(digits) == 8:
        return int(digits[:4])
    return (1900 if int(digits[:2]) > 30 else 2000) + int(digits[:2]) if digits else 0


def _cased(word: str) -> str:
    lowered = word.lower()
    if lowered in ("de", "da", "dos", "von", "van", "der", "bin", "al", "la", "el", "del", "den", "ben", "ibn", "di"):
        return lowered
    if lowered.startswith("mc") and len(lowered) > 4:
        return "Mc" + lowered[2:].capitalize()
    return "-".join(part.capitalize() for part in lowered.split("-"))
