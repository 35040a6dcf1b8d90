"""Judges answers by the bounds that are stored beside the cases, without .NET: python3 judge.py SUITE ANSWERS

SUITE is golden/v1. A line for each case that did not pass; exit status 1 if any fails, 3 if none fails and
some cannot be judged here. What a backend within rounding decides otherwise than the definitions needs new
bounds, and those only `spikesr conform verify` finds: such a case is «open». So is a block or network
whose decisions are not in the answer. Besides, that verb tests outputs of conv2d and linear for bias and variance.
"""

import json
import os
import sys

import numpy as np

import cases
from cases import HANDED_OVER

PASS, OPEN, FAIL = "pass", "open", "FAIL"


def judge_decisions(name, stored, answers, is_handed_over):
    """-> the verdict on spikes or matches, and the reason."""
    own, margin, bound = (stored[f"{kind}/{name}"] for kind in ("decision", "margin", "bound"))
    given = answers.get(name)
    if given is None:
        return (FAIL if name.startswith("out/") else OPEN if is_handed_over else PASS), f"{name}: not in the answer"
    if given.shape != own.shape:
        return FAIL, f"{name}: shape {given.shape}, expected {own.shape}"
    turned = given != own
    # The margin of a match is its lead over the nearest rival: of another that was taken, nothing is known here.
    ambiguous = (bound > 0) & ((np.abs(margin) <= bound) | name.startswith("match/"))
    if np.any(turned & ~ambiguous):
        at = tuple(int(i) for i in np.argwhere(turned & ~ambiguous)[0])
        return FAIL, f"{name}: {given[at]} at {list(at)}, decided {own[at]}, margin {margin[at]:.2g}, bound {bound[at]:.2g}"
    return (OPEN if np.any(turned) else PASS), f"{name}: {turned.sum()} decisions within rounding are turned"


def judge_numbers(name, bound, expected, found):
    if found is None:
        return FAIL, f"{name}: not in the answer"
    if found.shape != expected.shape:
        return FAIL, f"{name}: shape {found.shape}, expected {expected.shape}"
    found = found.astype(np.float64)
    with np.errstate(invalid="ignore"):
        right = (np.abs(found - expected) <= bound) | (found == expected) | (np.isnan(found) & np.isnan(expected))
    right |= np.isfinite(expected) & np.isinf(bound)  # nothing can be said
    if np.all(right):
        return PASS, ""
    at = tuple(int(i) for i in np.argwhere(~right)[0])
    return FAIL, (f"{name}: {np.sum(~right)} of {right.size} elements outside their bounds, first at {list(at)}: "
                  f"{found[at]!r}, expected {expected[at]!r}, bound {bound[at]:.2g}")


def judge(suite, entry, answers):
    """`answers`: a dictionary of tensors. -> verdict, reason."""
    stored = cases.read(os.path.join(suite, "bounds", "fp32", f"{entry['id']}.safetensors")).tensors
    expected = cases.read(os.path.join(suite, "torch", f"{entry['id']}.safetensors")).tensors
    decided = [name.removeprefix("decision/") for name in stored if name.startswith("decision/")]
    verdicts = [judge_decisions(name, stored, answers, entry["op"] in HANDED_OVER - {"match"}) for name in decided]
    # Numbers rest on decisions: where those differ or are unknown, only other bounds can judge them.
    if all(verdict == PASS for verdict, _ in verdicts):
        verdicts += [judge_numbers(name, bound, expected[name], answers.get(name)) for name, bound in stored.items()
                     if name.split("/")[0] in ("out", "out_state", "grad_in", "grad_param")]
    return max(verdicts, key=lambda verdict: [PASS, OPEN, FAIL].index(verdict[0]))


def main():
    suite, folder = sys.argv[1:]
    with open(os.path.join(suite, "manifest.json"), encoding="utf-8") as file:
        entries = json.load(file)["cases"]
    count = {PASS: 0, OPEN: 0, FAIL: 0}
    for entry in entries:
        path = os.path.join(folder, entry["id"])
        is_refused, is_answered = os.path.exists(f"{path}.refused"), os.path.exists(f"{path}.safetensors")
        if entry["kind"] == "rejected" or not is_answered:
            verdict = (PASS if entry["kind"] == "rejected" and is_refused and not is_answered else FAIL,
                       "answered, where it must be refused" if is_answered else "refused" if is_refused else "no answer")
        else:
            try:
                verdict = judge(suite, entry, cases.read(f"{path}.safetensors").tensors)
            except cases.CaseError as unreadable:
                verdict = FAIL, str(unreadable)
        count[verdict[0]] += 1
        if verdict[0] != PASS:
            print(f"{verdict[0]}  {entry['id']}: {verdict[1]}")
    print(", ".join(f"{n} {verdict}" for verdict, n in count.items()))
    return 1 if count[FAIL] else 3 if count[OPEN] else 0


if __name__ == "__main__":
    sys.exit(main())
