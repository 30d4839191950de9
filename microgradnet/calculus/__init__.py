"""Whole derivatives from the one table of operations: of any order, backward and forward, checked, and explained."""

from microgradnet.calculus.anomaly import detect_anomaly as detect_anomaly
from microgradnet.calculus.checking import check_gradients as check_gradients
from microgradnet.calculus.checking import check_graph as check_graph
from microgradnet.calculus.forward import jvp as jvp
from microgradnet.calculus.functions import derivative as derivative
from microgradnet.calculus.functions import grad as grad
from microgradnet.calculus.functions import value_and_grad as value_and_grad
from microgradnet.calculus.lesson import why_topological as why_topological
from microgradnet.calculus.matrices import hessian as hessian
from microgradnet.calculus.matrices import hvp as hvp
from microgradnet.calculus.matrices import jacobian as jacobian
from microgradnet.calculus.reverse import gradients as gradients
