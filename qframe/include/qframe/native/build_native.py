"""How a C plugin is compiled: its own kernels together with the sources of this folder.

A plugin's ``build_kernels.py`` finds this file, in the checkout around it, in its sdist's copy or in an
installed qframe, and asks it for the recipe, which setuptools reads (``cffi_modules``).  It needs cffi only.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cffi import FFI

#: The sources that all C plugins share, and the folder to give to a compiler with ``-I``.
NATIVE = Path(__file__).resolve().parent
INCLUDE = NATIVE.parent.parent
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


class Recipe:
    """How the extension module ``<package>._kernels`` is compiled.

    Args:
        plugin: the plugin's folder, with its C files in ``csrc``.
        package: the name of its Python package.
    """

    include = INCLUDE

    def __init__(self, plugin: Path, package: str) -> None:
        self.plugin, self.package = plugin, package
        if "sdist" in sys.argv:  # which carries the sources that it was tested with
            carry(plugin / "include")

    def builder(self, flags: Sequence[str] = ()) -> FFI:
        """Return what setuptools and ``FFI.compile`` need, with further compiler flags."""
        ffi = FFI()
        ffi.cdef((NATIVE / "api.cdef").read_text())
        ffi.set_source(f"{self.package}._kernels", "#include <qframe/native/api.h>", **self.options(flags))
        return ffi

    def options(self, flags: Sequence[str]) -> dict[str, Any]:
        """Return the arguments of the extension module."""
        windows = sys.platform == "win32"
        linking = [flag for flag in flags if flag.startswith("-fsanitize")]
        sources = [*self.wrappers(), *(self.plugin / "csrc").glob("*.c")]
        return {
            "sources": sorted(os.path.relpath(path, self.plugin) for path in sources),
            "include_dirs": [str(INCLUDE), str(self.plugin / "csrc")],
            "extra_compile_args": [*(MSVC_FLAGS if windows else GNU_FLAGS), *flags],
            "extra_link_args": [] if windows else ["-pthread", *linking],
            "libraries": [] if windows else ["m"],
            "py_limited_api": True,
        }

    def wrappers(self) -> list[Path]:
        """Write a file for each shared source that includes it, and return them.

        setuptools wants sources, and leaves objects, below the plugin's folder.
        """
        folder = self.plugin / "build" / "native"
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / source.name for source in sorted(NATIVE.glob("*.c"))]
        for file in files:
            text = f"#include <qframe/native/{file.name}>\n"
            if not file.exists() or file.read_text() != text:
                file.write_text(text)
        return files


def carry(folder: Path) -> None:
    """Copy the shared sources to ``folder``, unless they are there already."""
    if folder.resolve() != INCLUDE:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(INCLUDE, folder, dirs_exist_ok=True, ignore=ignored)
