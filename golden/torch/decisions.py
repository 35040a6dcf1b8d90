"""How close the decisions of a run came to going the other way.

A spike, the argmax of the matching, the cell of a sampling position and the side of a ReLU are
discontinuities: two correct programs may differ there by rounding alone. Whoever makes a question
wants to know that its decisions are clear, so every decision is noted here while a record is open.
"""

from contextlib import contextmanager

_record = None


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
