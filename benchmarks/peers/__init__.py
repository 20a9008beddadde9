"""What runs workloads: qframe and those that it is compared with, each imported only where it is asked for.

A module of this package has a function ``peer`` that takes a :class:`Setting` and returns a :class:`Peer`; it
raises ImportError where a library is missing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..workloads import Workload

Array = np.ndarray[Any, Any]
Call = Callable[[], Any]


class NotBuilt(Exception):
    """The peer has no such operation; the text names what is missing."""


class Setting(NamedTuple):
    """What a peer is told at its start.

    Attributes:
        variant: an engine, where the library has several.
        folder: with the prepared files of the networks, and room for files of its own.
    """

    variant: str
    threads: int
    folder: Path

    def stored(self, name: str) -> dict[str, Array]:
        """Return the arrays of a prepared file."""
        with np.load(self.folder / f"{name}.npz", allow_pickle=False) as arrays:
            return dict(arrays)


class Prepared(NamedTuple):
    """A workload that is ready to run.

    Attributes:
        call: what is timed.
        numbers: turns its result into real numbers.
        real: the numbers of the float network; None for operations, which are compared with qframe's.
    """

    call: Call
    numbers: Callable[[Any], Array] = np.asarray
    real: Array | None = None


class Peer(Protocol):
    """A library, set up.  ``title`` says which version, and what else matters."""

    title: str

    def prepare(self, workload: Workload) -> Prepared:
        """Return the workload ready to run.

        Raises:
            NotBuilt, NotImplementedError: the library lacks the operation.
        """


class Entry(NamedTuple):
    """A line in the table of peers: its module, its variant, and the kinds of workload that it runs."""

    module: str
    variant: str = ""
    operations: bool = True
    networks: bool = True
    limited: bool = True


#: By name.  ``limited``: whether the library can be kept to an instruction set.
PEERS = {
    "qframe": Entry("qframe_peer"),
    "torch-x86": Entry("torch_peer", "x86"),
    "torch-fbgemm": Entry("torch_peer", "fbgemm"),
    "torch-onednn": Entry("torch_peer", "onednn"),
    "torch-qnnpack": Entry("torch_peer", "qnnpack"),
    "onnxruntime": Entry("onnx_peers", "onnxruntime", operations=False, limited=False),
    "openvino": Entry("onnx_peers", "openvino", operations=False),
    "peak": Entry("peak_peer"),
}
#: What pip installs for a library.
NEEDS = {
    "qframe": "qframe",
    "torch": "torch==2.13.0",
    "onnxruntime": "onnx onnxruntime",
    "openvino": "onnx openvino",
}


def library(name: str) -> str:
    """Return the library of a peer, which may be there in several variants."""
    return name.partition("-")[0]


def load(name: str, threads: int, folder: Path) -> Peer:
    """Set the peer up in this process.

    Raises:
        ImportError: its library is missing.
    """
    entry = PEERS[name]
    module = importlib.import_module(f"{__name__}.{entry.module}")
    peer: Peer = module.peer(Setting(entry.variant, threads, folder))
    return peer
