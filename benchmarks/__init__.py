"""qframe against PyTorch, onnxruntime and OpenVINO, and against itself: ``python -m benchmarks --help``.

Each peer runs in a process of its own (``worker``), and the processes take turns (``rounds``), so that other
load on the machine meets all alike.  What is measured is one line in ``workloads``; what is asked of qframe
is one line in ``targets``; ``report`` writes the stored results into docs/performance.md.
"""
