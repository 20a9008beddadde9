"""The two networks of the benchmark, and the processes that run them with qframe and its peers."""
