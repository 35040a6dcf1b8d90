"""Makes golden/v1: python3 make_questions.py -o ../v1

Writes manifest.json (the recipes of the questions and why each exists) and torch/ID.safetensors (the
answers of this PyTorch implementation). The seed of a case is the first, from a start that follows
from its id, at which every decision is clear and the answers are well conditioned.
"""

import argparse
import hashlib
import json
import os
import sys

import numpy as np
import torch

import cases
import decisions
import further_questions
import module_questions
import operator_questions
import philox
import recipes
import rejected_questions
import tile_questions
from answer import answer
from cases import Case, CaseError
from compare import compare
from operators import TABLE
from questions import BORDER, DEGENERATE, ORDINARY, REJECTED

PROVENANCE = "golden/torch/make_questions.py"
# A random decision nearer to its border than this makes a seed unfit.
CLEAR = {"spike": 1e-6, "match": 1e-6, "cell": 1e-8, "relu": 1e-8, "l1": 1e-8}
TRIES = 200
# What an operator is made of: where one of these is wrong, so is it, for no reason of its own.
MADE_OF = {
    "lif": ["surrogate"], "if": ["surrogate"], "plif": ["surrogate"],
    "match": ["avg_pool", "layer_norm"], "deformable_conv_module": ["conv2d", "sigmoid", "deform_conv2d"],
    "attention": ["linear", "softmax", "deformable_conv_module"],
    "dsa": ["patch_divide", "match", "layer_norm", "attention", "gelu", "patch_reverse"],
    "hda": ["avg_pool", "linear", "sigmoid"], "feature_refinement": ["avg_pool", "conv2d", "relu", "sigmoid"],
    "upsample_one_step": ["conv2d", "pixel_shuffle"], "sab": ["conv2d", "batch_norm", "lif", "hda", "dsa"],
    "sag": ["sab"], "spikesr": ["sag", "feature_refinement", "upsample_one_step"],
}
BLOCKS = {"attention", "deformable_conv_module", "dsa", "hda", "feature_refinement", "upsample_one_step", "sab", "sag"}


def first_seed(id):
    """48 bits of the id's SHA-256: adding a case changes no other, and both words of the key are used."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:6], "little")


def level(question):
    """1 operator forward, 2 with gradients, 3 block, 4 network, 5 network on an image."""
    if question.op == "spikesr":
        return 5 if "IMG-1" in question.clauses else 4
    return 3 if question.op in BLOCKS else 2 if question.grads else 1


def require(entries):
    """Names what each case rests on: the first ordinary case of its operator, and that one the first of what the operator is made of."""
    first = {}
    for entry in entries:
        if entry["kind"] == ORDINARY:
            first.setdefault(entry["op"], entry["id"])
    for entry in entries:
        if entry["id"] == first[entry["op"]]:
            entry["requires"] = [first[op] for op in MADE_OF.get(entry["op"], [])]
        elif entry["kind"] != REJECTED:
            entry["requires"] = [first[entry["op"]]]


def manifest_entry(question, seed):
    """The question at this seed, without digests; streams are numbered in the order of the tensors."""
    named = {**{f"in/{n}": t for n, t in question.inputs.items()},
             **{f"param/{n}": t for n, t in question.parameters.items()}}
    entry = {"id": question.id, "op": question.op,
             "attrs": json.dumps(question.attrs, separators=(",", ":"), sort_keys=True),
             "kind": question.kind, "level": level(question), "clauses": question.clauses, "why": question.why,
             "requires": [], "separates": [], "provenance": PROVENANCE, "seed": seed,
             "tensors": [_tensor(i, name, t.dtype, t.shape, t.recipe) for i, (name, t) in enumerate(named.items())]}
    if question.grads:
        outputs = answer(recipes.question(entry)).group("out")
        for name, value in outputs.items():
            if question.grads is not True and name not in question.grads:
                continue
            recipe = {"dyadic": [-4, 4, 2]} if question.dyadic_grads else {"uniform": [-1, 1]}
            entry["tensors"].append(_tensor(len(entry["tensors"]), f"grad_out/{name}", "F64", list(value.shape), recipe))
    return entry


def _tensor(index, name, dtype, shape, recipe):
    drawn = {"stream": index} if "uniform" in recipe or "dyadic" in recipe else {}
    return {"name": name, "dtype": dtype, "shape": shape, "recipe": {**recipe, **drawn}}


def unclear(record, exact):
    """The first kind of decision that is not clear, or None. Kinds in `exact` are meant to stand on their border."""
    for kind, (smallest, zeros) in record.items():
        if kind not in exact and (zeros or smallest < CLEAR[kind]):
            return kind
    return None


def well_conditioned(entry, built, answers):
    """Whether random inputs moved by 1e-14 of themselves move the answers by less than 1e-9."""
    generator = np.random.default_rng(0)
    moved = dict(built.tensors)
    for tensor in entry["tensors"]:
        if "uniform" in tensor["recipe"]:
            array = moved[tensor["name"]].astype(np.float64)
            moved[tensor["name"]] = array * (1 + 1e-14 * generator.uniform(-1, 1, array.shape))
    verdict = compare(answers.tensors, answer(Case(built.metadata, moved)).tensors)
    return verdict.agrees, verdict.reason


def refused(question):
    """The entry of a question that must be refused; this implementation must refuse it, too."""
    entry = manifest_entry(question, first_seed(question.id))
    built = recipes.question(entry)
    try:
        answer(built)
    except CaseError:
        return {**entry, "margins": {}, "exact": [], "float32": True, "question_sha256": recipes.sha256(built),
                "definition_sha256": None, "torch_sha256": None, "bounds_sha256": None}
    raise CaseError(f"{question.id}: answered, where it should be refused")


def kept(question, before, folder):
    """The entry of before, where the question is still the same one and its answer is there; or None."""
    old = before.get(question.id)
    path = os.path.join(folder, f"{question.id}.safetensors")
    if old is None or question.kind == REJECTED or not os.path.exists(path):
        return None
    entry = manifest_entry(question, old["seed"])
    with open(path, "rb") as file:
        same = hashlib.sha256(file.read()).hexdigest() == old["torch_sha256"]
    if not same or recipes.sha256(recipes.question(entry)) != old["question_sha256"]:
        return None
    return {**entry, **{key: old[key] for key in ("margins", "exact", "float32", "question_sha256", "definition_sha256", "torch_sha256", "bounds_sha256")}}


def settle(question):
    """-> manifest entry and answers at the first fit seed."""
    start = first_seed(question.id)
    for seed in range(start, start + TRIES):
        entry = manifest_entry(question, seed)
        built = recipes.question(entry)
        with decisions.recorded() as record:
            answers = answer(built)
        reason = unclear(record, question.exact)
        if reason is None:
            fit, reason = well_conditioned(entry, built, answers)
            if fit:
                break
    else:
        raise CaseError(f"{question.id}: no fit seed among {TRIES}; the last failed on {reason}")
    entry["margins"] = {kind: float(f"{smallest:.2g}") for kind, (smallest, _) in record.items()
                        if kind not in question.exact}
    entry["exact"] = list(question.exact)
    entry["float32"] = compare(answers.tensors, answer(built, torch.float32).tensors).agrees
    entry["question_sha256"] = recipes.sha256(built)
    entry["definition_sha256"] = None
    entry["torch_sha256"] = recipes.sha256(answers)
    entry["bounds_sha256"] = None
    return entry, answers, seed - start


def manifest_text(entries):
    """JSON with one line a tensor, so that a difference between two versions can be read."""
    head = {"schema": "spikesr-golden/1",
            "questions": "rebuilt from the recipes below; see golden/README.md",
            "answers": f"torch/ID.safetensors: golden/torch/answer.py, float64, one thread, PyTorch {torch.__version__}, "
                       f"numpy {np.__version__}"}
    lines = ["{"] + [f" {json.dumps(k)}: {json.dumps(v)}," for k, v in head.items()] + [' "cases": [']
    for i, entry in enumerate(entries):
        lines.append("  {")
        for key, value in entry.items():
            comma = "" if key == list(entry)[-1] else ","
            if key == "tensors":
                rows = ",\n".join(f"    {json.dumps(t)}" for t in value)
                lines.append(f'   "tensors": [\n{rows}\n   ]{comma}')
            else:
                lines.append(f"   {json.dumps(key)}: {json.dumps(value)}{comma}")
        lines.append("  }" if i == len(entries) - 1 else "  },")
    return "\n".join(lines + [" ]", "}", ""])


def entries_before(path):
    """The manifest that is there, by id. What `spikesr golden build` wrote into it stays good while the question does."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return {entry["id"]: entry for entry in json.load(file)["cases"]}


