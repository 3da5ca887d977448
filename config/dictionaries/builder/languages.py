# ruff: noqa: INP001  a folder that is run, not a package
"""names-languages.tsv: countries and capitals in the languages other than English, from CLDR."""

from __future__ import annotations

from pathlib import Path

from babel import Locale
from common import CLDR, country_codes, plain, write

LANGUAGES = ("ar", "zh", "nl", "fr", "de", "hi", "id", "it", "ja", "ko", "pt", "ru", "es", "tr", "uk")
# Names that are common words of their language, or too short to stand alone.
REFUSED = {
    ("tr", "fas"),
    ("tr", "man"),
    ("id", "mali"),
    ("fr", "tours"),
    ("it", "oman"),
    ("es", "santa helena"),
    ("pt", "santa helena"),
}
CASES = {
    "ru": {
        "ия": ("ии", "ию", "ией"),
        "й": ("я", "ю", "ем", "е"),
        "а": ("ы", "е", "у", "ой"),
        "я": ("и", "ю", "ей"),
        "ь": ("и", "я", "ю", "ем"),
        "ы": ("ов", "ам", "ами", "ах"),
        "": ("а", "у", "ом", "е"),
    },
    "uk": {
        "ія": ("ії", "ію", "ією"),
        "й": ("ю", "єм", "ї"),
        "а": ("и", "і", "у", "ою"),
        "я": ("і", "ю", "ею"),
        "ь": ("я", "ю", "ем", "і"),
        "и": ("ів", "ам", "ами", "ах"),
        "": ("у", "ом", "і", "ові", "а"),
    },
}


def build(folder: Path) -> None:
    """Write the table."""
    capitals = {row["ISO3166-1-Alpha-2"]: plain(row["Capital"]) for row in country_codes(folder)}
    zones = {plain(zone.rpartition("/")[2].replace("_", " ")): zone for zone in Locale("ru").time_zones}
    rows = []
    for language in LANGUAGES:
        locale = Locale(language)
        for code, capital in capitals.items():
            names = [
                locale.territories.get(code),
                locale.territories.get(f"{code}-alt-short"),
                locale.territories.get(f"{code}-alt-variant"),
            ]
            rows += [
                (form, "name", code, "", language) for name in names if name for form in _forms(name, language, code)
            ]
            city = locale.time_zones.get(zones.get(capital, ""), {}).get("city")
            if city:
                rows += [(form, "capital", code, "", language) for form in _forms(str(city), language, code)]
    bearers: dict[tuple[str, str], set[str]] = {}
    for alias, _, code, _, language in rows:
        bearers.setdefault((alias, language), set()).add(code)
    rows = [row for row in rows if len(bearers[row[0], row[4]]) == 1]
    columns = ("alias", "use", "region", "weight", "language")
    write(
        "names-languages.tsv", "aliases", CLDR, columns, [row for row in rows if (row[4], plain(row[0])) not in REFUSED]
    )


def _forms(name: str, language: str, code: str) -> list[str]:
    """Return a name with its cases in Russian and Ukrainian, its genitive in German."""
    bare = name.replace("\u00ad", "").split(" (", maxsplit=1)[0].removesuffix("特别行政区").removesuffix("中国") or name
    if len(bare) < 2 or bare in ("US", "UK"):
        return []
    forms = [bare]
    fixed = ("о", "е", "у", "э", "і", "ї") + (("и",) if language == "ru" else ())
    if language in CASES and " " not in bare and not bare.isupper() and not bare.endswith(fixed):
        ending = next(ending for ending in CASES[language] if bare.endswith(ending))
        forms += [bare.removesuffix(ending) + case for case in CASES[language][ending]]
    if language == "de" and " " not in bare and not bare.endswith("s"):
        forms.append(bare + "s")
    if language == "ko" and code == "KR":
        forms.append("한국")
    return forms
