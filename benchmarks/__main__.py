"""The command line: ``python -m benchmarks [SECTION ...]`` measures and prints; ``--results`` keeps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .judgements import summary
from .measurements import Results, load_to_extend
from .peers import NEEDS, PEERS
from .processes import LIMITS, NATIVE
from .sections import SECTIONS, Options

EPILOG = """
sections:
  ops        operations against PyTorch's engines, and against the machine's measured peak
  networks   ResNet-50 and MobileNetV2 against PyTorch, onnxruntime and OpenVINO
  busy       one and two threads while another process keeps a core busy
  training   a training step of a float network against PyTorch
  calls      what one call of an op costs in Python
  import     import qframe against import numpy
  reference  the reference engine against float32 NumPy

A peer that is not installed is left out with a line that says how to get it.
"""


def main() -> None:
    """Run the sections one after the other, and store what each has measured."""
    arguments = parsed()
    try:
        results = load_to_extend(arguments.results) if arguments.results else Results()
    except ValueError as error:
        sys.exit(str(error))
    options = Options(
        isas=arguments.isa,
        threads=arguments.threads,
        rounds=arguments.rounds,
        only=arguments.only,
        peers=list(dict.fromkeys(["qframe", "peak", *arguments.peers])),
        pythons=dict(arguments.python),
    )
    print(results.machine)
    for section in arguments.sections or SECTIONS:
        SECTIONS[section](options, results)
        if arguments.results:
            results.save(arguments.results)
    print("", *summary(results), sep="\n")


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=(sys.modules[__package__].__doc__ or "").splitlines()[0],
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sections", nargs="*", type=section, metavar="SECTION", help="all, unless named")
    parser.add_argument("--isa", nargs="+", choices=LIMITS, default=[NATIVE], help="avx2 limits PyTorch too")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--rounds", type=positive, default=11, help="turns of each peer; medians are taken")
    parser.add_argument("--only", nargs="+", default=[], metavar="TEXT", help="workloads by parts of names")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), metavar="PEER")
    parser.add_argument("--python", nargs="+", default=[], type=library_path, metavar="LIBRARY=PATH")
    parser.add_argument("--results", type=Path, metavar="FILE", help="JSON that is extended, for the report")
    return parser.parse_args()


def section(text: str) -> str:
    """Return the name of a section."""
    if text not in SECTIONS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(SECTIONS)}")
    return text


def positive(text: str) -> int:
    """Return a number of at least one."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def library_path(text: str) -> tuple[str, str]:
    """Split ``library=path``."""
    library, _, path = text.partition("=")
    if library not in NEEDS or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not LIBRARY=PATH with one of {', '.join(NEEDS)}")
    return library, path


if __name__ == "__main__":
    main()
