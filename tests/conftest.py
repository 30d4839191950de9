"""How the suite runs: random tests are reproducible, leave nothing behind, and are not judged by the clock.

``HYPOTHESIS_PROFILE=explore pytest`` draws new examples on every run, to look for what the fixed ones miss.
"""

import os
import signal

from hypothesis import HealthCheck, settings

collect_ignore = ["typing"]  # for type checkers, which alone read these

QUIET = {"database": None, "deadline": None, "max_examples": 40, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("suite", derandomize=True, **QUIET)
settings.register_profile("explore", derandomize=False, print_blob=True, **{**QUIET, "max_examples": 1000})
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# A job that a shell started in the background ignores Ctrl-C, which some tests press.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
