"""The embedding layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import functional, init
from .functional_checks import Array, check_counts
from .functional_embedding import checked_padding
from .module import Module


class Embedding(Module):
    """A row of a table for each index (mirrors ``torch.nn.Embedding``).

    Args:
        num_embeddings: rows of the table.
        embedding_dim: length of a row.
        padding_idx: a row that begins as zeros and has no gradient; negative numbers count from the end.
        max_norm, norm_type, scale_grad_by_freq, sparse: only their defaults.

    Attributes:
        weight: shape (num_embeddings, embedding_dim), drawn from the normal distribution.

    Raises:
        ArgumentError: arguments that do not fit, or an index outside of the table.
        DTypeError: an input that holds no integers.
        NotImplementedError: a norm, gradient scaling or sparse gradients are asked for.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> None:
        super().__init__()
        asked = {"max_norm": max_norm, "scale_grad_by_freq": scale_grad_by_freq, "sparse": sparse}
        for name, value in asked.items():
            if value is not None and value is not False:
                raise NotImplementedError(f"Embedding: {name}={value!r} is not supported")
        check_counts("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = checked_padding(padding_idx, num_embeddings)
        self.register_parameter("weight", np.empty((num_embeddings, embedding_dim), np.float32))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all rows anew, but for the padding's, which become zeros."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight[self.padding_idx] = 0

    def forward(self, input: Any) -> Array:
        """Return float32 of shape (..., embedding_dim) for integers of shape (...)."""
        return functional.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return the arguments."""
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"
