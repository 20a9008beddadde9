"""Make ``golden`` and ``oracle`` (the folders beside and around this file) importable by the tests here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
