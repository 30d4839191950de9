"""Training: ``fit`` runs the compiled graph over the data; ``History`` is what came of it.

Read ``fitting`` first, then ``run``, which goes through the epochs; ``recorder`` and ``arrays`` are what it runs on.
"""

from microgradnet.nn.training.epoch import Epoch as Epoch
from microgradnet.nn.training.fitting import fit as fit
from microgradnet.nn.training.history import History as History
