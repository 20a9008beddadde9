"""How the C kernels are compiled: read by setuptools (``cffi_modules``) and by the tests.

Environment variables:
    QFRAME_FBGEMM_CFLAGS: further compiler flags, e.g. ``-DQF_PORTABLE_ONLY`` or ``-fsanitize=address``.
"""

import os
import shutil
import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
GNU_FLAGS = [
    "-std=c11",
    "-O3",
    "-ffp-contract=off",
    "-fno-strict-aliasing",
    "-fvisibility=hidden",
    "-Wall",
    "-Wno-pass-failed",  # Clang: loops that it does not unroll where their length is no constant
    "-g0",
]
MSVC_FLAGS = ["/std:c11", "/O2", "/fp:precise"]


def include_folder() -> str:
    """Return where qframe's headers are: the checkout beside us, our sdist's copy, or an installed qframe."""
    checkout, copy = HERE.parent.parent / "qframe" / "include", HERE / "include"
    if checkout.is_dir():
        if "sdist" in sys.argv:  # a sdist carries the headers that it was tested with
            shutil.copytree(checkout, copy, dirs_exist_ok=True)
        return str(checkout)
    if copy.is_dir():
        return str(copy)
    from qframe.include_path import get_include

    return get_include()


def builder(flags: tuple[str, ...] = (), root: Path = HERE) -> FFI:
    """Return the recipe of the extension module, with further compiler flags.

    Args:
        root: the folder that compilation starts from; setuptools wants sources relative to it.
    """
    windows = sys.platform == "win32"
    ffi = FFI()
    ffi.cdef((HERE / "csrc" / "api.cdef").read_text())
    ffi.set_source(
        "qframe_fbgemm._kernels",
        '#include "api.h"',
        sources=sorted(os.path.relpath(path, root) for path in (HERE / "csrc").glob("*.c")),
        include_dirs=[include_folder(), str(HERE / "csrc")],
        extra_compile_args=[*(MSVC_FLAGS if windows else GNU_FLAGS), *flags],
        extra_link_args=[] if windows else ["-pthread", *(f for f in flags if f.startswith("-fsanitize"))],
        libraries=[] if windows else ["m"],
        py_limited_api=True,
    )
    return ffi


ffibuilder = builder(tuple(os.environ.get("QFRAME_FBGEMM_CFLAGS", "").split()))
