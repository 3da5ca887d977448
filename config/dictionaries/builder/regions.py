# ruff: noqa: INP001  a folder that is run, not a package
"""regions.tsv and names.tsv: every ISO 3166-1 code, former states, their names, capitals and first-level divisions."""

from __future__ import annotations

from pathlib import Path

from common import COUNTRY_CODES, NEWSMAP, RIGOUR, country_codes, newsmap, plain, write
from rigour.territories import Territory, get_territories, get_territory

# code: name, Wikidata, since, until, UN member of its time, successor that holds its M49 place
FORMER = {
    "SUHH": ("Soviet Union", "Q15180", "1922-12-30", "1991-12-26", "RU"),
    "YUCS": ("Yugoslavia", "Q36704", "1918-12-01", "2003-02-04", "RS"),
    "CSHH": ("Czechoslovakia", "Q33946", "1918-10-28", "1992-12-31", "CZ"),
    "DDDE": ("East Germany", "Q16957", "1949-10-07", "1990-10-02", "DE"),
    "VDVN": ("North Vietnam", "", "1945-09-02", "1976-07-02", "VN"),
    "YDYE": ("South Yemen", "Q199841", "1967-11-30", "1990-05-22", "YE"),
    "ANHH": ("Netherlands Antilles", "Q25227", "1954-12-15", "2010-10-10", "CW"),
    "CSXX": ("Serbia and Montenegro", "Q37024", "2003-02-04", "2006-06-03", "RS"),
}
SHORT = {
    "US": "United States",
    "GB": "United Kingdom",
    "RU": "Russia",
    "KP": "North Korea",
    "KR": "South Korea",
    "CZ": "Czechia",
    "IR": "Iran",
    "SY": "Syria",
    "LA": "Laos",
    "VN": "Vietnam",
    "TZ": "Tanzania",
    "VE": "Venezuela",
    "BO": "Bolivia",
    "MD": "Moldova",
    "BN": "Brunei",
    "CD": "Democratic Republic of the Congo",
    "CG": "Republic of the Congo",
    "PS": "Palestine",
    "TW": "Taiwan",
    "MK": "North Macedonia",
    "CI": "Ivory Coast",
    "TR": "Turkey",
    "HK": "Hong Kong",
    "MO": "Macao",
    "MM": "Myanmar",
    "FM": "Micronesia",
    "CV": "Cape Verde",
    "SZ": "Eswatini",
    "TL": "East Timor",
    "VA": "Vatican City",
    "NL": "Netherlands",
    "FK": "Falkland Islands",
    "GM": "Gambia",
    "BS": "Bahamas",
    "KM": "Comoros",
    "PH": "Philippines",
}
# Names in the sources that mean too much in running text, and names of other things.
REFUSED = {
    "sa",
    "us",
    "oz",
    "na",
    "in",
    "is",
    "it",
    "am",
    "at",
    "be",
    "by",
    "no",
    "so",
    "to",
    "me",
    "man",
    "holy see",
    "gb",
    "rio",
    "america",
    "korea",
    "congo",
    "guinea",
    "georgia",
    "jordan",
    "chad",
    "turkey",
    "washington",
    "new york",
    "dominica",
    "ireland",
    "china",
    "virgin island",
    "saint martin",
    "st martin",
    "trinidad",
    "niger",
    "macedonia",
    "quebec",
    "toronto",
    "sucre",
    "kingston",
    "hamilton",
    "san juan",
    "san jose",
    "jamestown",
    "the valley",
    "saint-pierre",
    "saint pierre",
    "marigot",
    "george town",
    "georgetown",
    "victoria",
    "wellington",
    "santiago",
    "kingstown",
    "stanley",
    "tripoli",
    "brit",
    "pole",
    "finn",
    "dane",
    "saint george's",
    "st george's",
    "channel islands",
    "channel island",
    "cook island",
    "cayman island",
    "aland island",
    "islands",
    "channel isles",
    "swaziland",
    "congolese",
    "republic of korea",
    "hashemite",
    "kiwi",
    "tico",
    "ticos",
    "sud",
    "sao",
    "republic",
    "union",
    "kingdom",
    "malays",
    "cape",
    "dominican",
}


