"""``make bench``: run the benchmarks, print a table, write build/bench.json."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import msgspec

from tests.bench import Figure

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "build" / "bench.json"


def main(names: list[str]) -> int:
    """Run the named benchmarks (all of them), one after the other; return 1 when one of them failed to run."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(names) - set(known)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    results: dict[str, list[Figure]] = {}
    failed = False
    for name in names or known:
        began = perf_counter()
        results[name] = []
        try:
            for figure in figures(name):
                results[name].append(figure)
                print(_row(name, figure), flush=True)
        except Exception:  # noqa: BLE001  one benchmark that cannot run must not cost the others
            traceback.print_exc()
            failed = True
        print(f"  ({name}: {perf_counter() - began:.0f} s)", flush=True)
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, CPython {platform.python_version()}"
    report = {"date": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine, "figures": results}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    print(f"\n{machine}\nwritten to {OUT.relative_to(HERE.parents[1])}")
    return int(failed)


def figures(name: str) -> Iterator[Figure]:
    """Yield the figures of one benchmark."""
    yield from importlib.import_module(f"tests.bench.bench_{name}").run()


def _row(name: str, figure: Figure) -> str:
    mark = {True: "reached", False: "NOT REACHED", None: ""}[figure.met]
    tail = "; ".join(part for part in (figure.peer, figure.goal and f"goal: {figure.goal}", mark) if part)
    return f"{name:<12} {figure.name:<58} {figure.value:>12,.6g} {figure.unit:<12} {tail}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
