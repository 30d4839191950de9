"""One long chain: each number is computed from the one before it. Two nodes a step."""


def chain(x, a, b, steps):
    for _ in range(steps):
        x = x * a + b
    return x
