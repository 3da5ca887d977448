"""IPTC 7901 and ANPA 1312, the two formats with control characters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.core.errors import InputError
from pipeline.core.story import Link, Status
from tests.core.formats.samples import anpa, iptc7901, parsed, story


def test_iptc7901_fills_every_field() -> None:
    found = story(iptc7901())
    assert (found.source_format, found.provider, found.urgency) == ("iptc7901", "acm", 3)
    assert (found.slugline, found.headline, found.dateline) == ("Norway/ferries", "Ferry line reopens", "Bergen (acm)")
    assert found.body == "Ferries run again after a week of storms, said the harbour.\n\nThe fjord was calm."
    assert found.version_created == datetime(2026, 1, 5, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rush", "signal"),
    [
        ("EXTRA", None),
        ("2ND LEAD (Adds quote)", "update"),
        ("1ST LEAD", "update"),
        ("REFILE", "refile"),
        ("(Achtung)", None),
        ("KORREKTUR", "correction"),
        ("Korrektur", "correction"),
        ("Eilmeldung", None),
    ],
)
def test_rush_words_alone_on_a_line_are_not_the_headline(rush: str, signal: str | None) -> None:
    found = story(iptc7901(f"{rush}\r\nFerry line\r\nreopens\r\nBy A. N. Other, Acme ="))
    assert (found.headline, found.byline, found.signal) == ("Ferry line reopens", "By A. N. Other, Acme", signal)


@pytest.mark.parametrize(
    "header",
    [
        *("acm0042 3 i 64    acm 0042", "acm 0042 3 i 64", "ACM0042 3 - 64", "acm42 3 i/k 64", "acm-0042 3 i"),
        *("acmnews1234567 3 wi 64", "acm0042 3 64"),
    ],
)
def test_header_lines_are_read_as_the_agencies_write_them(header: str) -> None:
    found = story(iptc7901().replace("acm0042 3 i 64    acm 0042", header))
    assert (found.source_format, found.urgency, found.headline) == ("iptc7901", 3, "Ferry line reopens")


def test_a_byline_may_take_two_lines_or_stand_behind_the_headline() -> None:
    found = story(iptc7901("Ferry line reopens\r\nBy A. N. Other\r\nand B. Other, Acme ="))
    assert (found.headline, found.byline) == ("Ferry line reopens", "By A. N. Other and B. Other, Acme")
    found = story(iptc7901("Ferry line reopens =\r\n\r\nBy A. N. Other, Acme"))
    assert (found.byline, found.dateline) == ("By A. N. Other, Acme", "Bergen (acm)")


def test_without_etx_the_date_line_is_no_part_of_the_text() -> None:
    found = story(iptc7901(end="051015 GMT Jan 26\r\n\x04"))
    assert found.version_created == datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
    assert found.body is not None
    assert found.body.endswith("The fjord was calm.")


@pytest.mark.parametrize("text", [iptc7901(), anpa()])
def test_transmissions_one_after_the_other_are_a_story_each(text: str) -> None:
    result = parsed(text + text.replace("Ferry line", "Bus line"))
    assert [one.headline for one in result.stories] == ["Ferry line reopens", "Bus line reopens"]
    with pytest.raises(InputError, match="cut short"):
        parsed(text + text.split("\x03", maxsplit=1)[0])


def test_a_rush_word_kill_withdraws_the_story() -> None:
    assert story(iptc7901("KILL\r\nFerry line reopens =")).status is Status.CANCELED


def test_a_mandatory_kill_on_a_line_of_its_own_withdraws_the_story() -> None:
    found = story(iptc7901("MANDATORY KILL\r\nFerry story withdrawn ="))
    assert (found.status, found.headline) == (Status.CANCELED, "Ferry story withdrawn")


def test_lines_for_editors_before_the_text_are_the_note() -> None:
    found = story(iptc7901("(Corrects day)\r\nEMBARGOED UNTIL 0600 GMT JANUARY 6\r\nFerry reopens ="))
    assert (found.headline, found.ed_note) == ("Ferry reopens", "(Corrects day) | EMBARGOED UNTIL 0600 GMT JANUARY 6")
    assert (found.signal, found.embargoed_until) == ("correction", datetime(2026, 1, 6, 6, 0, tzinfo=UTC))
    found = story(anpa(marked="^HOLD FOR RELEASE 12:01 a.m. EST Tuesday<\r\n^Ferry reopens<\r\n"))
    assert (found.headline, found.embargoed_until) == ("Ferry reopens", datetime(2026, 1, 6, 5, 1, tzinfo=UTC))


@pytest.mark.parametrize(("month", "number"), [("JUIN", 6), ("JUIL", 7), ("AOU", 8), ("Mrz", 3), ("December", 12)])
def test_the_date_line_names_the_month_in_the_language_of_the_agency(month: str, number: int) -> None:
    found = story(iptc7901(end=f"\x03051015 GMT {month} 26\r\n\x04"))
    assert found.version_created == datetime(2026, number, 5, 10, 15, tzinfo=UTC)


def test_notes_for_editors_behind_the_text_are_no_part_of_the_body() -> None:
    found = story(iptc7901(end="# acm NOTEBOOK\r\n\r\nContacts: desk\r\n\x03051015 GMT Jan 26\r\n\x04"))
    assert found.body is not None
    assert "Contacts" not in found.body
    assert found.ed_note == "# acm NOTEBOOK Contacts: desk"


@pytest.mark.parametrize("code_page", ["cp1252", "cp850", "cp437"])
@pytest.mark.parametrize("headline", ["Fähre fährt über Öl", "Le procès à Genève reporté"])
def test_bytes_that_are_no_utf_8_are_in_the_code_page_of_windows_or_dos(code_page: str, headline: str) -> None:
    assert story(iptc7901(f"{headline} =").encode(code_page)).headline == headline


def test_quotes_and_dashes_of_windows_are_no_letters_of_dos() -> None:
    assert story(iptc7901("It’s “fine” – or not… =").encode("cp1252")).headline == "It’s “fine” – or not…"


def test_anpa1312_fills_every_field() -> None:
    found = story(anpa())
    assert (found.source_format, found.provider, found.urgency) == ("anpa1312", "AP", 2)
    assert (found.slugline, found.headline, found.byline) == (
        "BC-NO--Ferry Line",
        "Ferry line reopens",
        "By A. N. OTHER",
    )
    assert (found.ed_note, found.dateline) == ("Adds quote.", "BERGEN, Norway (AP)")
    assert found.body == "Ferries run again.\n\nThe fjord was calm."
    assert found.version_created == datetime(2026, 1, 5, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(("letter", "urgency"), [("f", 1), ("u", 2), ("b", 3), ("r", 4)])
def test_the_priority_letter_is_the_urgency(letter: str, urgency: int) -> None:
    assert story(anpa(letter)).urgency == urgency


def test_a_unit_separator_marks_a_line_as_a_caret_does() -> None:
    assert story(anpa(marked="\x1fFerry line reopens<\r\n")).headline == "Ferry line reopens"


def test_notes_and_credits_before_the_headline_are_not_it() -> None:
    found = story(
        anpa(marked="^AP Photo OSL101<\r\n^Eds: Updates.<\r\n^Acme News=\r\n^Ferry line reopens<\r\n^Acme=\r\n")
    )
    assert (found.headline, found.ed_note, found.signal) == ("Ferry line reopens", "Updates.", "update")


def test_a_marked_line_goes_on_until_it_is_closed() -> None:
    found = story(anpa(marked="^Ferry line<\r\n^Eds: Adds quote\r\nin paragraph 4.<\r\n^by A. N. OTHER=\r\n"))
    assert (found.ed_note, found.byline) == ("Adds quote in paragraph 4.", "by A. N. OTHER")


def test_a_flash_may_have_no_headline() -> None:
    assert story(anpa("f", marked="")).headline is None


def test_a_kill_in_the_slug_line_withdraws_the_story() -> None:
    assert story(anpa().replace("Ferry Line,64", "Ferry Line, Mandatory Kill,64")).status is Status.CANCELED


@pytest.mark.parametrize("text", [iptc7901(end=""), anpa().split("\x03")[0]])
def test_a_transmission_cut_short_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cut short"):
        parsed(text)


def test_the_takes_of_a_slug_and_the_kill_of_it_name_what_they_share() -> None:
    def link(slug: str, *, filed: str = "AP-WF-01-05-26", day: str = "01-05") -> Link:
        text = anpa().replace("BC-NO--Ferry Line,64", slug).replace("AP-WF-01-05-26", filed)
        (only,) = story(text.replace("Ferry    01-05", f"Ferry    {day}")).links
        return only

    first = link("BC-NO--Ferry,64")
    assert first == Link("takeof", "urn:wirewatch:take:AP:26-01-05:BC-NO--Ferry")
    assert first == link("BC-NO--Ferry, 2nd Ld-Writethru,64") == link("BC-NO--Ferry, Kill,64", filed="AP-WF-01-06-26")
    assert first not in (link("BC-NO--Bus,64"), link("BC-NO--Ferry,64", day="01-06"))
    assert story(anpa().replace("AP-WF-01-05-26 1015GMT<", "")).links == ()
