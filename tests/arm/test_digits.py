"""The demo's int8 models give the same bytes on every engine, instruction set and machine."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from . import digits
from .machines import MACHINES, emulated, emulating, printed

pytest.importorskip("sklearn")

REFERENCE = "reference NumPy"
Digests = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models, quantized once, and the held-out images."""
    sys.path.insert(0, str(digits.EXAMPLES))
    try:
        split = importlib.import_module("digits_data").load_split()
    finally:
        sys.path.remove(str(digits.EXAMPLES))
    folder = tmp_path_factory.mktemp("digits")
    digits.store(folder, split.train_images[:320], split.test_images)
    return folder


@pytest.fixture(scope="module")
def here(folder: Path) -> Digests:
    """What this machine computes."""
    return digits.digests(folder)


def test_all_engines_of_this_machine_give_the_bytes_of_the_reference(here: Digests) -> None:
    assert here == dict.fromkeys(here, here[REFERENCE])


def test_models_differ(here: Digests) -> None:
    assert len(set(here[REFERENCE].values())) == len(digits.MODELS)


@pytest.mark.parametrize(("engine", "package"), [("fbgemm", "qframe_fbgemm"), ("qnnpack", "qframe_qnnpack")])
def test_every_instruction_set_was_asked(here: Digests, engine: str, package: str) -> None:
    plugin = pytest.importorskip(package)
    assert [title for title in here if title.startswith(engine)] == [
        f"{engine} {isa}" for isa in plugin.engine.available()
    ]


@emulating
@pytest.mark.parametrize(("machine", "isa"), MACHINES.items())
def test_emulated_arm_machines_give_the_same_bytes(
    folder: Path, here: Digests, machine: str, isa: str
) -> None:
    there = json.loads(printed(emulated(machine, "-m", "tests.arm.digits", folder)))
    assert f"qnnpack {isa}" in there
    assert "qnnpack portable" in there
    assert there == dict.fromkeys(there, here[REFERENCE])
