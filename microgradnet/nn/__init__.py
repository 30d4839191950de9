"""Networks of Values: neurons, layers, the multilayer perceptron, losses, optimizers, schedules, training."""

from microgradnet.nn.base import Module as Module
from microgradnet.nn.layers import MLP as MLP
from microgradnet.nn.layers import Layer as Layer
from microgradnet.nn.layers import Neuron as Neuron
