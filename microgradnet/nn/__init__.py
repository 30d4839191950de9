"""Networks of Values: neurons, layers, the multilayer perceptron, losses, optimizers, schedules, training."""

from microgradnet.nn.modules import MLP as MLP
from microgradnet.nn.modules import Layer as Layer
from microgradnet.nn.modules import Module as Module
from microgradnet.nn.modules import Neuron as Neuron