def keep_built(entries, before):
    for entry in entries:
        old = before.get(entry["id"], {})
        if old.get("question_sha256") == entry["question_sha256"]:
            entry["definition_sha256"] = old["definition_sha256"]
            entry["bounds_sha256"] = old["bounds_sha256"]
            entry["separates"] = old.get("separates", [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", required=True)
    parser.add_argument("--only", default="", help="make only the cases whose id starts so (for trying; an incomplete manifest)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    philox.check()
    questions = [*operator_questions.all_questions(), *module_questions.all_questions(), *further_questions.all_questions(),
                 *tile_questions.all_questions()]
    questions += rejected_questions.all_questions(questions)
    ids = [q.id for q in questions]
    assert len(set(ids)) == len(ids), f"cases share ids: {sorted(id for id in set(ids) if ids.count(id) > 1)}"
    for op in TABLE:
        kinds = [q.kind for q in questions if q.op == op]
        assert len(kinds) >= 12, f"{op} has {len(kinds)} cases"
        missing = {ORDINARY: 1, BORDER: 2, DEGENERATE: 1, REJECTED: 2}
        assert all(kinds.count(kind) >= least for kind, least in missing.items()), f"{op} has {kinds}, needs {missing}"
    folder = os.path.join(options.out, "torch")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(options.out, "manifest.json")
    before = entries_before(path)
    entries = []
    for question in questions:
        if not question.id.startswith(options.only):
            continue
        if question.kind == REJECTED:
            entries.append(refused(question))
            continue
        if entry := kept(question, before, folder):
            entries.append(entry)
            continue
        entry, answers, rejected = settle(question)
        entries.append(entry)
        cases.write(os.path.join(folder, f"{question.id}.safetensors"), answers)
        print(f"{question.id:40}{rejected:4} seeds rejected  float32 {'holds' if entry['float32'] else 'EXEMPT':7}"
              f"{entry['margins']}", flush=True)
    for stale in set(os.listdir(folder)) - {f"{id}.safetensors" for id in ids}:
        os.remove(os.path.join(folder, stale))
    require(entries)
    keep_built(entries, before)
    with open(path + ".part", "w", encoding="utf-8", newline="\n") as file:
        file.write(manifest_text(entries))
    os.replace(path + ".part", path)
    print(f"{len(entries)} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