def build(folder: Path) -> None:
    """Write both tables."""
    rows, codes = [], country_codes(folder)
    for row in codes:
        code = row["ISO3166-1-Alpha-2"]
        rows.append(_region(row, code))
    rows.append(("XK", "Kosovo", "Q1246", "Southern Europe|Europe|World", "", "", "Pristina", "2008-02-17", ""))
    above = {row[0]: row[3] for row in rows}
    rows += [
        (code, name, qid, above[of], "", "", "", since, until) for code, (name, qid, since, until, of) in FORMER.items()
    ]
    columns = ("code", "name", "qid", "above", "un", "parent", "capital", "since", "until")
    write("regions.tsv", "regions", COUNTRY_CODES, columns, rows)
    known = {row[0] for row in rows}
    aliases = [*_names(codes), *_seeds(folder, {row[0]: row[6] for row in rows}), *_territories(known)]
    kept = {row for row in aliases if plain(row[0]) not in REFUSED and len(row[0]) > 2}
    write("names.tsv", "aliases", f"{COUNTRY_CODES}; {NEWSMAP}; {RIGOUR}", ("alias", "use", "region"), kept)


def _region(row: dict[str, str], code: str) -> tuple[str, ...]:
    above = (row["Intermediate Region Name"], row["Sub-region Name"], row["Region Name"], "World")
    status = row["is_independent"]
    parent = (
        status.removeprefix("Territory of ").removeprefix("Part of ").removeprefix("Crown dependency of ")
        if status != "Yes"
        else ""
    )
    parent = {
        "China": "CN",
        "FI": "FI",
        "GB": "GB",
        "US": "US",
        "FR": "FR",
        "AU": "AU",
        "NZ": "NZ",
        "NL": "NL",
        "NO": "NO",
        "DK": "DK",
        "CN": "CN",
    }.get(parent, "")
    return (
        code,
        SHORT.get(code) or row["CLDR display name"].replace("St. ", "Saint ").replace(" & ", " and "),
        row["wikidata_id"].rpartition("/")[2],
        "|".join(dict.fromkeys(area for area in above if area)),
        "yes"
        if (row["UNTERM English Formal"] or code in ("CI", "TR")) and code not in ("VA", "PS", "CK", "NU")
        else "",
        parent,
        row["Capital"],
        "",
        "",
    )


def _names(codes: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    found = []
    for row in codes:
        code = row["ISO3166-1-Alpha-2"]
        for column in ("UNTERM English Short", "UNTERM English Formal", "CLDR display name", "official_name_en"):
            name = row[column].replace("’", "'").split(" (")[0].removeprefix("the ").replace("St. ", "Saint ")
            if name:
                found.append((name, "name", code))
                found.append((name.replace(" & ", " and ").replace("Saint ", "St. "), "name", code))
    return found


def _seeds(folder: Path, capitals: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return the names and demonyms of Newsmap; cities come from GeoNames."""
    found = []
    first: dict[str, str] = {}
    for code, word in newsmap(folder):
        stem = word.rstrip("*")
        name = first.setdefault(code, stem)
        demonym = word.endswith("*") or (
            word != name and stem.endswith(("ese", "ish", "ch", "ian", "ss", "oise", "ois", "oise", "Thai"))
        )
        if plain(stem) in (plain(capitals.get(code, "")), "naypyidaw", "yangon"):
            continue
        if demonym and stem in (
            "Turk",
            "Brit",
            "Pole",
            "Dane",
            "Swede",
            "Finn",
            "Madagas",
            "Malagas",
            "Goan",
            "Tajiks",
        ):
            continue
        if demonym:
            found.append((stem, "demonym", code))
        elif word == name:
            found.append((stem, "name", code))
    return found


def _territories(known: set[str]) -> list[tuple[str, str, str]]:
    """Return names of states and of first-level divisions from rigour."""
    found = []
    for territory in get_territories():
        code = territory.code.upper()
        top = code if code in known else _state(territory)
        if top not in known:
            continue
        use = "name" if code in known else "division"
        name = territory.name.split(" (")[0]
        if len(name) > 3:
            found.append((name, use, top))
    return found


def _state(territory: Territory) -> str:
    former = {"su": "SUHH", "suhh": "SUHH", "yucs": "YUCS", "cshh": "CSHH", "dd": "DDDE", "csxx": "CSXX", "xk": "XK"}
    if territory.code in former:
        return former[territory.code]
    parent = territory.parent
    while parent is not None and parent.parent is not None and not parent.is_country:
        parent = parent.parent
    return parent.code.upper() if parent is not None else territory.code[:2].upper()


__all__ = ["build", "get_territory"]
