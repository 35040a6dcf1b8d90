"""Compares answers with expected ones: python3 compare.py EXPECTED-FOLDER ANSWERS-FOLDER

Prints one line a case and exits 1 if any disagrees. Every tensor must agree to 1e-9 of its largest
magnitude and every spike must be equal. A gradient whose expected largest magnitude is under 1e-12 of
the case's largest expected gradient is an analytic zero: there any magnitude under that is right.
A NaN is answered by a NaN. In float32 (the answers' dtype) the bounds are those of the case format.
"""

import os
import sys
from dataclasses import dataclass

import numpy as np

import cases

ANSWER_GROUPS = ("out/", "out_state/", "grad_in/", "grad_param/")


@dataclass
class Verdict:
    agrees: bool
    tensors: int
    worst: float  # largest difference, relative to its tensor's largest expected magnitude
    worst_name: str
    reason: str = ""


def largest(array):
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def compare(expected, answers):
    """expected, answers: dictionaries of tensors; other groups than answers are ignored."""
    names = [name for name in expected if name.startswith(ANSWER_GROUPS)]
    given = {name for name in answers if name.startswith(ANSWER_GROUPS)}
    if set(names) != given:
        return Verdict(False, len(names), float("nan"), "", f"tensors differ: {sorted(set(names) ^ given)[:4]}")
    single = all(answers[name].dtype == np.float32 for name in names)
    case_gradient = max((largest(expected[n]) for n in names if n.startswith("grad_")), default=0.0)
    worst, worst_name, reason = 0.0, "", ""
    for name in names:
        want, got = expected[name].astype(np.float64), answers[name].astype(np.float64)
        if want.shape != got.shape:
            reason = reason or f"{name}: shape {got.shape}, expected {want.shape}"
            continue
        if np.any(np.isnan(want) != np.isnan(got)) or np.any(np.isinf(want) & (want != got)):
            reason = reason or f"{name}: not finite in other places"
            continue
        gradient = name.startswith("grad_")
        if gradient and largest(want) < 1e-12 * case_gradient:
            allowed = (2e-5 if single else 1e-12) * case_gradient
            if largest(got) >= allowed:
                reason = reason or f"{name}: an analytic zero, found {largest(got):.3g}, allowed {allowed:.3g}"
            continue
        finite = np.isfinite(want)
        difference, scale = largest(np.where(finite, got, 0) - np.where(finite, want, 0)), largest(want)
        relative = difference / scale if scale else (0.0 if difference == 0 else float("inf"))
        if relative > worst:
            worst, worst_name = relative, name
        bound = (2e-2 if gradient else 2e-5) if single else 1e-9
        if name == "out/spike":
            bound = 0.0
        if relative > bound:
            reason = reason or f"{name}: off by {relative:.3g} of its largest magnitude, allowed {bound:.3g}"
    return Verdict(not reason, len(names), worst, worst_name, reason)


def main():
    expected_folder, answers_folder = sys.argv[1:]
    failures = 0
    for name in sorted(n for n in os.listdir(expected_folder) if n.endswith(".safetensors")):
        path = os.path.join(answers_folder, name)
        if not os.path.exists(path):
            verdict = Verdict(False, 0, float("nan"), "", "no answer")
        else:
            verdict = compare(cases.read(os.path.join(expected_folder, name)).tensors, cases.read(path).tensors)
        failures += not verdict.agrees
        print(f"{'agrees' if verdict.agrees else 'DIFFERS':8}{name.removesuffix('.safetensors'):36}"
              f"{verdict.tensors:4} tensors  worst {verdict.worst:.1e} {verdict.worst_name} {verdict.reason}")
    print(f"{failures} cases differ" if failures else "every case agrees")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
