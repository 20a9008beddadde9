"""The engine `qnnpack`: exact 8-bit kernels in C for 64-bit ARM CPUs, and portable ones for all others."""

from qframe.native import NativeEngine

from ._kernels import ffi, lib

__all__ = ["engine", "info", "qframe_engines", "qframe_kernel"]

# As portable C it leaves x86 machines to fbgemm.
engine = NativeEngine("qnnpack", ffi, lib, portable_priority=5)
qframe_engines, qframe_kernel, info = engine.qframe_engines, engine.qframe_kernel, engine.info
