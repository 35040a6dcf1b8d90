"""How close the decisions of a run came to going the other way.

A spike, the argmax of the matching, the cell of a sampling position and the side of a ReLU are
discontinuities: two correct programs may differ there by rounding alone. Whoever makes a question
wants to know that its decisions are clear, so every decision is noted here while a record is open.
"""

from contextlib import contextmanager

import torch

_record = None
_taken = None


@contextmanager
def recorded():
    """Yields a dictionary: kind of decision to (smallest non-zero margin, number of margins that are exactly 0)."""
    global _record
    _record = {}
    try:
        yield _record
    finally:
        _record = None


def note(kind, margins):
    """`margins`: distances from the point where the decision changes; only looked at while a record is open."""
    if _record is None or margins.numel() == 0:
        return
    margins = margins.detach().abs()
    clear = margins[margins > 0]
    smallest, zeros = _record.get(kind, (float("inf"), 0))
    if clear.numel():
        smallest = min(smallest, float(clear.min()))
    _record[kind] = (smallest, zeros + int((margins == 0).sum()))


@contextmanager
def taken():
    """Yields the lists of spikes [T, B, C, H, W] and matches [B, n], call by call."""
    global _taken
    _taken = {"spike": [], "match": []}
    try:
        yield _taken
    finally:
        _taken = None


def take(kind, values):
    if _taken is not None:
        _taken[kind].append(values.detach().to(torch.float32))


def as_tensors(taken, steps):
    """spike/i for each call of a neuron, and match/i for each layer of matching: its time steps one after the other."""
    matches = [torch.cat(taken["match"][i:i + steps]) for i in range(0, len(taken["match"]), steps)]
    return {**{f"spike/{i}": s for i, s in enumerate(taken["spike"])}, **{f"match/{i}": m for i, m in enumerate(matches)}}
