"""What the test runs under Pyodide and natively: it prints JSON, the same on both."""

import hashlib
import json
import sys

import microgradnet as mg
from microgradnet.verification import library
from microgradnet.verification.exercises import exercise
from microgradnet.verification.grading import grade


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def main() -> None:
    """Print the findings."""
    found = {"verdicts": {}, "drawings": {}}
    for name in library.names():
        sheet = mg.Worksheet.example(name)
        report = sheet.verify()
        # Not the 17 digits of exact values: the C library of Pyodide may round a tanh to the other neighbour.
        words = [(each.title, each.printed, each.words) for each in report]
        found["verdicts"][name] = digest(repr([report.convention, report.summary, *words])), bool(report), len(report)
        found["drawings"][name] = digest(mg.draw(sheet.loss).svg)

    sheet = mg.Worksheet.example("s0-softmax-squared-error")
    found["derivation"] = str(mg.derive(sheet.loss, sheet.find("w1[1,1]"), eta=0.1))
    found["steps"] = digest(mg.step_through(sheet.loss).html)
    network = mg.MLP(2, [2, 1], activation="tanh", seed=1)
    found["network"] = digest(mg.draw_network(network, x=[0.5, -1.0], t=[1.0]).svg)

    key = exercise("2-2-1", seed=1)
    graded = grade(key.key, {"right": key.key, "empty": key.sheet})
    found["marks"] = graded.csv()

    optimizer = mg.optim.Adam(network.parameters(), lr=0.05)
    samples = [([0, 0], -1), ([0, 1], 1), ([1, 0], 1), ([1, 1], -1)]
    for _ in range(50):
        loss = mg.total(mg.losses.squared_error(network(x), t) for x, t in samples)
        network.zero_grad()
        loss.backward()
        optimizer.step()
    found["trained"] = [f"{p.data:.12g}" for p in network.parameters()]
    found["hessian"] = mg.hessian(lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2)(0.5, 0.5)
    found["platform"] = sys.platform
    found["numpy"] = "numpy" in sys.modules
    print(json.dumps(found))


if __name__ == "__main__":
    main()
