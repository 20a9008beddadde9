"""qframe: 8-bit quantization of neural networks on NumPy, run by pluggable CPU engines."""
