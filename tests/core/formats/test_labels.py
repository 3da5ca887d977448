"""What labels, slugs and notes say where a dialect has no flag; and datelines."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.formats.datelines import split_dateline
from pipeline.core.formats.embargoes import _EMBARGO, _LIFTED, embargo_phrase
from pipeline.core.formats.labels import _NOTE, headline_label, note_label, slug_label
from pipeline.core.story import Status
from tests.core.formats.samples import story


@pytest.mark.parametrize(
    ("headline", "signal"),
    [
        ("UPDATE 2-Ferry reopens", "update"),
        ("CORRECTED: Ferry reopens", "correction"),
        ("CORRECTION - Ferry reopens", "correction"),
        ("REFILE-Ferry reopens", "refile"),
        ("(RPT) Ferry reopens", "repeat"),
        ("ADVISORY: Ferry", "advisory"),
        ("KILL: Ferry reopens", "kill"),
        ("MANDATORY KILL - Ferry", "kill"),
        ("WITHDRAWN-Ferry reopens", "kill"),
        ("FLASH: Ferry sinks", "flash"),
        ("WRITETHRU/Ferry", "writethru"),
        ("BULLETIN KILL Ferry", "kill"),
        ("ATTENTION EDITORS - KILL: Ferry", "kill"),
        ("ZURÜCKGEZOGEN: Fähre", "kill"),
        ("*KILL* Ferry", "kill"),
        ("UPDATE 2-CORRECTED-Ferry reopens", "correction"),
        ("REFILE-UPDATE 1-Ferry", "refile"),
        ("2ND UPDATE: Ferry", "update"),
        ("OFFICIAL CORRECTION-Ferry", "correction"),
        ("RECTIFICATIF: Le ferry", "correction"),
        ("Correction: Ferry story", "correction"),
        ("BREAKING NEWS: Ferry", "urgent"),
        ("(OFFICIAL)-CORRECTED-Ferry", "correction"),
        ("CORRECTED (Jan 5): Ferry", "correction"),
        ("KILL KILL KILL Ferry", "kill"),
        ("EDITORS NOTE: KILL", "kill"),
        ("STORY REMOVED: BC-NO--Ferry", "kill"),
        ("(2nd LD) Ferry reopens", "update"),
        ("2nd LD: Ferry", "update"),
        ("Eilmeldung: Fähre", "flash"),
        ("KORR: Fergen", "correction"),
        ("RÄTTELSE: Färjan", "correction"),
        ("CORREGIDO-El ferry", "correction"),
        ("RPT - CORRETTA - Il traghetto", "correction"),
        ("ANNULLA E SOSTITUISCE: Il traghetto", "replacement"),
        ("ANULACIÓN: El ferry", "kill"),
        ("【更正】渡轮", "correction"),
        ("快讯：渡轮", "flash"),
        ("LEAD Ferry reopens", None),
        ("KILLING of a chinese tree", None),
        ("Correction in prices deepens", None),
        ("Withdrawn: troops leave", None),
        ("Kill Bill returns", None),
        ("KILL BILL returns", None),
        ("Update: ferry reopens", None),
        ("FLASHMOB - Ferry", None),
        ("Corrected figures please bank", None),
        (None, None),
    ],
)
def test_a_headline_label_stands_in_capitals_at_the_start_and_set_off(headline: str | None, signal: str | None) -> None:
    assert headline_label(headline) == signal


@pytest.mark.parametrize(
    ("slug", "signal"),
    [
        ("BC-US--Earns, 1st Ld-Writethru", "writethru"),
        ("BC-NO--Ferry, 2nd Ld", "update"),
        ("BC-NO--Ferry, Mandatory Kill", "kill"),
        ("FERRY-CORRECTION", "correction"),
        ("BC-NO--Ferry, Kill", "kill"),
        ("BC-NO--Ferry, 2nd Ld, 130", "update"),
        ("BC-NO--Ferry, 1st Sub", "replacement"),
        ("BC-NO--Ferry, Corrected", "correction"),
        ("FERRY/FJORD (UPDATE 2)", "update"),
        ("FERRY/FJORD (UPDATE 2, CORRECTED, PIX)", "correction"),
        ("FERRY/ (WITHDRAWN)", "kill"),
        ("FERRY (Norway)", None),
        ("FERRY ()", None),
        ("BC-NO--Nuclear Sub", None),
        ("BC-Kill Bill", None),
        ("BC-NO--Building-Kill", None),
        ("BC-Correction-Markets", None),
        ("BC-NO--Skill Games", None),
    ],
)
def test_a_slug_ends_in_its_label(slug: str, signal: str | None) -> None:
    assert slug_label(slug) == signal


@pytest.mark.parametrize(
    ("note", "signal"),
    [
        ("Corrects day in first paragraph", "correction"),
        ("Eds: Adds quote", "update"),
        ("UPDATES with details", "update"),
        ("MANDATORY KILL", "kill"),
        ("Eds: Kill the story", "kill"),
        ("This story has been withdrawn", "kill"),
        ("The item slugged FERRY is withdrawn", "kill"),
        ("KILL - name is wrong", "kill"),
        ("Please disregard the story", "kill"),
        ("Diese Meldung wird hiermit zurückgezogen", "kill"),
        ("EDITORS: Story withdrawn", "kill"),
        ("Acme has withdrawn its story about ferries", "kill"),
        ("Please do not use this story", "kill"),
        ("Fixes typo in paragraph 3", "correction"),
        ("Recasts with minister", "update"),
        ("A kill is mandatory.", "kill"),
        ("Kill BC-Ferry. It is wrong.", "kill"),
        ("ATTENTION EDITORS - STORY KILLED", "kill"),
        ("The story is being withdrawn", "kill"),
        ("Do not publish this story", "kill"),
        ("Bitte diese Meldung nicht verwenden", "kill"),
        ("Prière de ne pas tenir compte de cette dépêche", "kill"),
        ("Anulada la noticia por error", "kill"),
        ("SUBS 3rd graf to correct the name", "correction"),
        ("Rättelse: namn i stycke 2", "correction"),
        ("Noe utvidet.", "update"),
        ("Ampliación con detalles", "update"),
        ("APNewsNow. Will be updated.", None),
        ("Please kill the photo", None),
        ("The story was killed by a rival", None),
        ("Refiles to fix slug", "refile"),
        ("Photos to follow", None),
        ("They kill time", None),
    ],
)
def test_a_note_puts_the_signal_into_words(note: str, signal: str | None) -> None:
    assert note_label(note) == signal


def test_a_kill_by_label_counts_only_where_the_dialect_is_silent() -> None:
    item = {"uri": "a", "headline": "KILL: Ferry", "body_text": "Ferries run."}
    assert story(item).status is Status.CANCELED
    assert story({**item, "pubstatus": "usable"}).status is Status.USABLE


def test_a_flash_by_label_has_the_highest_urgency_unless_one_is_given() -> None:
    assert story({"uri": "a", "headline": "FLASH: Ferry sinks"}).urgency == 1
    assert story({"uri": "a", "headline": "FLASH: Ferry sinks", "urgency": 3}).urgency == 3


WRITTEN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("note", "until"),
    [
        ("EMBARGOED UNTIL 0001 GMT Tuesday, January 6", datetime(2026, 1, 6, 0, 1, tzinfo=UTC)),
        ("Embargo: 2026-01-06T06:00:00+02:00", datetime(2026, 1, 6, 4, 0, tzinfo=UTC)),
        ("Not for publication before 6 a.m. EST, Jan. 7, 2026", datetime(2026, 1, 7, 11, 0, tzinfo=UTC)),
        ("Sperrfrist bis 6.1.2026, 12:00 Uhr MEZ", datetime(2026, 1, 6, 11, 0, tzinfo=UTC)),
        ("Not for broadcast until 00.01 GMT on Tuesday 6 January 2026", datetime(2026, 1, 6, 0, 1, tzinfo=UTC)),
        ("STRICTLY EMBARGOED UNTIL 10PM ET SUNDAY, JANUARY 11", datetime(2026, 1, 12, 3, 0, tzinfo=UTC)),
        ("Under embargo until midnight January 7", datetime(2026, 1, 8, 0, 0, tzinfo=UTC)),
        ("Embargoed until noon EST, 2 March", datetime(2026, 3, 2, 17, 0, tzinfo=UTC)),
        ("Embargoed until 09:00 GMT", datetime(2026, 1, 6, 9, 0, tzinfo=UTC)),
        ("Hold for release until 18:30 GMT", datetime(2026, 1, 5, 18, 30, tzinfo=UTC)),
        ("HOLD FOR RELEASE 10 a.m. EST Jan. 6", datetime(2026, 1, 6, 15, 0, tzinfo=UTC)),
        ("STRICT EMBARGO 0600 GMT 6 JAN", datetime(2026, 1, 6, 6, 0, tzinfo=UTC)),
        ("Adds quote. Embargo 00:01 6 January", datetime(2026, 1, 6, 0, 1, tzinfo=UTC)),
        ("Embargoed for 0001 Tuesday January 6", datetime(2026, 1, 6, 0, 1, tzinfo=UTC)),
        ("Embargoed until 6 a.m. EST Friday", datetime(2026, 1, 9, 11, 0, tzinfo=UTC)),
        ("Sperrfrist bis Freitag 6 Uhr MEZ", datetime(2026, 1, 9, 5, 0, tzinfo=UTC)),
        ("Embargoed until 10:01 GMT. Monitor our site", datetime(2026, 1, 5, 10, 1, tzinfo=UTC)),
        ("Embargoed until 8 a.m. GMT tomorrow", datetime(2026, 1, 6, 8, 0, tzinfo=UTC)),
        ("Embargado hasta las 10:00 GMT del 6 de enero", datetime(2026, 1, 6, 10, 0, tzinfo=UTC)),
        ("Embargo tot dinsdag 6 januari 06.00 uur", datetime(2026, 1, 6, 6, 0, tzinfo=UTC)),
        ("Klausuleret til 6. marts kl. 06.00", datetime(2026, 3, 6, 6, 0, tzinfo=UTC)),
        ("FOR RELEASE 12:01 A.M. EST TUESDAY, JAN. 6", datetime(2026, 1, 6, 5, 1, tzinfo=UTC)),
        ("Must not be published before 0600 GMT January 6", datetime(2026, 1, 6, 6, 0, tzinfo=UTC)),
        ("Embargo lifts 0600 GMT 6 January", datetime(2026, 1, 6, 6, 0, tzinfo=UTC)),
        ("Embargoed until 2026-01-06 at 06:00 GMT", datetime(2026, 1, 6, 6, 0, tzinfo=UTC)),
        ("Embargoed until 2026-01-06 06:00 EST", datetime(2026, 1, 6, 11, 0, tzinfo=UTC)),
        ("Embargoed until 10 a.m. Eastern on January 6", datetime(2026, 1, 6, 15, 0, tzinfo=UTC)),
        ("Embargoed until 10:00 a.m. Eastern Time, Tuesday, January 6", datetime(2026, 1, 6, 15, 0, tzinfo=UTC)),
        ("Embargoed until 10 a.m. (ET) January 6", datetime(2026, 1, 6, 15, 0, tzinfo=UTC)),
        ("Embargoed until 06:00 EST. Monitor our site", datetime(2026, 1, 5, 11, 0, tzinfo=UTC)),
        ("Embargoed until 06:00 GMT-5 January 6", datetime(2026, 1, 6, 11, 0, tzinfo=UTC)),
        ("Embargoed until 06:00 BRT January 6", datetime(2026, 1, 6, 9, 0, tzinfo=UTC)),
        ("Embargoed until 01/15/26 06:00 GMT", datetime(2026, 1, 15, 6, 0, tzinfo=UTC)),
        ("Embargoed until 6 January 1600h GMT", datetime(2026, 1, 6, 16, 0, tzinfo=UTC)),
        ("Embargo: 06.01.26, 06.00 Uhr", datetime(2026, 1, 6, 6, 0, tzinfo=UTC)),
        ("Embargoed until 06:00 GMT Monday", datetime(2026, 1, 12, 6, 0, tzinfo=UTC)),
        ("Embargoed until 11:00 GMT Monday", datetime(2026, 1, 5, 11, 0, tzinfo=UTC)),
        ("Embargoed until January 6", datetime(2026, 1, 7, 0, 0, tzinfo=UTC)),
        ("For use Sunday, January 11, and thereafter", datetime(2026, 1, 12, 0, 0, tzinfo=UTC)),
    ],
)
def test_an_embargo_in_words_is_read(note: str, until: datetime) -> None:
    assert embargo_phrase(note, WRITTEN) == (True, until)


@pytest.mark.parametrize(
    "note",
    [
        *("Embargo lifted", "The oil embargo was discussed", "No embargo", "", None, "Embargo: none"),
        *("Adds that the oil embargo to Cuba ends", "EU embargo until 2027 in paragraph 4"),
    ],
)
def test_a_note_that_lays_no_embargo_lays_none(note: str | None) -> None:
    assert embargo_phrase(note, WRITTEN) == (False, None)


@pytest.mark.parametrize(
    "note",
    [
        "Embargoed until the speech ends",
        "Embargoed until 32 January 25:99 GMT",
        "Embargoed until 30 February 2026 10:00",
        "Embargoed until 10 a.m. local time January 6",
        "Embargoed until 10:00 Beijing time January 6",
        "Embargoed until 06:00 XYT January 6",
        "Embargoed until 3/4/2026 06:00 GMT",
        "Embargoed until 2-3 p.m. GMT January 6",
    ],
)
def test_an_embargo_in_words_that_cannot_be_read_withholds_the_story(note: str) -> None:
    assert embargo_phrase(note, WRITTEN) == (True, None)
    assert story({"uri": "a", "headline": "Ferry", "ednote": note}).status is Status.WITHHELD


@pytest.mark.parametrize(
    "opening", ["EMBARGOED UNTIL 0600 GMT JANUARY 6", "(SPERRFRIST: 6.1.2026, 06.00 Uhr)", "*EMBARGO: 0600 GMT 6 JAN*"]
)
def test_an_embargo_that_opens_the_headline_or_the_text_holds_the_story(opening: str) -> None:
    item = {"uri": "a", "versioncreated": "2026-01-05T10:00:00Z", "headline": "Ferry", "body_text": "Ferries run."}
    for words in ({"headline": f"{opening} Ferry"}, {"body_text": f"{opening}\n\nFerries run."}):
        assert story({**item, **words}).embargoed_until == datetime(2026, 1, 6, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize("headline", ["EMBARGO TO CUBA ENDS AFTER 60 YEARS", "Embargoed until 2027: oil", "HOLD FIRM"])
def test_news_of_an_embargo_is_not_held(headline: str) -> None:
    found = story({"uri": "a", "headline": headline, "body_text": headline})
    assert (found.status, found.embargoed_until) == (Status.USABLE, None)


def test_a_byline_alone_before_the_dateline_is_no_part_of_the_text() -> None:
    body = "By A. N. Other and B. Other\n\nBERGEN, Jan 5 (Reuters) - Ferries run."
    found = story({"uri": "a", "headline": "Ferry", "body_text": body})
    assert (found.byline, found.dateline, found.body) == (
        "By A. N. Other and B. Other",
        "BERGEN, Jan 5 (Reuters)",
        "Ferries run.",
    )
    for text in ("By A. N. Other\n\nFerries run.", "By Monday all was well.\n\nBERGEN (Reuters) - Ferries run."):
        assert story({"uri": "a", "headline": "Ferry", "body_text": text}).body == text


@pytest.mark.parametrize(
    ("body", "dateline"),
    [
        ("GROSSETO, Italy (AP) -- The trial", "GROSSETO, Italy (AP)"),
        ("FORT WASHINGTON, Pa. (AP) _ Nutrition", "FORT WASHINGTON, Pa. (AP)"),
        ("Berlin (dpa) - The trial", "Berlin (dpa)"),
        ("Berlin/Paris (dpa) - The trial", "Berlin/Paris (dpa)"),
        ("BEIJING, Oct. 10 (Xinhua) -- The trial", "BEIJING, Oct. 10 (Xinhua)"),
        ("Strasbourg, 10 juil 2026 (AFP) - Le procès", "Strasbourg, 10 juil 2026 (AFP)"),
        ("MOSCOW, April 3. /TASS/. The trial", "MOSCOW, April 3. /TASS/."),
        ("LONDON--(BUSINESS WIRE)--The trial", "LONDON--(BUSINESS WIRE)"),
        ("NEW YORK, May 16, 2026 /PRNewswire/ -- The trial", "NEW YORK, May 16, 2026 /PRNewswire/"),
        ("PARIS - The trial", "PARIS"),
        ("HONG KONG, July 4 — The trial", "HONG KONG, July 4"),
        ("Bergen (Acme) - The trial", "Bergen (Acme)"),
        ("(ANSA) - ROMA, 12 MAG - The trial", "(ANSA) - ROMA, 12 MAG"),
        ("(ANSA) - Roma, 12 mag - The trial", "(ANSA) - Roma, 12 mag"),
        ("(BELGA) - The trial - a long one - began", "(BELGA)"),
        ("BRUSSELS 05/03 (BELGA) = The trial", "BRUSSELS 05/03 (BELGA)"),
        ("STOCKHOLM (TT) The trial", "STOCKHOLM (TT)"),
        ("New Delhi, Mar 5 (PTI) The trial", "New Delhi, Mar 5 (PTI)"),
        ("MOSCOW. March 5 (Interfax) - The trial", "MOSCOW. March 5 (Interfax)"),
        ("Madrid, 5 mar (EFE).- Le procès", "Madrid, 5 mar (EFE)."),
        ("Lyon (Francia), 5 mar (EFE).- Le procès", "Lyon (Francia), 5 mar (EFE)."),
        ("ST. LOUIS (AP) _ The trial", "ST. LOUIS (AP)"),
        ("København (Ritzau) The trial", "København (Ritzau)"),
        ("Interfax (TASS) the trial", None),
        ("The agency told Agence France-Presse (AFP) the trial", None),
        ("(He) - the judge", None),
        ("Nutrisystem Inc. (NTRI) - the company", None),
        ("NATO - the alliance", None),
        ("The trial began on Monday - late", None),
        ("President Putin (74) - who else - said", None),
        ("", None),
    ],
)
def test_a_dateline_is_taken_off_the_text(body: str, dateline: str | None) -> None:
    found, rest = split_dateline(body, "Acme News")
    assert found == dateline
    assert rest == (body if dateline is None else body[body.rindex(rest or "") :])
    assert dateline is None or (rest or "").startswith(("The", "Nut", "Le"))


@pytest.mark.parametrize(
    ("body", "dateline", "rest"),
    [
        ("新华社北京3月2日电（记者张三）大桥开放。", "新华社北京3月2日电（记者张三）", "大桥开放。"),
        ("新华社北京3月2日电 大桥开放。", "新华社北京3月2日电", "大桥开放。"),
        ("【ベルゲン＝共同】船が出た。", "【ベルゲン＝共同】", "船が出た。"),
        ("［東京　５日　ロイター］ - 船が出た。", "［東京　５日　ロイター］", "船が出た。"),
        ("(서울=연합뉴스) 홍길동 기자 = 배가 떠났다.", "(서울=연합뉴스) 홍길동 기자", "배가 떠났다."),
        ("北京大桥开放。", None, "北京大桥开放。"),
    ],
)
def test_datelines_of_eastern_agencies_are_taken_off(body: str, dateline: str | None, rest: str) -> None:
    assert split_dateline(body, "x") == (dateline, rest)


VOCABULARY = """
    embargo embargoed until till to for release publication publish use broadcast not do no before hold
    sperrfrist bis at gesperrt jusqu'au hasta fino a strict under : . 10 ends lifted kill mandatory the story
    item was has been by withdrawn killed retracted its disregard advised corrects correction fixes write-thru
    refiles updates adds recasts removes advisory repeats resending expires lifts tot be published used hfr
    klausuleret sperrefrist Monday mandatory. please photo STORY KILLED BC-Ferry being fix correct rectifie
    rettelse rättar korrigert korrigiert nicht verwenden anulada la noticia annuler cette ne pas tenir compte de
    actualiza añade ampliación aggiorna utvidet oppdatert opdateret meldung zurückgezogen dépêche annulée
    korrektur aktualisiert mise jour this SLUG
"""
WORDS = st.sampled_from(VOCABULARY.split()) | st.sampled_from(VOCABULARY.upper().split())
NOTES = st.lists(WORDS, max_size=8).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(NOTES)
def test_no_cue_is_missing_for_a_note(note: str) -> None:
    assert (note_label(note) is None) == (_NOTE.search(note) is None)


@settings(max_examples=300, deadline=None)
@given(NOTES)
def test_no_cue_is_missing_for_an_embargo(note: str) -> None:
    assert embargo_phrase(note, None)[0] == (_EMBARGO.search(note) is not None and not _LIFTED.search(note))
