"""What a golden question is made of: tensors with recipes, and the reason the case exists."""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tensor:
    shape: list
    recipe: dict
    dtype: str = "F64"

    def stored_as(self, dtype):
        return Tensor(self.shape, self.recipe, dtype)


def uniform(shape, a, b):
    return Tensor(list(shape), {"uniform": [a, b]})


def dyadic(shape, low, high, shift):
    """Integers low to high over 2^shift: sums of few of them are exact in any order."""
    return Tensor(list(shape), {"dyadic": [low, high, shift]})


def fill(shape, value):
    return Tensor(list(shape), {"fill": value})


def listed(*values, shape=None):
    return Tensor([len(values)] if shape is None else list(shape), {"values": list(values)})


@dataclass
class Question:
    id: str
    op: str
    kind: str  # ordinary, border, degenerate or rejected
    clauses: list  # clauses of SPEC.md that a wrong answer breaks
    why: str  # the mistake it catches
    attrs: dict
    inputs: dict
    parameters: dict = field(default_factory=dict)
    grads: tuple | bool = True  # ask for gradients: a grad_out for every output, or for those named
    exact: tuple = ()  # kinds of decision that are meant to stand exactly on their border
    dyadic_grads: bool = False  # gradients of the loss on a grid, too


def module_parameters(shapes, dtype="F64", fresh=False, **overrides):
    """Recipes for a whole module. `overrides`: end of a name (dots as __) to the function of the shape to use."""
    chosen = {}
    for name, shape in shapes.items():
        recipe = _module_recipe(name, shape, fresh)
        for end, make in overrides.items():
            if name.endswith(end.replace("__", ".")):
                recipe = make(shape)
        chosen[name] = recipe.stored_as(dtype)
    return chosen


def _module_recipe(name, shape, fresh):
    """A trained-looking value of a parameter; with `fresh` the initial one."""
    owner, _, kind = name.rpartition(".")
    is_offset = owner.endswith(("offset_conv", "modulator_conv"))
    is_tdbn = owner.endswith(("residual.2", "residual.5", "shortcut.1", "reduce_chan_level2.2"))
    if kind == "running_mean":
        return fill(shape, 0) if fresh else uniform(shape, -0.2, 0.2)
    if kind == "running_var":
        return fill(shape, 1) if fresh else uniform(shape, 0.05, 0.3)
    if is_offset and fresh:
        return fill(shape, 0)
    if is_tdbn:
        if fresh:
            # alpha V_th with alpha = 1/sqrt 2, and V_th a fifth of it on the second one of the main path.
            initial = 0.021213203435596427 if owner.endswith("residual.5") else 0.10606601717798213
            return fill(shape, initial if kind == "weight" else 0)
        return uniform(shape, 0.2, 0.5) if kind == "weight" else uniform(shape, -0.1, 0.1)
    if owner.endswith("norm"):
        return uniform(shape, 0.5, 1.5) if kind == "weight" else uniform(shape, -0.2, 0.2)
    if owner.endswith("offset_conv") and kind == "bias":
        return uniform(shape, -1.5, 1.5)
    bound = round(1 / math.sqrt(math.prod(shape[1:])), 4) if kind == "weight" else 0.2
    return uniform(shape, -bound, bound)


def gumbel(calls, shape):
    """Noise for the matching, one tensor a call."""
    return {f"gumbel.{i}": uniform(shape, -2, 4) for i in range(calls)}


ORDINARY, BORDER, DEGENERATE, REJECTED = "ordinary", "border", "degenerate", "rejected"
