"""How the C kernels are compiled; setuptools reads it (``cffi_modules`` in setup.py)."""

import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
# -ffp-contract=off: a multiplication fused with an addition would round once where qframe rounds twice.
GNU_FLAGS = ["-std=c11", "-O3", "-ffp-contract=off", "-fvisibility=hidden", "-Wall"]
MSVC_FLAGS = ["/std:c11", "/O2", "/fp:precise"]


def include_folder() -> str:
    """Return where qframe's headers are: in ``include`` beside us, in a checkout around us, or installed.

    Raises:
        RuntimeError: they are nowhere.
    """
    for folder in (HERE / "include", *(parent / "qframe" / "include" for parent in HERE.parents)):
        if (folder / "qframe" / "base.h").exists():
            return str(folder)
    try:
        from qframe.include_path import get_include
    except ImportError:
        raise RuntimeError(
            "qframe's headers are not found. Install qframe and give pip --no-build-isolation, "
            "or copy what qframe.get_include() names to a folder 'include' here"
        ) from None
    return get_include()


def builder() -> FFI:
    """Return the recipe of the extension module ``qframe_mynpu._kernels``."""
    windows = sys.platform == "win32"
    ffi = FFI()
    ffi.cdef((HERE / "csrc" / "api.cdef").read_text())
    ffi.set_source(
        "qframe_mynpu._kernels",
        '#include "api.h"',
        sources=[f"csrc/{name}.c" for name in ("add", "linear", "threads")],
        include_dirs=[include_folder(), str(HERE / "csrc")],
        extra_compile_args=MSVC_FLAGS if windows else GNU_FLAGS,
        extra_link_args=[] if windows else ["-pthread"],
        libraries=[] if windows else ["m"],
        py_limited_api=True,
    )
    return ffi


ffibuilder = builder()
