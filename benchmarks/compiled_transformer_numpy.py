"""The transformer of `compiled_transformer_values` by hand in NumPy: a whole document at once, forward and backward."""

from __future__ import annotations

import numpy as np

from benchmarks.compiled_transformer_values import EPSILON, HEADS, SHAPES, WIDTH

HEAD = WIDTH // HEADS
SCALE = HEAD**-0.5


class Transformer:
    """The parameters as views of one array `theta`, in the order of SHAPES, and their derivatives in `gradient`."""

    def __init__(self, numbers: dict[str, list[list[float]]]) -> None:
        self.theta = np.concatenate([np.ravel(numbers[name]) for name in SHAPES])
        self.gradient = np.zeros_like(self.theta)
        self.p, self.g = views(self.theta), views(self.gradient)

    def forward(self, tokens: np.ndarray) -> float:
        """Return the mean cross-entropy of a document, and keep what the backward pass needs."""
        p, n = self.p, len(tokens) - 1
        self.inputs, self.targets = tokens[:-1], tokens[1:]
        self.x0, self.s0 = rmsnorm(p["wte"][self.inputs] + p["wpe"][:n])
        self.x1, self.s1 = rmsnorm(self.x0)
        self.q, self.k, self.v = (heads(self.x1 @ p[name].T) for name in ("wq", "wk", "wv"))
        self.attention = causal_softmax(self.q @ self.k.transpose(0, 2, 1) * SCALE)
        self.read = (self.attention @ self.v).transpose(1, 0, 2).reshape(n, WIDTH)
        self.x2 = self.x0 + self.read @ p["wo"].T
        self.x3, self.s3 = rmsnorm(self.x2)
        self.hidden = np.maximum(self.x3 @ p["fc1"].T, 0.0)
        self.x4 = self.x2 + self.hidden @ p["fc2"].T
        powers = np.exp(self.x4 @ p["head"].T)
        self.y = powers / powers.sum(1, keepdims=True)
        return -float(np.log(self.y[np.arange(n), self.targets]).sum()) / n

    def backward(self) -> None:
        """Put the derivatives of the last document's loss into `.gradient`."""
        p, g, n = self.p, self.g, len(self.inputs)
        d_logits = self.y / n
        d_logits[np.arange(n), self.targets] -= 1.0 / n
        np.matmul(d_logits.T, self.x4, out=g["head"])
        d4 = d_logits @ p["head"]
        np.matmul(d4.T, self.hidden, out=g["fc2"])
        d_hidden = (d4 @ p["fc2"]) * (self.hidden > 0.0)
        np.matmul(d_hidden.T, self.x3, out=g["fc1"])
        d2 = d4 + rmsnorm_backward(d_hidden @ p["fc1"], self.x3, self.s3)
        np.matmul(d2.T, self.read, out=g["wo"])
        d0 = d2 + rmsnorm_backward(self.attention_backward(heads(d2 @ p["wo"])), self.x1, self.s1)
        d_embedded = rmsnorm_backward(d0, self.x0, self.s0)
        g["wpe"][:n], g["wpe"][n:] = d_embedded, 0.0
        g["wte"][:] = 0.0
        np.add.at(g["wte"], self.inputs, d_embedded)

    def attention_backward(self, d_read: np.ndarray) -> np.ndarray:
        """Return d loss/d x1 from d loss/d read of each head; put the derivatives of wq, wk and wv into `.gradient`."""
        d_attention = d_read @ self.v.transpose(0, 2, 1)
        inner = (d_attention * self.attention).sum(2, keepdims=True)
        d_scores = self.attention * (d_attention - inner) * SCALE
        parts = {
            "wq": d_scores @ self.k,
            "wk": d_scores.transpose(0, 2, 1) @ self.q,
            "wv": self.attention.transpose(0, 2, 1) @ d_read,
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
    powers = np.tril(np.exp(scores))
    return powers / powers.sum(2, keepdims=True)
