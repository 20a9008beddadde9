"""What this plugin's own tests share; those of kernels that all C plugins have are in ``tests/native``."""

from __future__ import annotations

try:
    import qframe_qnnpack  # noqa: F401
except ImportError:  # this machine could not build it: there is nothing to test
    collect_ignore_glob = ["test_*.py"]
