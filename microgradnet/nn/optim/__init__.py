"""Optimizers: how the parameters follow the gradient. Read ``base`` first, then ``sgd``, ``adaptive``, ``adam``."""

from microgradnet.nn.optim.adam import Adam as Adam
from microgradnet.nn.optim.adam import AdamW as AdamW
from microgradnet.nn.optim.adaptive import AdaGrad as AdaGrad
from microgradnet.nn.optim.adaptive import RMSprop as RMSprop
from microgradnet.nn.optim.base import Optimizer as Optimizer
from microgradnet.nn.optim.sgd import SGD as SGD
