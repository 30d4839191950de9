"""The transformer of `scripts/transformer.py` by hand in NumPy: a whole document at once, forward and backward."""

from __future__ import annotations

import numpy as np

from benchmarks.scripts.transformer import HEADS, SHAPES, WIDTH

HEAD = WIDTH // HEADS
SCALE, EPSILON = HEAD**-0.5, 1e-5


class Transformer:
    """The parameters as views of one array `theta`, in the order of SHAPES, and their derivatives in `gradient`."""

    def __init__(self, numbers: list[float]) -> None:
        self.theta = np.array(numbers)
        self.gradient = np.zeros_like(self.theta)
        self.p, self.g = views(self.theta), views(self.gradient)

    def forward(self, tokens: np.ndarray) -> float:
        """Return the mean cross-entropy of a document, and keep what the backward pass needs."""
        p, n = self.p, len(tokens) - 1
        self.inputs, self.targets = tokens[:-1], tokens[1:]
        self.x0, self.s0 = rmsnorm(p["token"][self.inputs] + p["position"][:n])
        self.x1, self.s1 = rmsnorm(self.x0)
        self.q, self.k, self.v = (heads(self.x1 @ p[name].T) for name in ("query", "key", "value"))
        self.attention = causal_softmax(self.q @ self.k.transpose(0, 2, 1) * SCALE)
        self.read = (self.attention @ self.v).transpose(1, 0, 2).reshape(n, WIDTH)
        self.x2 = self.x0 + self.read @ p["mix"].T
        self.x3, self.s3 = rmsnorm(self.x2)
        self.hidden = np.maximum(self.x3 @ p["widen"].T, 0.0)
        self.x4 = self.x2 + self.hidden @ p["narrow"].T
        logits = self.x4 @ p["logit"].T
        powers = np.exp(logits - logits.max(1, keepdims=True))
        self.y = powers / powers.sum(1, keepdims=True)
        return -float(np.log(self.y[np.arange(n), self.targets]).sum()) / n

    def backward(self) -> None:
        """Put the derivatives of the last document's loss into `.gradient`."""
        p, g, n = self.p, self.g, len(self.inputs)
        d_logits = self.y / n
        d_logits[np.arange(n), self.targets] -= 1.0 / n
        np.matmul(d_logits.T, self.x4, out=g["logit"])
        d4 = d_logits @ p["logit"]
        np.matmul(d4.T, self.hidden, out=g["narrow"])
        d_hidden = (d4 @ p["narrow"]) * (self.hidden > 0.0)
        np.matmul(d_hidden.T, self.x3, out=g["widen"])
        d2 = d4 + rmsnorm_backward(d_hidden @ p["widen"], self.x3, self.s3)
        np.matmul(d2.T, self.read, out=g["mix"])
        d0 = d2 + rmsnorm_backward(self.attention_backward(heads(d2 @ p["mix"])), self.x1, self.s1)
        d_embedded = rmsnorm_backward(d0, self.x0, self.s0)
        g["position"][:n], g["position"][n:] = d_embedded, 0.0
        g["token"][:] = 0.0
        np.add.at(g["token"], self.inputs, d_embedded)

    def attention_backward(self, d_read: np.ndarray) -> np.ndarray:
        """Return d loss/d x1 from d loss/d read of each head; fill in those of query, key and value."""
        d_attention = d_read @ self.v.transpose(0, 2, 1)
        inner = (d_attention * self.attention).sum(2, keepdims=True)
        d_scores = self.attention * (d_attention - inner) * SCALE
        parts = {
            "query": d_scores @ self.k,
            "key": d_scores.transpose(0, 2, 1) @ self.q,
            "value": self.attention.transpose(0, 2, 1) @ d_read,
        }
        d_x1 = np.zeros_like(self.x1)
        for name, part in parts.items():
            d_part = part.transpose(1, 0, 2).reshape(-1, WIDTH)
            np.matmul(d_part.T, self.x1, out=self.g[name])
            d_x1 += d_part @ self.p[name]
        return d_x1

    def step(self, tokens: np.ndarray, eta: float) -> float:
        loss = self.forward(tokens)
        self.backward()
        self.theta -= eta * self.gradient
        return loss


def views(flat: np.ndarray) -> dict[str, np.ndarray]:
    """Return the matrices of SHAPES as views of one array."""
    found, start = {}, 0
    for name, (rows, columns) in SHAPES.items():
        found[name] = flat[start : start + rows * columns].reshape(rows, columns)
        start += rows * columns
    return found


def rmsnorm(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each row over its root mean square, and the factor of each row."""
    scale = 1.0 / np.sqrt((x * x).sum(1, keepdims=True) / WIDTH + EPSILON)
    return x * scale, scale


def rmsnorm_backward(d_y: np.ndarray, y: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return scale * (d_y - y * ((d_y * y).sum(1, keepdims=True) / WIDTH))


def heads(x: np.ndarray) -> np.ndarray:
    """Return (positions, width) as (heads, positions, width of a head)."""
    return x.reshape(-1, HEADS, HEAD).transpose(1, 0, 2)


def causal_softmax(scores: np.ndarray) -> np.ndarray:
    """Return the softmax over the positions up to each row's own."""
    powers = np.tril(np.exp(scores - scores.max(2, keepdims=True)))
    return powers / powers.sum(2, keepdims=True)
