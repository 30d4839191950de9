"""How fast is this package, beside its peers? Measured in one run, in turn, as ratios.

    pip install -e ".[bench]"
    python -m benchmarks                    # everything: twenty minutes alone, and 1.5 GB for the largest graph
    python -m benchmarks --quick            # small sizes and two rounds, under a minute: does everything run?
    python -m benchmarks --only a,d         # some programs
    python -m benchmarks --rounds 15 --output results

A whole run writes ``benchmarks/results.md`` and ``benchmarks/results.svg``, which the README shows; a part of one, or a
quick one, writes to ``microgradnet-out/benchmarks``. What is not installed is left out, and named in the report.

How to read this folder:

- ``scripts/`` has the computations, as a student would write them, once each;
- ``engines/`` has one adapter for each library that runs them, and ``textbook.py`` the usual Value class;
- ``programs/`` has what is measured: one file for each program, with its targets. To add one, add a file with a
  ``PROGRAM``, described in ``program.py``; nothing else has to know;
- ``worker.py`` is the process of one engine, ``processes.py`` and ``rounds.py`` ask all of them in turn;
- ``statistics.py``, ``results.py``, ``targets.py`` turn samples into medians, ratios and verdicts, and ``report.py``
  and ``plot.py`` show them.

Apart from all this, ``mutate_ops.py`` measures the tests instead: it is a mutation run over the table of operations.
"""
