"""The text of the LSTM example: Python's own language reference, as the standard library carries it.

``pydoc_data.topics`` is what ``help()`` shows of the language.  Its paragraphs are split once and for all
into nine tenths for training and one tenth that is held out, by a checksum of each paragraph: another version
of Python, whose text differs a little, never moves a paragraph from one part to the other.
"""

from __future__ import annotations

import re
import zlib
from pydoc_data.topics import topics

import numpy as np

#: The characters that the model knows; all others become the first.
ALPHABET = "\N{REPLACEMENT CHARACTER}\n" + "".join(map(chr, range(32, 127)))
HELD_OUT = 10
SHORTEST = 20


def words_of(paragraph: str) -> str:
    """Return a paragraph without its line breaks and indentation: the same words are the same paragraph."""
    return " ".join(paragraph.split())


def paragraphs() -> list[str]:
    """Return every paragraph once, in the order of the topics' names."""
    found = (part.strip("\n") for name in sorted(topics) for part in re.split(r"\n\s*\n", topics[name]))
    return list({words_of(part): part for part in found if len(part) >= SHORTEST}.values())


def is_held_out(paragraph: str) -> bool:
    """Say whether a paragraph belongs to the tenth that no model was trained on."""
    return zlib.crc32(words_of(paragraph).encode()) % HELD_OUT == 0


def load_texts() -> tuple[str, str]:
    """Return the text for training and the held-out one."""
    parts = paragraphs()
    return (
        "\n\n".join(part for part in parts if not is_held_out(part)),
        "\n\n".join(part for part in parts if is_held_out(part)),
    )


def encode(text: str) -> np.ndarray:
    """Return the number of each character, int64."""
    numbers = {character: number for number, character in enumerate(ALPHABET)}
    return np.array([numbers.get(character, 0) for character in text], dtype=np.int64)


def decode(numbers: np.ndarray) -> str:
    """Return the text of character numbers."""
    return "".join(ALPHABET[number] for number in numbers)


def in_rows(numbers: np.ndarray, rows: int) -> np.ndarray:
    """Cut a long text into ``rows`` equally long ones; what is left over is dropped."""
    return numbers[: numbers.size // rows * rows].reshape(rows, -1)
