"""The programs, one in each file; see :mod:`benchmarks.program` for what one consists of."""
