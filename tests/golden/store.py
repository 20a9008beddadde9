"""Reading and writing golden data: one compressed .npz file per family of cases.

All arrays of a family lie one behind the other in a single array per NumPy type; an index in
JSON says where each one is.  Thousands of small arrays cost next to nothing that way, and no
pickle is needed.  This module runs on Python 3.8, where the data is made, and on today's.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


class Case:
    """One golden case: ``case["x"]`` is an array, ``case.params`` holds plain values."""

    def __init__(self, name, params, arrays):
        self.name = name
        self.params = params
        self._arrays = arrays

    def __getitem__(self, key):
        return self._arrays[key]

    def __contains__(self, key):
        return key in self._arrays

    def __repr__(self):
        return self.name

    def get(self, key, default=None):
        """The array called ``key``, or ``default``."""
        return self._arrays.get(key, default)

    def keys(self, prefix=""):
        """Names of the arrays that begin with ``prefix``."""
        return [key for key in self._arrays if key.startswith(prefix)]


class Writer:
    """Collects cases and writes them to ``<family>.npz``."""

    def __init__(self, family):
        self.family = family
        self.cases = {}
        self._parts = {}
        self._used = {}

    def add(self, name, arrays, **params):
        """Record a case; arrays that are None are left out."""
        assert name not in self.cases, "two cases are called " + name
        places = {key: self._put(np.asarray(value)) for key, value in arrays.items() if value is not None}
        self.cases[name] = {"params": params, "arrays": places}

    def _put(self, array):
        kind = array.dtype.name
        start = self._used.get(kind, 0)
        self._parts.setdefault(kind, []).append(np.ascontiguousarray(array).reshape(-1))
        self._used[kind] = start + array.size
        return [kind, list(array.shape), start]

    def save(self):
        """Write the file and return its size in bytes."""
        path = HERE / (self.family + ".npz")
        index = np.frombuffer(json.dumps(self.cases).encode(), np.uint8)
        np.savez_compressed(path, index=index, **{k: np.concatenate(v) for k, v in self._parts.items()})
        print("%-12s %5d cases %8d bytes" % (self.family, len(self.cases), path.stat().st_size))
        return path.stat().st_size


def load(family):
    """Return the cases of a family in the order in which they were recorded."""
    with np.load(HERE / (family + ".npz"), allow_pickle=False) as data:
        index = json.loads(data["index"].tobytes())
        stores = {kind: data[kind] for kind in data.files if kind != "index"}
    return [_case(name, entry, stores) for name, entry in index.items()]


def _case(name, entry, stores):
    arrays = {}
    for key, (kind, shape, start) in entry["arrays"].items():
        flat = stores[kind][start : start + int(np.prod(shape))]
        arrays[key] = flat.reshape(shape).copy()
    return Case(name, entry["params"], arrays)
