"""``wirewatch dictionary lint | show | explain``: check the dictionaries, look entries up, say what an alias means."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pipeline import config
from pipeline.adapters import dictionaries
from pipeline.core.errors import ConfigError
from pipeline.core.tag.coverage import Coverage, coverage
from pipeline.core.tag.dictionary import Dictionary
from pipeline.core.tag.explain import explain_alias
from pipeline.core.tag.lint import lint

_ACTIONS = {
    "lint": "check all tables, and print what they cover",
    "show": "a region, a group or an actor, with the holders of an office",
    "explain": "what an alias may stand for, and where each meaning comes from",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action and what it is about."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help_ in _ACTIONS.items():
        action = actions.add_parser(name, help=help_, description=help_[0].upper() + help_[1:] + ".")
        if name != "lint":
            action.add_argument("what", nargs="+", metavar="NAME", help="a code, an id, a name or an alias")
        action.add_argument("--config", metavar="F", help="configuration (config/wirewatch.yaml)")
        action.add_argument("--json", action="store_true", help="as JSON")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; return 1 when nothing is called so, 3 when the dictionaries have problems."""
    settings = config.load(options.config)
    folders = [config.shipped() / "dictionaries", *(settings.path(folder) for folder in settings.dictionaries)]
    if options.action == "lint":
        return _lint(folders, options.json)
    dictionary = dictionaries.load(folders)
    return (_show if options.action == "show" else _explain)(dictionary, " ".join(options.what), options.json)


def _lint(folders: list[Path], as_json: bool) -> int:
    dictionary, problems = dictionaries.check(folders)
    problems += lint(dictionary)
    found = coverage(dictionary, datetime.now(tz=UTC).date())
    if as_json:
        _print_json({"coverage": found, "problems": problems})
    else:
        print(f"version    {dictionary.version}")
        _print_coverage(found)
    if problems:
        raise ConfigError(problems)
    return 0


def _print_coverage(found: Coverage) -> None:
    """Print what is there; of the UN members for each language how many have a name, a people, a capital."""
    print(f"regions    {found.regions}, of them {found.un_members} members of the United Nations")
    print(f"actors     {', '.join(f'{count} {kind}' for kind, count in found.actors.items())}")
    print(f"aliases    {found.aliases}")
    print(f"holders    {found.holders}, of them {found.unverified} unverified, {len(found.stale)} older than a year")
    print(f"no head of state or government today: {', '.join(found.headless) or 'none'}")
    print("language  aliases  names  peoples  capitals  actors")
    for spoken in found.languages:
        print(
            f"{spoken.language:8}  {spoken.aliases:7}  {spoken.names:5}  {spoken.demonyms:7}  {spoken.capitals:8}"
            f"  {spoken.actors:6}"
        )
    for origin in found.stale:
        print(f"{origin}: checked more than a year ago")


def _show(dictionary: Dictionary, name: str, as_json: bool) -> int:
    codes = sorted(dictionary.below(name))
    regions = [dictionary.regions[code] for code in codes if code in dictionary.regions]
    actors = [
        being for being in dictionary.actors.values() if name.casefold() in (being.id.casefold(), being.name.casefold())
    ]
    ids = {being.id for being in actors}
    holders = [holder for holder in dictionary.holders if holder.office in ids or holder.person in ids]
    if as_json:
        _print_json({"regions": regions, "actors": actors, "holders": holders})
    for region in regions if not as_json else ():
        print(f"{region.code} {region.name} {region.qid} ({', '.join(region.above)}) [{region.origin}]")
    for being in actors if not as_json else ():
        print(f"{being.id} {being.name}: {being.kind} {being.country} {being.sector} [{being.origin}]")
    for holder in holders if not as_json else ():
        print(f"  {holder.office}: {holder.person} {holder.since or ''}–{holder.until or ''} ({holder.source})")
    return _found(bool(regions or actors), name)


def _explain(dictionary: Dictionary, alias: str, as_json: bool) -> int:
    lines = list(explain_alias(dictionary, alias))
    if as_json:
        _print_json(lines)
    else:
        print("\n".join(lines)) if lines else None
    return _found(bool(lines), alias)


def _found(found: bool, name: str) -> int:
    if not found:
        print(f"wirewatch: the dictionaries hold nothing called {name!r}", file=sys.stderr)
    return 0 if found else 1


def _print_json(value: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.flush()
