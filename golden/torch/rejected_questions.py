"""Golden questions that must be refused: for each operator an attribute that is missing or unknown, and a tensor that does not fit."""

from dataclasses import replace

from operators import TABLE
from questions import ORDINARY, REJECTED, Tensor


def _longer(tensor, axis=-1):
    shape = list(tensor.shape)
    shape[axis] += 1
    return Tensor(shape, {"fill": 0.5}, tensor.dtype)


def _other_attributes(base, word):
    operator = TABLE[base.op]
    if operator.required:
        name = operator.required[0]
        return replace(base, id=f"{word}-without-{name.replace('_', '-').lower()}", kind=REJECTED, grads=False,
                       attrs={k: v for k, v in base.attrs.items() if k != name},
                       why=f"{name} is missing: a default would be a guess, and another guess than its author's.")
    return replace(base, id=f"{word}-unknown-attribute", kind=REJECTED, grads=False, attrs={**base.attrs, "rounding": 1},
                   why="An attribute that the operator does not have asks for something that would not be done.")


def _other_tensors(base, word):
    if base.parameters:
        name = next(iter(base.parameters))
        # A larger kernel would be another sound question; more input channels are not.
        axis = 1 if len(base.parameters[name].shape) == 4 else -1
        return replace(base, id=f"{word}-wrong-parameter", kind=REJECTED, grads=False,
                       parameters={**base.parameters, name: _longer(base.parameters[name], axis)},
                       why=f"{name} has one element more along an axis than the rest of the question allows.")
    if len(base.inputs) > 1:
        name = list(base.inputs)[1]
        return replace(base, id=f"{word}-wrong-shape", kind=REJECTED, grads=False,
                       inputs={**base.inputs, name: _longer(base.inputs[name])},
                       why=f"{name} has another shape than the input it belongs to: broadcasting or reading beyond it would hide that.")
    name = next(iter(base.inputs))
    return replace(base, id=f"{word}-wrong-name", kind=REJECTED, grads=False, inputs={f"{name}s": base.inputs[name]},
                   why=f"The input is called {name}s, not {name}: taking the first tensor, whatever it is called, would answer another question.")


def all_questions(questions):
    for op in TABLE:
        base = next(q for q in questions if q.op == op and q.kind == ORDINARY)
        word = op.replace("_", "-")
        yield _other_attributes(base, word)
        yield _other_tensors(base, word)
