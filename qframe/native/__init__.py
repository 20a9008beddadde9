"""What engines in C on qframe's native layer share: kernels in Python around a compiled library.

The C part lies in ``qframe/native`` below ``qframe.get_include()`` and is compiled into each plugin; this
package is its other half.  A plugin makes a :class:`NativeEngine` of its extension module and is done.
qframe itself never imports this package.
"""

from .engine import NativeEngine
from .kernels import kernel_table
from .library import NativeLibrary

__all__ = ["NativeEngine", "NativeLibrary", "kernel_table"]
