"""Table files: what they hold, and every fault of them with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pipeline.core.tag import Tagger
from pipeline.core.tag.coverage import coverage
from pipeline.core.tag.lint import lint
from pipeline.core.tag.tables import TableFile, compile_tables
from tests.core.tag.conftest import story

REGIONS = "# table: regions\n# version: 2026.11\ncode\tname\tun\nFR\tFrance\t\nDE\tGermany\t\n"
PEOPLE = "# table: actors\nid\tname\tkind\tcountry\tsector\taliases\tshort\nann\tAnn Example\tperson\tFR\tGOV\t\t\n"
OFFICE = "# table: actors\nid\tname\tkind\tcountry\tsector\nchair\tChair of Examples\toffice\tFR\tGOV\n"


def problems(*texts: str) -> list[str]:
    files = [TableFile(f"{number}.tsv", 0, text) for number, text in enumerate(texts)]
    return [str(problem) for problem in compile_tables(files)[1]]


def tagger(*texts: str, layer: int = 0) -> Tagger:
    files = [TableFile(f"{number}.tsv", layer if number else 0, text) for number, text in enumerate(texts)]
    dictionary, found = compile_tables(files)
    assert not found
    return Tagger(dictionary)


def test_a_file_must_say_which_table_it_is() -> None:
    (problem,) = problems("code\tname\nFR\tFrance\n")
    assert problem.startswith("0.tsv:1: the file does not say which table it is (write `# table: NAME`")


def test_an_unknown_table_is_named() -> None:
    assert problems("# table: people\nid\n")[0].startswith("0.tsv:1: unknown table 'people'")


def test_an_unknown_column_is_named_with_the_known_ones() -> None:
    (problem,) = problems("# table: regions\ncode\tcolour\nFR\tblue\n")
    assert problem.startswith("0.tsv:2: unknown column 'colour' (columns of regions, separated by tabs: code, name,")


def test_every_fault_of_a_file_is_reported_with_its_line() -> None:
    aliases = (
        "# table: aliases\nalias\tuse\tregion\tweight\n"
        "Gaul\tname\tXX\t\nParis\ttown\tFR\t\nLyon\tcity\tFR\tmany\n~\tcity\tFR\t\na\tcity\tFR\t1\tx\n"
    )
    assert problems(REGIONS, aliases) == [
        "1.tsv:3: unknown region 'XX' (a code of the table regions, read before all others)",
        "1.tsv:4: unknown use 'town' (known: actor, capital, city, cue, demonym, division, money, name, null, place)",
        "1.tsv:5: weight 'many' is not a number (people living there, in millions)",
        "1.tsv:6: alias '~' is empty or longer than 120 characters",
        "1.tsv:7: 5 cells in a table of 4 (cells are separated by one tab each)",
    ]


def test_an_unknown_kind_is_refused() -> None:
    assert "unknown kind 'human'" in problems(REGIONS, PEOPLE.replace("\tperson\t", "\thuman\t"))[0]


NAMES = "# table: aliases\nalias\tuse\tactor\tlanguage\nАнна Пример|Анны Пример\tactor\tann\tru\n"


def test_an_actor_has_names_of_a_language() -> None:
    ours = tagger(REGIONS, NAMES, PEOPLE)
    (actor,) = ours.tag(story(body="Слова Анны Пример.", language="ru")).actors
    assert (actor.id, actor.country, actor.sector) == ("ann", "FR", "GOV")
    assert ours.tag(story(body="Слова Анны Пример.", language="uk")).actors == ()


def test_a_name_of_nobody_is_refused_where_it_stands() -> None:
    found = problems(REGIONS, PEOPLE, NAMES.replace("\tann\t", "\tbob\t"))
    assert found == ["2.tsv:3: unknown actor 'bob' (an id of a table actors)"]


def test_a_holder_needs_a_known_person_and_office_and_readable_days() -> None:
    holders = "# table: holders\noffice\tperson\tsince\tuntil\tsource\tchecked\nchair\tbob\tMay 2001\t\t\t\n"
    found = problems(REGIONS, PEOPLE, OFFICE, holders)
    assert found == [
        "3.tsv:3: since 'May 2001' is not a day (write YYYY-MM-DD or YYYY)",
        "3.tsv:3: unknown person 'bob' (an id of a table actors)",
    ]


def test_a_source_needs_the_day_on_which_it_was_checked() -> None:
    holders = "# table: holders\noffice\tperson\tsince\tuntil\tsource\tchecked\nchair\tann\t2001\t\tGazette\t\n"
    assert problems(REGIONS, PEOPLE, OFFICE, holders) == [
        "3.tsv:3: a source without the day on which it was checked (write YYYY-MM-DD, or `unverified`)"
    ]


def test_a_verified_holder_is_inferred_from_the_office_on_the_day_of_the_story() -> None:
    row = "chair\tann\t1986\t1988\tGazette\t2026-11-01\n"
    holders = "# table: holders\noffice\tperson\tsince\tuntil\tsource\tchecked\n" + row
    ours = tagger(REGIONS, PEOPLE, OFFICE, holders)

    def named(year: int) -> set[str]:
        told = story(body="The Chair of Examples spoke.", version_created=datetime(year, 6, 1, tzinfo=UTC))
        return {actor.id for actor in ours.tag(told).actors}

    assert "ann" in named(1987)
    assert "ann" not in named(1989)


def test_a_later_folder_overrides_an_alias_and_leaves_the_others() -> None:
    ours = "# table: aliases\nalias\tuse\tregion\nGaul\tname\tDE\n"
    shipped = "# table: aliases\nalias\tuse\tregion\nGaul\tname\tFR\nFrance\tname\tFR\n"
    files = [TableFile("a", 0, REGIONS), TableFile("b", 0, shipped), TableFile("c", 1, ours)]
    dictionary, found = compile_tables(files)
    assert not found
    tags = Tagger(dictionary).tag(story(body="Gaul met France."))
    assert {region.code for region in tags.regions} == {"DE", "FR"}


def test_a_trap_absorbs_an_alias_inside_it() -> None:
    aliases = "# table: aliases\nalias\tuse\tregion\nFrance\tname\tFR\nBank of France\tnull\t\n"
    assert not tagger(REGIONS, aliases).tag(story(body="The Bank of France cut.")).regions


def test_an_exact_alias_takes_the_case_as_written() -> None:
    ours = tagger(REGIONS, "# table: aliases\nalias\tuse\tregion\n=FRA\tname\tFR\n")
    assert ours.tag(story(body="The FRA team.")).regions
    assert not ours.tag(story(body="The Fra team.")).regions


def test_the_version_changes_with_any_byte() -> None:
    one, two = (compile_tables([TableFile("a", 0, text)])[0].version for text in (REGIONS, REGIONS + "\n"))
    assert one != two
    assert one.startswith("2026.11+")


def test_the_linter_finds_what_takes_more_than_one_row() -> None:
    regions = "# table: regions\ncode\tname\tun\tparent\nFR\tFrance\tyes\t\nRE\tReunion\t\tFR\n"
    aliases = (
        "# table: aliases\nalias\tuse\tregion\nFrance\tname\tFR\nFrench\tdemonym\tFR\n"
        "French\tdemonym\tRE\nGaul\tname\tFR\nGaul\tname\tRE\nA$\tname\tFR\n"
    )
    offices = OFFICE + "ann\tAnn Example\tperson\tFR\tGOV\nbob\tBob Example\tperson\tFR\tGOV\n"
    holders = "# table: holders\noffice\tperson\tsince\tuntil\nchair\tann\t2001\t2005\nchair\tbob\t2003\t2007\n"
    texts = (regions, aliases, offices, holders)
    dictionary, found = compile_tables([TableFile(f"{number}.tsv", 0, text) for number, text in enumerate(texts)])
    assert not found
    messages = [problem.message for problem in lint(dictionary)]
    assert "FR France has no capital" in messages
    assert "'French' is a demonym of RE and of FR" in messages
    assert "'Gaul' is strong for FR and RE" in messages
    assert "chair: bob begins before ann ends" in messages
    assert "'A$' folds to 'a'" in messages
    counted = coverage(dictionary, date(2026, 11, 1))
    assert counted.unverified == 2
    assert counted.headless == ("FR",)


def test_the_linter_finds_names_that_cross() -> None:
    aliases = "# table: aliases\nalias\tuse\tregion\nChair of Examples\tcity\tDE\nAnn Example\tnull\t\nGaul\tname\tFR\n"
    traps = "# table: aliases\nalias\tuse\nGaul\tnull\n=gaul\tnull\n"
    spoken = "# table: aliases\nalias\tuse\tregion\tlanguage\nΓαλλία\tname\tFR\tel\nΓερμανία\tname\tDE\tel\n"
    members = REGIONS.replace("Germany\t", "Germany\tyes") + "IT\tItaly\tyes\n"
    holders = "# table: holders\noffice\tperson\tsince\tuntil\nchair\tann\t2005\t2001\n"
    texts = (members, aliases, traps, spoken, PEOPLE, OFFICE, holders)
    dictionary, found = compile_tables([TableFile(f"{number}.tsv", 0, text) for number, text in enumerate(texts)])
    assert not found
    messages = [str(problem) for problem in lint(dictionary)]
    assert "1.tsv:3: 'Chair of Examples' is strong for DE and chair (mark one with ~)" in messages
    assert "1.tsv:4: the trap 'ann example' is borne by ann (drop the trap)" in messages
    assert "1.tsv:5: 'Gaul' is in FR and a trap (drop one)" in messages
    assert "0.tsv:6: IT Italy has no name in el" in messages
    assert "6.tsv:3: chair: ann ends before the beginning" in messages


def test_an_id_given_twice_in_one_folder_is_a_fault_and_in_a_later_one_an_override() -> None:
    again = PEOPLE.replace("Ann Example", "Ann Other")
    assert problems(REGIONS, PEOPLE, again) == ["2.tsv:3: 'ann' is there already: Ann Example at 1.tsv:3"]
    files = [TableFile("0.tsv", 0, REGIONS), TableFile("1.tsv", 0, PEOPLE), TableFile("2.tsv", 1, again)]
    dictionary, found = compile_tables(files)
    assert not found
    assert dictionary.actors["ann"].name == "Ann Other"


def test_a_desk_names_a_successor_and_checks_a_row_of_ours() -> None:
    head = "# table: holders\noffice\tperson\tsince\tuntil\tsource\tchecked\n"
    people = PEOPLE + "bob\tBob Example\tperson\tFR\tGOV\t\t\n"
    files = [
        TableFile("0.tsv", 0, REGIONS),
        TableFile("1.tsv", 0, people),
        TableFile("2.tsv", 0, OFFICE),
        TableFile("3.tsv", 0, head + "chair\tann\t2001-05-01\t\t\t\n"),
        TableFile("4.tsv", 1, head + "chair\tann\t2001-05-01\t\tGazette\t2026-11-01\nchair\tbob\t2026-03-01\t\t\t\n"),
    ]
    given_again, found = compile_tables(files)
    assert not found
    assert [(held.person, held.until, held.source) for held in given_again.holders] == [
        ("ann", None, "Gazette"),
        ("bob", None, "unverified"),
    ]
    successor = compile_tables([*files[:4], TableFile("4.tsv", 1, head + "chair\tbob\t2026-03-01\t\t\t\n")])[0]
    assert [(held.person, held.until) for held in successor.holders] == [("ann", date(2026, 3, 1)), ("bob", None)]
