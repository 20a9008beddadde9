"""Modules with quantized weights and float input and output (mirrors ``torch.nn.quantized.dynamic``)."""

from .linear import Linear
from .rnn import GRU, LSTM
from .rnn_cells import GRUCell, LSTMCell, RNNCell

__all__ = ["GRU", "LSTM", "GRUCell", "LSTMCell", "Linear", "RNNCell"]
