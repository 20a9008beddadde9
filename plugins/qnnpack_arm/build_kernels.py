"""How the C kernels are compiled; setuptools reads it (``cffi_modules`` in setup.py)."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACES = HERE.parents[1] / "qframe/include", HERE / "include"  # of the checkout around us, or of our sdist
sys.path[:0] = [str(place / "qframe/native") for place in PLACES]
try:
    from build_native import Recipe
except ImportError:  # an installed qframe
    from qframe.include.qframe.native.build_native import Recipe

recipe = Recipe(HERE, "qframe_qnnpack")
ffibuilder = recipe.builder()
