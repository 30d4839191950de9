"""What a user writes, over the whole public contract: mypy --strict and pyright find nothing to say about it."""

from typing import assert_type

import numpy as np

import microgradnet as mg
from microgradnet import MLP, Layer, Neuron, Value, exp

v = Value(0.1, label="w")
assert_type(v.data, float)
assert_type(v.grad, float)
assert_type(v.item(), float)
assert_type(v.label, str)
v.data = 2
v.grad = 0.0
v.label = "weight"
if v.op is not None:
    print(v.op.name, v.op.symbol, v.op.kinks)
for operand, partial in zip(v.inputs, v.partials, strict=True):
    print(operand.data * partial)

x, w, b = Value(2.0), Value(-3.0, label="w"), Value(1)
loss = (mg.tanh(w * x + b) - 1.0) ** 2 + abs(w) / 2 - 3 * x + 2**x
assert_type(loss, Value)
loss.backward()
loss.backward(gradient=2.0)
loss.zero_grad()
loss._backward()
assert_type(x % 2, Value)
assert_type(x // 2, Value)
print(x < w, v == 3, v in [w], f"{x:.3f}")

assert_type(mg.exp(1.0), float)
assert_type(exp(x), Value)
assert_type(x.exp(), Value)
assert_type(x.tanh().arctan2(2.0).leaky_relu(slope=0.2), Value)
assert_type(mg.leaky_relu(x, 0.2), Value)
assert_type(mg.maximum(x, 0.0), Value)
assert_type(mg.maximum(0, 1), float)
assert_type(mg.where(mg.greater(x, 0.0), x, -x), Value)
assert_type(mg.clip(x, -1.0, 1.0), Value)
assert_type(mg.detach(x), Value)
assert_type(v.detach(), Value)
print(mg.sigmoid(np.array([1.0, 2.0])).shape, mg.exp.name, mg.relu.kinks[0].convention)

assert_type(mg.total([x, w, b]), Value)
assert_type(mg.dot([w, w], [x, x], b), Value)
assert_type(mg.mean([x, w]), Value)
assert_type(mg.softmax([x, w]), list[Value])
mg.log_softmax([x, w])
mg.logsumexp([x, w])
mg.norm([x, w])
mg.variance([x, w])
with mg.scope("layer 1"):
    hidden = [mg.relu(w * x) for _ in range(3)]
mg.recompute(loss)
cube = mg.define("cube", forward=lambda x: x**3, partials=[lambda x, out: 3 * x**2])
mg.undefine("cube")

mlp = MLP(2, [16, 16, 1], activation="tanh", seed=1)
fixed = MLP.from_weights(weights=[[[0.15, 0.2], [0.25, 0.3]]], biases=[[0.35, 0.35]], activation="sigmoid")
neuron, layer = Neuron(2), Layer(2, 3)
print(mlp([0.5, -1.0]), neuron([1.0, 2.0]), layer([x, w]))
parameters: list[Value] = mlp.parameters()
for name, parameter in mlp.named_parameters().items():
    print(name.upper(), parameter.data)
mlp.zero_grad()
mlp.load_state_dict(mlp.state_dict())

squared = mg.losses.squared_error(x, 1.0)
mg.losses.cross_entropy([x, w], [0, 1])
mg.losses.binary_cross_entropy(mg.sigmoid(x), 1.0)
optimizer = mg.optim.Adam(mlp.parameters(), 0.01, eps_inside_sqrt=False)
mg.optim.SGD(mlp.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4).step()
moons = mg.datasets.moons(100, seed=1)
history = mg.fit(mlp, moons.X, moons.y, loss=mg.losses.hinge, optimizer=optimizer, epochs=2, seed=1, progress=False)
assert_type(history, mg.History)

assert_type(mg.gradients(loss, x), Value)
f = mg.grad(lambda a, b: a**2 * b, argnums=0)
print(f(3.0, 2.0), mg.value_and_grad(lambda a: a**2)(3.0), mg.jacobian(lambda a: [a, a**2])(1.0))
print(mg.hessian(lambda a, b: mg.sin(a * b))(0.5, 0.4), mg.hvp(lambda a: a**3, [2.0], [1.0]))
print(mg.jvp(lambda a: a**3, (2.0,), (1.0,)), bool(mg.check_gradients(mg.tan, (0.5,))))
program = mg.compile(loss)
program()
print(program.source.upper())

print(mg.derive(loss, w).latex.upper(), mg.derive(loss, w).markdown.upper())
report = mg.verify(loss, {w: "0.0084"})
if not report:
    print(report)
print(mg.draw(loss).svg.upper())
mg.draw_network(mlp).save("network.svg")
mg.step_through(loss).save("steps.html")
sheet = mg.Worksheet.load("lesson.toml")
print(sheet.verify())
try:
    mg.log(0.0)
except mg.errors.DomainError as error:
    print(error.expected, error.given, error.advice)
