"""The engine `fbgemm`: exact 8-bit kernels in C for x86 CPUs, and portable ones for all others."""

from qframe.native import NativeEngine

from ._kernels import ffi, lib

__all__ = ["engine", "info", "qframe_engines", "qframe_kernel"]

engine = NativeEngine("fbgemm", ffi, lib)
qframe_engines, qframe_kernel, info = engine.qframe_engines, engine.qframe_kernel, engine.info
