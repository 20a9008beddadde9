"""The C compiler of this machine."""

from __future__ import annotations

import shutil

#: Its path, or None.
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
