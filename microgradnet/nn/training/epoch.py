"""``Epoch``: what was measured in one epoch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch.

    Attributes:
        epoch: its number, from 1.
        loss: the mean loss over the samples, each as it was when its minibatch came, before the step.
        validation_loss: the mean loss over the validation samples after the epoch; None without any.
        metric: the metric after the epoch, on the validation samples where there are any; None without one.
        lr: the learning rate of the epoch's last step.
        seconds: how long it took, validation included.
        gradient_norms: for each layer the size of the gradient: the root mean square of its Euclidean norm over ten or
            more minibatches, spread evenly over the epoch; over all of them where there are fewer.
    """

    epoch: int
    loss: float
    validation_loss: float | None = None
    metric: float | None = None
    lr: float = 0.0
    seconds: float = 0.0
    gradient_norms: dict[str, float] = field(default_factory=dict)

    @property
    def compared_loss(self) -> float:
        """The loss by which epochs are compared: that of validation, where there is one."""
        return self.loss if self.validation_loss is None else self.validation_loss
