"""Rebuilds the golden questions from the manifest, byte for byte: python3 recipes.py MANIFEST -o FOLDER

A recipe says how the values of one tensor are made; ../README.md defines each.
"""

import argparse
import hashlib
import json
import math
import os
import sys

import numpy as np

import cases
import philox
from cases import Case


def values(recipe, seed, count):
    """The doubles of one tensor, row-major, before they are rounded to its dtype."""
    if "uniform" in recipe:
        a, b = recipe["uniform"]
        return a + (b - a) * philox.uniforms(seed, recipe["stream"], count)
    if "dyadic" in recipe:
        low, high, shift = recipe["dyadic"]
        u = philox.uniforms(seed, recipe["stream"], count)
        return (low + np.floor(u * (high - low + 1))) / float(2**shift)
    if "fill" in recipe:
        return np.full(count, float(recipe["fill"]))
    listed = np.array([float(v) for v in recipe["values"]])  # "nan", "inf" and "-inf" stand as text
    if len(listed) != count:
        raise ValueError(f"{len(listed)} values listed for {count} elements")
    return listed


def question(entry):
    """A case of the manifest -> its question."""
    tensors = {}
    for tensor in entry["tensors"]:
        dtype, shape = cases.DTYPES[tensor["dtype"]], tensor["shape"]
        doubles = values(tensor["recipe"], entry["seed"], math.prod(shape))
        tensors[tensor["name"]] = doubles.astype(dtype).reshape(shape)
    metadata = {"schema": cases.SCHEMA, "op": entry["op"], "attrs": entry["attrs"], "name": entry["id"]}
    return Case(metadata, tensors)


def sha256(case):
    return hashlib.sha256(cases.to_bytes(case)).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("manifest")
    parser.add_argument("-o", "--out", required=True)
    options = parser.parse_args()
    philox.check()
    with open(options.manifest, encoding="utf-8") as file:
        manifest = json.load(file)
    os.makedirs(options.out, exist_ok=True)
    wrong = 0
    for entry in manifest["cases"]:
        built = question(entry)
        cases.write(os.path.join(options.out, entry["id"] + ".safetensors"), built)
        if sha256(built) != entry["question_sha256"]:
            wrong += 1
            print(f"{entry['id']}: SHA-256 {sha256(built)}, the manifest has {entry['question_sha256']}", file=sys.stderr)
    print(f"{len(manifest['cases'])} questions built, {wrong} differ from the manifest")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
