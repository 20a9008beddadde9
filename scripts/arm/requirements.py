"""Print what the emulated Python needs, a requirement a line: what qframe and its C plugins state."""

from __future__ import annotations

from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[2]


def requirements() -> list[str]:
    """Return what running, testing and building need, except qframe's own distributions."""
    project = load("pyproject.toml")["project"]
    plugin = load("plugins/qnnpack_arm/pyproject.toml")
    found = {
        *project["dependencies"],
        *project["optional-dependencies"]["testing"],
        *plugin["project"]["dependencies"],
        *plugin["build-system"]["requires"],
        "pip",
        "wheel",
    }
    return sorted(line for line in found if not line.startswith("qframe"))


def load(path: str) -> dict:
    """Read a file of the checkout."""
    return tomllib.loads((ROOT / path).read_text())


if __name__ == "__main__":
    print("\n".join(requirements()))
