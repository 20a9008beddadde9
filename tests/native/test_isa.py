"""Instruction sets: forced, refused, and each one that this CPU has under the whole suite."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from qframe.native import NativeEngine

from .builds import PLUGINS, PORTABLE, build, run_conformance
from .conftest import ENGINES, SETS

#: An engine, its priority and its summary in a process of its own.
DESCRIBE = "import qframe_{0} as p; e = p.qframe_engines(); print(e.priority, e.summary, e.probe(), sep='|')"
BUILD_OF = {engine.name: engine.info()["build"] for engine in ENGINES}
LACKING = [(e, isa) for e in ENGINES for isa in e.titles if isa not in e.available()]
OTHERS = [(engine, isa) for engine, isa in SETS if isa != engine.isa and BUILD_OF[engine.name] == "native"]


def ids(pair: tuple[NativeEngine, str]) -> str:
    return f"{pair[0].name}-{pair[1]}"


def python(code: str, **environment: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def describe(engine: NativeEngine, **environment: str) -> list[str]:
    """Return priority, summary and reason of the engine in a process of its own."""
    return python(DESCRIBE.format(engine.name), **environment).split("|")


def test_info_tells_what_runs(chosen: NativeEngine) -> None:
    info = chosen.info()
    assert set(info) == {"isa", "available", "cpu_flags", "threads", "build"}
    assert info["isa"] in info["available"]
    assert info["available"][0] == "portable"
    assert info["threads"] >= 1


@pytest.mark.parametrize("pair", SETS, ids=ids)
def test_a_forced_set_is_the_one_that_runs(pair: tuple[NativeEngine, str]) -> None:
    engine, isa = pair
    code = f"from qframe_{engine.name} import engine as e; e.qframe_engines(); n = e.native; "
    code += "print(e.info()['isa'], n.text(n.lib.qf_isa()))"
    assert python(code, QFRAME_ISA=isa) == f"{isa} {isa}"


@pytest.mark.parametrize("pair", LACKING, ids=ids)
def test_a_set_that_is_lacking_is_refused_with_what_is_missing(pair: tuple[NativeEngine, str]) -> None:
    engine, isa = pair
    reason = describe(engine, QFRAME_ISA=isa)[2]
    native = engine.native
    missing = native.text(native.lib.qf_missing(isa.encode()))
    why = "is not part of this build" if missing is None else f"needs what this CPU lacks: {missing}"
    assert f"QFRAME_ISA={isa} {why}" in reason


def test_an_unknown_set_is_refused_with_the_names(chosen: NativeEngine) -> None:
    reason = describe(chosen, QFRAME_ISA="sse9")[2]
    assert all(name in reason for name in ("sse9", *chosen.titles))


@pytest.mark.parametrize("pair", SETS, ids=ids)
def test_priority_and_summary_follow_the_set(pair: tuple[NativeEngine, str]) -> None:
    engine, isa = pair
    priority, summary, _ = describe(engine, QFRAME_ISA=isa)
    assert summary == engine.titles[isa]
    assert 1 <= int(priority) <= 49 if isa == "portable" else int(priority) == 100


@pytest.mark.parametrize("pair", OTHERS, ids=ids)
def test_conformance_at_other_sets(pair: tuple[NativeEngine, str]) -> None:
    run_conformance(PLUGINS[pair[0].name], QFRAME_ISA=pair[1])


@pytest.mark.parametrize("engine", [e for e in ENGINES if BUILD_OF[e.name] == "native"], ids=lambda e: e.name)
def test_a_build_for_other_machines_runs_portable_c(engine: NativeEngine) -> None:
    plugin = PLUGINS[engine.name]
    folder = plugin / "build" / "portable"
    build(plugin, folder, PORTABLE)
    environment = {"PYTHONPATH": str(folder), "QFRAME_ISA": ""}
    run_conformance(plugin, **environment)
    code = f"import qframe_{engine.name} as p; i = p.info(); print(i['build'], i['available'])"
    assert python(code, **environment) == "portable ['portable']"
    assert describe(engine, **environment)[1:] == ["portable C", "None"]
