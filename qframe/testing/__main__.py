"""``python -m qframe.testing ENGINE``: run the conformance suite on an installed engine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from qframe.engines import registry
from qframe.errors import EngineError

from . import selected

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite and return pytest's exit code, or 2 where the engine cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m qframe.testing",
        description="Run qframe's conformance suite on an engine. The skips at the end are what it lacks.",
        epilog="Further arguments go to pytest, e.g. -x or -k 'conv2d_pack and strides'.",
    )
    parser.add_argument("engine", help="name of the engine, as `python -m qframe` shows it")
    parser.add_argument(
        "--tolerance", type=int, default=0, help="allowed difference in quantized steps (default: 0)"
    )
    options, rest = parser.parse_known_args(arguments)
    try:
        registry.check_usable(options.engine)
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE_ERROR
    return _run(options.engine, options.tolerance, rest)


def _run(engine: str, tolerance: int, arguments: Sequence[str]) -> int:
    os.environ[selected.ENGINE_VARIABLE] = engine  # for worker processes of pytest-xdist
    os.environ[selected.TOLERANCE_VARIABLE] = str(tolerance)
    selected.TestEngine.engine, selected.TestEngine.tolerance = engine, tolerance
    module = Path(selected.__file__)
    # the settings of whatever project surrounds the current directory are not meant for this suite
    isolated = ["-c", os.devnull, "--rootdir", str(module.parent), "-p", "no:cacheprovider"]
    return int(pytest.main([*isolated, "--import-mode=importlib", "-q", "-rs", str(module), *arguments]))


if __name__ == "__main__":
    sys.exit(main())
