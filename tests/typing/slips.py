"""What a checker finds wrong: each line that ends in a comment "slip" has one error, and no other line has any."""

import microgradnet as mg
from microgradnet import Value, sigmiod  # slip

v = Value(1.0)
mg.nosuch(v)  # slip
v.expp()  # slip
mg.exp("1.0")  # slip
mg.exp(v, 2.0)  # slip
mg.maximum(v)  # slip
mg.errors.NoSuchError  # slip
mg.losses.no_such_loss  # slip
mg.leaky_relu(v, slop=0.2)  # slip
number: float = mg.exp(v)  # slip
