"""Training: ``fit`` runs the compiled graph over the data; ``History`` is what was measured on the way."""

from microgradnet.nn.training.fitting import fit as fit
from microgradnet.nn.training.history import Epoch as Epoch
from microgradnet.nn.training.history import History as History
