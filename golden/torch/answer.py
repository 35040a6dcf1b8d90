"""Answers case files: python3 answer.py CASE|FOLDER -o OUT [--dtype float64|float32|bfloat16|float16] [--threads N]

Reads the questions, ignores any answers among them, and writes the outputs, the renewed buffers and,
where a grad_out is given, the gradients. A bad case is one line on standard error and status 2; in a
folder the others are still answered and the status is 3.
"""

import argparse
import os
import sys
from contextlib import nullcontext

import numpy as np
import torch

import cases
import decisions
from cases import HANDED_OVER, Case, CaseError
from operators import TABLE
from state_dict import is_buffer
from storage import Stored

DTYPES = {"float64": torch.float64, "float32": torch.float32}
STORED = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def answer(case, dtype=torch.float64, with_decisions=False):
    """A Case of questions -> a Case of its answers, all of `dtype`; with the spikes and matches that they rest on, if wanted."""
    if case.metadata.get("schema") != cases.SCHEMA:
        raise CaseError(f"schema {case.metadata.get('schema')!r}, expected {cases.SCHEMA!r}")
    operator = TABLE.get(case.op)
    if operator is None:
        raise CaseError(f"unknown op {case.op!r}")
    inputs = {name: _leaf(array, dtype, not name.startswith("gumbel.")) for name, array in case.group("in").items()}
    parameters = {name: _leaf(array, dtype, not is_buffer(name)) for name, array in case.group("param").items()}
    attrs = operator.check(case.attrs, inputs, parameters)

    with decisions.taken() as taken:
        outputs, state = _run(operator, inputs, parameters, attrs)
    answers = {f"out/{name}": value for name, value in outputs.items()}
    answers.update({f"out_state/{name}": value for name, value in state.items()})
    answers.update(decisions.as_tensors(taken, attrs.get("T", 1)) if with_decisions and case.op in HANDED_OVER else {})
    grad_outputs = {name: torch.tensor(array, dtype=dtype) for name, array in case.group("grad_out").items()}
    for name, grad in grad_outputs.items():
        if name not in outputs or outputs[name].shape != grad.shape:
            raise CaseError(f"grad_out/{name}: shape {list(grad.shape)}, the outputs are "
                            f"{ {n: list(o.shape) for n, o in outputs.items()} }")
    if grad_outputs:
        leaves = {f"grad_in/{n}": t for n, t in inputs.items() if t.requires_grad}
        leaves.update({f"grad_param/{n}": t for n, t in parameters.items() if t.requires_grad})
        grads = torch.autograd.grad([outputs[n] for n in grad_outputs], list(leaves.values()),
                                    list(grad_outputs.values()), allow_unused=True)
        for (name, leaf), grad in zip(leaves.items(), grads):
            answers[name] = torch.zeros_like(leaf) if grad is None else grad
    return Case(dict(case.metadata), {name: value.detach().numpy() for name, value in answers.items()})


def _leaf(array, dtype, requires_grad):
    return torch.from_numpy(np.array(array)).to(dtype).requires_grad_(requires_grad)


def _run(operator, inputs, parameters, attrs):
    try:
        result = operator.run(inputs, parameters, attrs)
    except (RuntimeError, ValueError, IndexError) as error:
        raise CaseError(str(error).splitlines()[0]) from error
    return result if isinstance(result, tuple) else (result, {})


def answer_file(question, out, dtype):
    """`dtype` by its name; what is named in STORED is computed in float32 and rounded after every operation."""
    try:
        with Stored(STORED[dtype]) if dtype in STORED else nullcontext():
            answers = answer(cases.read(question), DTYPES.get(dtype, torch.float32), with_decisions=True)
        cases.write(out, answers)
    except (CaseError, OSError) as error:
        message = str(error)
        raise CaseError(message if question in message else f"{question}: {message}") from error


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("question", metavar="CASE|FOLDER")
    parser.add_argument("-o", "--out", required=True)
    parser.add_argument("--dtype", choices=[*DTYPES, *STORED], default="float64")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    dtype = options.dtype
    if not os.path.isdir(options.question):
        try:
            answer_file(options.question, options.out, dtype)
        except CaseError as error:
            print(error, file=sys.stderr)
            return 2
        return 0
    os.makedirs(options.out, exist_ok=True)
    failed = 0
    for name in sorted(os.listdir(options.question)):
        if name.endswith(".safetensors"):
            try:
                answer_file(os.path.join(options.question, name), os.path.join(options.out, name), dtype)
            except CaseError as error:
                # An empty file tells the judge of a folder that the case was refused.
                with open(os.path.join(options.out, name.removesuffix(".safetensors") + ".refused"), "w", encoding="utf-8"):
                    pass
                print(error, file=sys.stderr)
                failed += 1
    return 3 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
