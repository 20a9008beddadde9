"""Make all golden data. Run by hand with PyTorch 1.6.0 on Python 3.8; see README.md beside this file."""

import importlib
import sys

import torch

FAMILIES = [
    "tensors",
    "observers",
    "linear",
    "conv",
    "elementwise",
    "pooling",
    "resize",
    "norms",
    "modules",
    "dynamic",
    "recurrent",
    "workflow",
    "qat",
]


def main():
    """Make the families that are named on the command line, or all."""
    assert torch.__version__.startswith("1.6.0"), (
        "golden data is made with PyTorch 1.6.0, not " + torch.__version__
    )
    sizes = [importlib.import_module("make_" + family).make() for family in sys.argv[1:] or FAMILIES]
    print("together %d bytes" % sum(sizes))


if __name__ == "__main__":
    main()
