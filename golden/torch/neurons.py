"""Spiking neurons: surrogate gradients, LIF, IF, PLIF. Axis 0 of every input is time.

The step's derivative is replaced by the surrogate's; everything else is left to autograd, so the
backward recursion is derived here by another route than by writing it down.
"""

import math
from dataclasses import dataclass

import torch

import decisions


def surrogate_derivative(name, alpha, u):
    """sg(u), u the membrane less the threshold."""
    if name == "sigmoid":
        q = torch.sigmoid(alpha * u)
        return alpha * q * (1 - q)
    if name == "atan":
        return alpha / (2 * (1 + (math.pi / 2 * alpha * u) ** 2))
    if name == "piecewise_quadratic":
        return torch.clamp(alpha - alpha**2 * u.abs(), min=0)
    if name == "piecewise_exp":
        return alpha / 2 * torch.exp(-alpha * u.abs())
    if name == "soft_sign":
        return alpha / (2 * (1 + alpha * u.abs()) ** 2)
    if name == "erf":
        return alpha / math.sqrt(math.pi) * torch.exp(-((alpha * u) ** 2))
    raise ValueError(f"unknown surrogate {name}")


class Step(torch.autograd.Function):
    """1 where u >= 0, else 0; backward multiplies by the surrogate derivative."""

    @staticmethod
    def forward(ctx, u, name, alpha):
        ctx.save_for_backward(u)
        ctx.name, ctx.alpha = name, alpha
        return (u >= 0).to(u.dtype)

    @staticmethod
    def backward(ctx, grad):
        (u,) = ctx.saved_tensors
        return grad * surrogate_derivative(ctx.name, ctx.alpha, u), None, None


@dataclass(frozen=True)
class Neuron:
    """Threshold, reset and surrogate; the defaults are SpikeSR's."""

    v_threshold: float = 0.15
    v_reset: float = 0.0  # None: soft reset
    detach_reset: bool = False
    surrogate: str = "sigmoid"
    alpha: float = 4.0

    def run(self, x, charge):
        """x [T, ...] -> spikes and membranes after reset, both [T, ...]. `charge(v, x_t)` gives H."""
        v = torch.full_like(x[0], self.rest)
        spikes, membranes = [], []
        for x_t in x:
            h = charge(v, x_t)
            u = h - self.v_threshold
            decisions.note("spike", u)
            s = Step.apply(u, self.surrogate, self.alpha)
            r = s.detach() if self.detach_reset else s
            if self.v_reset is None:
                v = h - r * self.v_threshold
            else:
                v = (1 - r) * h + r * self.v_reset
            spikes.append(s)
            membranes.append(v)
        decisions.take("spike", torch.stack(spikes))
        return torch.stack(spikes), torch.stack(membranes)

    @property
    def rest(self):
        """The membrane before the first step, and the level it decays towards."""
        return 0.0 if self.v_reset is None else self.v_reset


def lif(x, neuron=Neuron(), tau=2.0, decay_input=False):
    rest = neuron.rest
    if decay_input:
        return neuron.run(x, lambda v, x_t: v + (x_t - (v - rest)) / tau)
    return neuron.run(x, lambda v, x_t: v - (v - rest) / tau + x_t)


def integrate_and_fire(x, neuron):
    return neuron.run(x, lambda v, x_t: v + x_t)


def plif(x, w, neuron, decay_input):
    """w, shape [1]: r = sigmoid(w) stands for 1/tau."""
    r, rest = torch.sigmoid(w), neuron.rest
    if decay_input:
        return neuron.run(x, lambda v, x_t: v + (x_t - (v - rest)) * r)
    return neuron.run(x, lambda v, x_t: v - (v - rest) * r + x_t)
