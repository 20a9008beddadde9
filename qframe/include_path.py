"""Where the C headers are that plugins compile in."""

from __future__ import annotations

from pathlib import Path


def get_include() -> str:
    """Return the folder to give to a C compiler with ``-I`` for ``#include <qframe/base.h>``.

    The headers are header-only C11: rounding, packing, convolution geometry, a thread pool.  They
    are compiled into a plugin; nothing of the core is linked at run time.
    """
    return str(Path(__file__).with_name("include"))
