"""C plugins repeat nothing of each other: what two of them need stands in the native layer, once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
C_PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/setup.py"))
PAIRS = [*combinations(C_PLUGINS, 2)]
#: So many lines in a row may be alike: what any plugin must say to setuptools and to pytest.
BOILERPLATE = 6
LANGUAGES = {".c", ".h", ".inc", ".py"}
#: Folders that builds make.
MADE = {"build", "include"}
#: Lines that are no code of anybody's: comments, lone punctuation, imports, includes, closing words.
IDLE = re.compile(r"(#(?!define|if)|//|/\*|\*|import\b|from\b.*\bimport\b)|\W*$")


def lines_of_code(path: Path) -> list[tuple[int, str]]:
    """Return number and text of the lines that count, white space folded."""
    folded = (" ".join(line.split()) for line in path.read_text().splitlines())
    return [(number, line) for number, line in enumerate(folded, 1) if not IDLE.match(line)]


def runs(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield where each run of lines begins that is longer than boilerplate, and its text."""
    lines, length = lines_of_code(path), BOILERPLATE + 1
    for start in range(len(lines) - length + 1):
        part = lines[start : start + length]
        yield part[0][0], tuple(text for _, text in part)


def sources(plugin: Path) -> list[Path]:
    """Return a plugin's files in C and Python, without what builds have made."""
    files = [path for path in sorted(plugin.rglob("*")) if path.suffix in LANGUAGES]
    return [path for path in files if not MADE & set(path.relative_to(plugin).parts)]


def shared(plugin: Path, other: Path) -> list[str]:
    """Return the places where two folders of sources say the same for longer than boilerplate."""
    seen = {text: (path, line) for path in sources(plugin) for line, text in runs(path)}
    places = []
    for path in sources(other):
        for line, text in runs(path):
            if text in seen:
                first, where = seen[text]
                places.append(f"{first}:{where} and {path}:{line}: {text[0]}")
    return places


def test_there_are_plugins_to_compare() -> None:
    assert len(C_PLUGINS) >= 2
    assert all({path.suffix for path in sources(plugin)} >= {".c", ".h", ".py"} for plugin in C_PLUGINS)


@pytest.mark.parametrize(
    "pair", [*combinations(C_PLUGINS, 2)], ids=lambda pair: "-".join(p.name for p in pair)
)
def test_plugins_share_no_code_beyond_boilerplate(pair: tuple[Path, Path]) -> None:
    assert shared(*pair) == []


@pytest.mark.parametrize(("length", "found"), [(BOILERPLATE, []), (BOILERPLATE + 1, ["x = f(x, 0);"])])
def test_a_copy_is_found_whatever_stands_around_it(tmp_path: Path, length: int, found: list[str]) -> None:
    copied = "".join(f"x = f(x, {number});\n" for number in range(length))
    anew = "int other;\n\n/* said anew */\n" + copied.replace(", ", ",   ").replace(";\n", ";\n}\n", 1)
    for name, text in (("a", copied), ("b", anew)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sum.c").write_text(text)
    assert [place.partition(": ")[2] for place in shared(tmp_path / "a", tmp_path / "b")] == found
