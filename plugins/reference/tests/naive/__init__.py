"""The ops as plain loops over elements and taps, straight from their formulas: the proof of the engine.

Nothing here calls qframe's arithmetic: integers are Python's, every float32 operation is a NumPy scalar's,
rounding is Python's ``round`` (half to even).
"""

from importlib import import_module

from qframe.engines import OPS

#: A definition of every op, with the signature of its contract; files are named as in qframe.ops.
DEFINITIONS = {name: getattr(import_module(f"{__name__}.{op.family}"), name) for name, op in OPS.items()}
