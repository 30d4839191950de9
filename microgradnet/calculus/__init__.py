"""Whole derivatives from the one table of operations: of any order, backward and forward, checked, and explained."""

from microgradnet.calculus.anomaly import detect_anomaly as detect_anomaly
from microgradnet.calculus.check import check_gradients as check_gradients
from microgradnet.calculus.check import check_graph as check_graph
from microgradnet.calculus.derivatives import derivative as derivative
from microgradnet.calculus.derivatives import grad as grad
from microgradnet.calculus.derivatives import gradients as gradients
from microgradnet.calculus.derivatives import hessian as hessian
from microgradnet.calculus.derivatives import hvp as hvp
from microgradnet.calculus.derivatives import jacobian as jacobian
from microgradnet.calculus.derivatives import jvp as jvp
from microgradnet.calculus.derivatives import value_and_grad as value_and_grad
from microgradnet.calculus.lesson import why_topological as why_topological
