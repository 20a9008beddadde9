"""The process of one peer: ``python worker.py PEER FOLDER NETWORK THREADS``, run by ``processes.py``.

It answers on its standard output in lines of JSON: first what it is, with the scores that it computes, or
what it is missing; then, for each number n that it reads, the seconds of n runs.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # the folder of the package, which is installed nowhere
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from network_models.peers import PEERS, Runner


def main() -> None:
    """Build the network, say so, and run it as often as is asked for."""
    name, folder, network, threads = sys.argv[1:]
    # Libraries may print; the answers keep a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        runner = PEERS[name](Path(folder), network, int(threads))
    except ImportError as error:
        answer(answers, {"missing": str(error)})
        return
    answer(answers, introduction(runner))
    for line in sys.stdin:
        answer(answers, timed(runner, int(line)))


def introduction(runner: Runner) -> dict[str, Any]:
    """Run once and return title and scores."""
    real = None if runner.real is None else runner.real.ravel().tolist()
    return {"title": runner.title, "scores": runner.run().ravel().tolist(), "real": real}


def timed(runner: Runner, count: int) -> list[float]:
    """Return the seconds of each of ``count`` runs, after one that fetches the caches back."""
    runner.run()
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        runner.run()
        seconds.append(time.perf_counter() - start)
    return seconds


def answer(answers: Any, value: Any) -> None:
    """Write a line of JSON."""
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
