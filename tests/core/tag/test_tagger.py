"""What the tagger makes of whole stories, and of text that is no story."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.story import Role
from pipeline.core.tag import Tagger
from pipeline.core.tag.tagger import home_of
from tests.core.tag.conftest import Tag, story

PACT = (
    "Russian President Vladimir Putin and North Korean leader Kim Jong Un signed a treaty in Pyongyang on Wednesday. "
    "Putin said that each would help the other if it were attacked.\n"
    "Mexico had no comment."
)


def test_a_pact_of_two_states_has_both_in_focus_and_both_leaders(tag: Tag) -> None:
    tags = tag("Russia and North Korea pledge mutual aid if either is attacked", PACT)
    roles = {region.code: region.role for region in tags.regions}
    assert roles == {"RU": Role.FOCUS, "KP": Role.FOCUS, "MX": Role.MENTION}
    assert {"Q7747", "Q56226", "Q159", "Q423"} <= {actor.id for actor in tags.actors}


def test_every_span_is_the_place_of_an_alias(tagger: Tagger) -> None:
    told = story("Russia and North Korea pledge mutual aid", PACT)
    tags = tagger.tag(told)
    assert tags.regions[0].spans[0] in {("headline", 0, 6), ("headline", 11, 22)}
    putin = next(actor for actor in tags.actors if actor.id == "Q7747")
    assert told.body is not None
    assert [told.body[start:end] for _, start, end in putin.spans] == ["Vladimir Putin", "Putin"]


def test_the_dateline_is_a_prior_and_never_a_mention(tag: Tag) -> None:
    (region,) = tag("Profit falls at engineering group", "Net 3.2 mln vs 4.1 mln.", dateline="FRANKFURT").regions
    assert (region.code, region.role, region.mentions, region.spans) == ("DE", Role.FOCUS, 0, ())


def test_a_dateline_names_the_last_of_its_places(tag: Tag) -> None:
    (region,) = tag("Profit falls", "Net 3.2 mln.", dateline="FLORENCE, Ala.").regions
    assert region.code == "US"


def test_a_story_without_any_cue_is_at_home(tag: Tag) -> None:
    (region,) = tag("Profit falls at dairy group", "The board met.", provider="home-desk").regions
    assert region.code == "NZ"


def test_a_story_with_a_cue_is_not_at_home(tag: Tag) -> None:
    assert [region.code for region in tag("Chile cuts rates", None, provider="home-desk").regions] == ["CL"]


@pytest.mark.parametrize(
    ("provider", "home"), [("www.example.co.uk", "GB"), ("example.ca", "CA"), ("example.tv", ""), ("Example", "")]
)
def test_a_provider_is_at_home_in_the_country_of_its_domain(provider: str, home: str) -> None:
    assert home_of(provider, {}) == home


def test_a_weak_alias_tags_with_evidence_only(tag: Tag) -> None:
    assert "GE" in {region.code for region in tag(body="Talks in Tbilisi ended. Georgia will sign.").regions}
    assert "US" in {region.code for region in tag(body="Talks in Ohio ended. Georgia will sign.").regions}


def test_a_town_in_a_local_story_is_the_one_at_home(tag: Tag) -> None:
    body = "Edmonton residents met the Borough Council on the High Street."
    assert [region.code for region in tag(body=body).regions] == ["GB"]


def test_an_actor_that_holds_its_country_names_it_too(tag: Tag) -> None:
    (region,) = tag(body="The Bank of Japan met.").regions
    assert region.mentions == 0
    regions = {region.code: region.mentions for region in tag(body="Chile asked the British Army for help.").regions}
    assert regions == {"CL": 1, "GB": 1}


def test_a_list_of_languages_names_no_country(tag: Tag) -> None:
    assert not tag(body="She knew languages like German, Hebrew, and Japanese.").regions


def test_a_dateline_of_a_town_and_its_state_is_in_the_state(tag: Tag) -> None:
    assert [region.code for region in tag("Profit falls", dateline="ATHENS, Georgia").regions] == ["US"]
    assert [region.code for region in tag("Profit falls", dateline="TBILISI, Georgia").regions] == ["GE"]


def test_a_surname_behind_another_given_name_is_somebody_else(tag: Tag) -> None:
    named = {actor.name for actor in tag("Mugabe wins", "The runner Philip Mugabe won. Mugabe smiled.").actors}
    assert "Robert Mugabe" not in named
    assert "Robert Mugabe" in {actor.name for actor in tag("Mugabe wins", "The old man smiled.").actors}


def test_a_given_name_behind_a_title_is_no_surname(tag: Tag) -> None:
    assert not [actor for actor in tag(body="Senator Bill Quillfeather spoke.").actors if actor.kind == "person"]


def test_a_surname_behind_its_institution_is_as_good_as_a_title(tag: Tag) -> None:
    assert "Paul Volcker" in {actor.name for actor in tag(body="The Federal Reserve's Volcker spoke.").actors}


def test_a_country_s_name_is_a_town_s_where_two_local_cues_say_so(tag: Tag) -> None:
    local = "Lebanon's School Board met at the Middle School on Monday."
    assert [region.code for region in tag(body=local).regions] == ["US"]
    assert [region.code for region in tag(body="Lebanon's school closed on Monday.").regions] == ["LB"]
    assert "LB" in {region.code for region in tag(body=f"{local} Lebanese pupils came.").regions}


def test_a_weak_town_in_a_list_is_as_good_as_the_place_before_it(tag: Tag) -> None:
    assert {region.code for region in tag(body="They moved to Manchester and Cork.").regions} == {"GB", "IE"}
    assert {region.code for region in tag(body="They met Manchester and Cork Whitfield.").regions} == {"GB"}


def test_a_firm_of_another_country_does_not_keep_a_town_from_being_named(tag: Tag) -> None:
    body = "A Gainesville man stole a Kia. Gainesville police met the School Board."
    assert "US" in {region.code for region in tag(body=body).regions}


def test_a_headline_in_capitals_is_read(tag: Tag) -> None:
    tags = tag("TURKEY AND IRAN SIGN GAS DEAL", "The deal was signed.")
    assert {region.code for region in tags.regions} == {"TR", "IR"}


def test_possessives_and_both_apostrophes_end_a_name(tag: Tag) -> None:
    tags = tag(body="Peru's and Chile’s ministers met.")
    assert {region.code for region in tags.regions} == {"PE", "CL"}


def test_a_surname_counts_once_the_full_name_stands_in_the_story(tag: Tag) -> None:
    tags = tag("Brown speaks", "Gordon Brown said so. Brown added nothing.")
    assert next(actor.mentions for actor in tags.actors if actor.id == "Q10648") == 3


def test_a_title_and_a_surname_name_the_one_who_held_the_office_then(tag: Tag) -> None:
    def president(year: int) -> set[str]:
        day = datetime(year, 6, 1, tzinfo=UTC)
        return {actor.id for actor in tag(body="In Washington, President Bush spoke.", version_created=day).actors}

    assert "Q23505" in president(1990)
    assert "Q207" in president(2005)


def test_an_unverified_holder_is_never_inferred_from_the_office_alone(tag: Tag) -> None:
    day = datetime(1987, 6, 1, tzinfo=UTC)
    ids = {actor.id for actor in tag(body="The French president spoke.", version_created=day).actors}
    assert "fr-president" in ids
    assert "Q2038" not in ids


def test_a_verified_holder_is_inferred_from_the_office_on_the_day_of_the_story(tag: Tag) -> None:
    def named(year: int) -> set[str]:
        day = datetime(year, 6, 1, tzinfo=UTC)
        return {actor.id for actor in tag(body="The French president spoke.", version_created=day).actors}

    assert "Q157" in named(2015)
    assert "Q3052772" in named(2020)
    assert "Q3052772" not in named(2035)  # nobody has looked since 2026


def test_an_organisation_named_in_passing_is_passed_over(tag: Tag) -> None:
    filler = "The board met and the members spoke at length about it. " * 12
    assert "Q7804" not in {actor.id for actor in tag(body=f"{filler}The IMF had said so.").actors}
    assert "Q7804" in {actor.id for actor in tag(body=f"The IMF said so. {filler}").actors}


def test_a_people_in_a_list_shares_the_role_noun(tag: Tag) -> None:
    ids = {actor.id for actor in tag(body="Greek and Turkish soldiers met.").actors}
    assert {"gr-mil-agent", "tr-mil-agent"} <= ids


def test_a_role_noun_belongs_to_the_only_country_of_the_story(tag: Tag) -> None:
    ids = {actor.id for actor in tag(body="Police fired at protesters in Nairobi.").actors}
    assert {"ke-cop-agent", "ke-opp-agent"} <= ids


@pytest.mark.parametrize(
    ("language", "text", "codes"),
    [
        ("ar", "الرئيس الأمريكي يزور روسيا وإسرائيل", {"US", "RU", "IL"}),
        ("ar", "زيارة رسمية للصين", {"CN"}),
        ("de", "Die französische Regierung begrüßt Russlands Schritt", {"FR", "RU"}),
        ("es", "El presidente ruso llegó a Turquía", {"RU", "TR"}),
        ("fr", "La Chine et les États-Unis signent à Pékin", {"CN", "US"}),
        ("hi", "भारत और पाकिस्तान की वार्ता", {"IN", "PK"}),
        ("id", "Presiden Rusia mengunjungi Jepang", {"RU", "JP"}),
        ("it", "Il presidente francese in Germania", {"FR", "DE"}),
        ("ja", "日本とロシアの首脳会談", {"JP", "RU"}),
        ("ko", "러시아는 미국과 서울에서", {"RU", "US", "KR"}),
        ("nl", "De Russische president bezoekt België", {"RU", "BE"}),
        ("pt", "O presidente russo visitou a Alemanha", {"RU", "DE"}),
        ("ru", "Переговоры России и Украины прошли в Москве", {"RU", "UA"}),
        ("tr", "Rusya'nın Almanya ile Çin anlaşması", {"RU", "DE", "CN"}),
        ("uk", "Президент України відвідав Польщу", {"UA", "PL"}),
        ("zh", "中国和美国在北京举行会谈", {"CN", "US"}),
    ],
)
def test_countries_are_found_in_their_own_words(tag: Tag, language: str, text: str, codes: set[str]) -> None:
    assert {region.code for region in tag(text, language=language).regions} == codes


def test_a_word_of_another_language_is_no_surname_but_for_its_accents(tag: Tag) -> None:
    assert not tag(body="Mit Erdögan und Pütin", language="de").actors
    assert len(tag(body="Mit Erdogan und Putin", language="de").actors) == 2


def test_the_language_is_found_where_the_provider_gives_none(tag: Tag) -> None:
    text = "La Chine et les États-Unis ont signé un accord à Pékin, a annoncé le ministre des affaires étrangères"
    assert {region.code for region in tag(text, language=None).regions} == {"CN", "US"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "…!?.,;:—",
        "\ud800 Russia \udfff",
        "Rus\u0301sia\u0301\u0301\u0301",
        "\u202eaissuR روسيا Russia\u202c",
        "\u0301" * 300,
        "\x00Russia\x00",
        "İ" * 50,
        "中国Russia한국",
    ],
)
def test_odd_text_gives_tags_or_none_and_never_an_error(tag: Tag, text: str) -> None:
    tag(text, text)
    tag(text, text, language=None, dateline=text, provider=text)


@given(st.text(st.characters(), max_size=200), st.sampled_from(["en", "ru", "zh", "xx", ""]))
@settings(max_examples=80, deadline=None)
def test_any_text_gives_spans_inside_it(tagger: Tagger, text: str, language: str) -> None:
    told = story(text, f"Russia {text} Turkish army", language=language or None, dateline=text)
    tags = tagger.tag(told)
    for spans in [*(region.spans for region in tags.regions), *(actor.spans for actor in tags.actors)]:
        for field, start, end in spans:
            assert 0 <= start < end <= len(getattr(told, field))


_NAMES = "Georgia Jordan Paris Texas Turkish army President Bush U.S. of in police Kim Ltd Ala. Reuters <UN.A> dlrs"
_WORDS = st.sampled_from([*_NAMES.split(), ",", ".", "\n"])


@given(st.lists(_WORDS, max_size=40), st.sampled_from([None, datetime(1987, 3, 1, tzinfo=UTC)]))
@settings(max_examples=80, deadline=None)
def test_any_order_of_names_gives_scores_between_nothing_and_one(
    tagger: Tagger, words: list[str], day: datetime | None
) -> None:
    tags = tagger.tag(story(" ".join(words[:8]), " ".join(words), version_created=day))
    scores = [*(region.score for region in tags.regions), *(actor.score for actor in tags.actors)]
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", PACT),
        ("zh", "上海和大阪"),  # a text of one word, as far as spaces tell
        ("en", "Paris"),
        ("en", "Greek and Turkish and "),
        ("en", "Philip Mugabe and President Bush of Georgia, "),
        ("en", "in Paris police rebels "),
        ("en", "\u0301Russia<UN.A>"),
    ],
)
def test_time_is_linear_in_the_length(tagger: Tagger, language: str, text: str) -> None:
    def seconds(size: int) -> float:
        told = story(body=text * (size // len(text)), language=language)
        began = process_time()
        tagger.tag(told)
        return process_time() - began

    seconds(2_000)
    small = min(seconds(25_000) for _ in range(3))
    large = min(seconds(400_000) for _ in range(2))
    assert large < 16 * small * 3 + 0.05, f"{small:.3f} s for 25 KB, {large:.3f} s for 400 KB"
