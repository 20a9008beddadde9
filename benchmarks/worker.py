"""The process of one peer: ``python -m benchmarks.worker PEER THREADS FOLDER``, started by ``processes``.

It answers each line on its standard input by a line of JSON: at its start by what it is, or what it is
missing; to the order to prepare a workload by a sample of the result's numbers; to the order to repeat by
the seconds of one call.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from .peers import NotBuilt, Peer, Prepared, load
from .workloads import BY_NAME

#: How many numbers of a result are compared.
SAMPLE = 1000
Answer = dict[str, Any]


def main() -> None:
    """Set the peer up, say so, and follow orders until the input ends."""
    name, threads, folder = sys.argv[1:]
    # Libraries may print; the answers keep a descriptor of their own.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        peer = load(name, int(threads), Path(folder))
    except ImportError as error:
        say(answers, {"missing": str(error)})
        return
    say(answers, {"title": peer.title})
    gc.disable()
    serve(peer, sys.stdin, lambda answer: say(answers, answer))


def say(answers: TextIO, answer: Answer) -> None:
    """Write a line of JSON."""
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def serve(peer: Peer, orders: TextIO, answer: Callable[[Answer], None]) -> None:
    """Follow each order; what a library raises is an answer too."""
    prepared, count = Prepared(lambda: None), 1
    for line in orders:
        order = json.loads(line)
        try:
            if "prepare" in order:
                prepared = peer.prepare(BY_NAME[order["prepare"]])
                described = sample(prepared)
                count = calls_in(prepared, order["seconds"])
                gc.collect()
                answer(described)
            else:
                answer({"seconds": seconds_per_call(prepared, count)})
        except (NotBuilt, NotImplementedError) as error:
            answer({"not built": first_sentence(error)})
        except Exception as error:
            answer({"failed": f"{type(error).__name__}: {first_sentence(error)}"})


def sample(prepared: Prepared) -> Answer:
    """Run once and return some of the result's numbers, and those of the float network in the same places."""
    numbers = np.asarray(prepared.numbers(prepared.call())).ravel()
    places = slice(None, None, max(1, numbers.size // SAMPLE))
    real = None if prepared.real is None else prepared.real.ravel()[places].tolist()
    return {"sample": numbers[places].tolist(), "real": real}


def calls_in(prepared: Prepared, seconds: float) -> int:
    """Return how many calls in a row take so long, at least one."""
    count = 1
    while True:
        spent = count * seconds_per_call(prepared, count)
        if spent >= seconds / 4:
            return max(1, round(count * seconds / spent))
        count *= 4


def seconds_per_call(prepared: Prepared, count: int) -> float:
    """Time so many calls in a row, after one that fetches the caches back."""
    call = prepared.call
    call()
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count


def first_sentence(error: Exception) -> str:
    """Return what an error says, without advice and the stack that some libraries append."""
    return (str(error).strip().splitlines() or ["no error text"])[0].partition(". ")[0]


if __name__ == "__main__":
    main()
