"""Golden questions for what backends cut into pieces: sizes just beyond 32, 64, 128 or 1024, so that a remainder is left whatever the
tile, the vector or the block; and values that only a longer run meets. The other questions are small enough to read; these are not."""

import state_dict
from questions import BORDER, ORDINARY, Question, gumbel, listed, module_parameters, uniform

TILES = "Sizes just beyond powers of two: a tile, a vector or a block leaves a remainder on every side."


def neurons():
    def q(op, id, kind, clauses, why, x, parameters=None, **attrs):
        neuron = {"v_threshold": 0.15, "v_reset": 0.0, "detach_reset": False, "surrogate": "sigmoid", "alpha": 4.0, **attrs}
        return Question(f"{op}-{id}", op, kind, clauses, why, neuron, {"x": x}, parameters or {})

    leaky = {"tau": 2.0, "decay_input": False}
    many = "More neurons than any vector or block holds."
    yield q("lif", "long", ORDINARY, ["LIF-1", "LIF-3", "LIF-5"], many, uniform([3, 1027], -0.3, 0.6), **leaky)
    yield q("if", "long", ORDINARY, ["IF-1", "IF-2"], many, uniform([3, 1027], -0.3, 0.6))
    below = "Membranes far below the threshold: nothing holds them at 0, at -1 or anywhere."
    yield q("lif", "far-below", BORDER, ["LIF-1", "LIF-5"], below, uniform([6, 24], -12, 4), **leaky)
    yield q("lif", "far-below-soft", BORDER, ["LIF-1", "LIF-3"], below, uniform([6, 24], -12, 4), v_reset=None, tau=1.75, decay_input=True)
    yield q("if", "far-below", BORDER, ["IF-1", "IF-2"], below, uniform([6, 24], -12, 8))
    yield q("plif", "far-below", BORDER, ["PLIF-1", "PLIF-2"], below, uniform([6, 24], -12, 4), {"w": listed(-0.5)}, decay_input=False)
    for op, clauses, more in (("lif", ["LIF-1", "LIF-3"], leaky), ("if", ["IF-1"], {})):
        yield q(op, "far-above-soft", BORDER, clauses,
                "Membranes many thresholds high: a soft reset takes one threshold a step, and the neuron fires on.",
                uniform([6, 24], -2, 12), v_reset=None, **more)
    yield q("lif", "many-steps", ORDINARY, ["LIF-1", "LIF-5"], "T = 37: the carry goes through every step.", uniform([37, 5], -0.3, 0.6), **leaky)


def matrices():
    def conv2d(id, x, weight, **attrs):
        attrs = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, **attrs}
        return Question(f"conv2d-{id}", "conv2d", ORDINARY, ["CONV-1", "CONV-2", "CONV-4"], TILES, attrs, {"x": uniform(x, -1, 1)},
                        {"weight": uniform(weight, -0.2, 0.2), "bias": uniform(weight[:1], -0.5, 0.5)})

    yield conv2d("tiles", [1, 17, 5, 35], [34, 17, 3, 3], padding=1)
    yield conv2d("tiles-k1", [1, 131, 1, 35], [67, 131, 1, 1])
    yield conv2d("tiles-stride2", [1, 5, 67, 7], [9, 5, 3, 3], stride=2, padding=1)
    attrs = {"stride": 1, "padding": 1, "dilation": 1, "groups": 1, "offset_groups": 1}
    yield Question("deform-tiles", "deform_conv2d", ORDINARY, ["DCN-1", "DCN-2", "DCN-3", "DCN-5"], TILES, attrs,
                   {"x": uniform([1, 9, 3, 35], -1, 1), "offset": uniform([1, 18, 3, 35], -1.5, 1.5), "mask": uniform([1, 9, 3, 35], 0, 2)},
                   {"weight": uniform([17, 9, 3, 3], -0.2, 0.2), "bias": uniform([17], -0.5, 0.5)})
    yield Question("linear-tiles", "linear", ORDINARY, ["LIN-1", "LIN-2"], TILES, {}, {"x": uniform([67, 131], -1, 1)},
                   {"weight": uniform([66, 131], -0.2, 0.2), "bias": uniform([66], -0.5, 0.5)})
    yield Question("softmax-peak-last", "softmax", BORDER, ["SM-1", "SM-2"],
                   "Rows of more than 1024 whose maximum is the last or stands in a remainder: a maximum of the first block overflows.", {},
                   {"x": listed(*(200.0 if i == (1026, 1030)[row] else (37 * i + row) % 101 / 50 - 1 for row in range(2) for i in range(1031)),
                                shape=[2, 1031])})
    yield Question("softmax-many-rows", "softmax", ORDINARY, ["SM-1", "SM-2"], TILES, {}, {"x": uniform([131, 35], -3, 3)})
    c, qk = 5, 3
    yield Question("attention-tiles", "attention", ORDINARY, ["ATT-1", "ATT-4"],
                   "121 tokens: keys and queries in tiles of 16, 32 or 64 leave a remainder.",
                   {"dim": c, "heads": 1, "qk_dim": qk, "deformable": False}, {"x": uniform([1, 121, c], -2, 2)},
                   module_parameters(state_dict.attention(c, qk)))


def norms():
    yield Question("batch-norm-tiles", "batch_norm", ORDINARY, ["TDBN-1", "TDBN-3", "TDBN-4"], TILES,
                   {"eps": 1e-5, "momentum": 0.1, "train": True}, {"x": uniform([2, 1, 35, 3, 37], -1, 1)},
                   {"weight": uniform([35], -1, 1), "bias": uniform([35], -0.3, 0.3), "running_mean": uniform([35], -0.5, 0.5),
                    "running_var": uniform([35], 0.2, 2)})
    yield Question("batch-norm-long", "batch_norm", ORDINARY, ["TDBN-1", "TDBN-3", "TDBN-4"], "Statistics over 4225 values a channel.",
                   {"eps": 1e-5, "momentum": 0.1, "train": True}, {"x": uniform([1, 1, 2, 65, 65], -1, 1.5)},
                   {"weight": uniform([2], -1, 1), "bias": uniform([2], -0.3, 0.3), "running_mean": uniform([2], -0.5, 0.5),
                    "running_var": uniform([2], 0.2, 2)})
    yield Question("layer-norm-tiles", "layer_norm", ORDINARY, ["LN-1", "LN-2"], TILES, {"eps": 1e-5}, {"x": uniform([35, 131], -1, 1)},
                   {"weight": uniform([131], 0.5, 1.5), "bias": uniform([131], -0.3, 0.3)})


def others():
    yield Question("l1-long", "l1_loss", ORDINARY, ["L1-1", "L1-2"], "A sum over more than 4096 elements.", {},
                   {"x": uniform([1, 3, 37, 41], 0, 1), "target": uniform([1, 3, 37, 41], 0, 1)})
    shape = [1027]
    yield Question("adam-long", "adam", ORDINARY, ["ADAM-1"], "More parameters than any vector or block holds.",
                   {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "step": 3},
                   {"theta": uniform(shape, -1, 1), "grad": uniform(shape, -1, 1), "m": uniform(shape, -0.5, 0.5),
                    "v": uniform(shape, 0.01, 0.5)}, grads=False)
    yield Question("avg-pool-long", "avg_pool", ORDINARY, ["POOL-1"], "A mean over 4355 values.", {}, {"x": uniform([1, 2, 65, 67], -1, 1.5)})
    yield Question("pixel-shuffle-tiles", "pixel_shuffle", ORDINARY, ["PS-1"], TILES, {"scale": 2}, {"x": uniform([1, 36, 3, 35], -1, 1)})
    yield Question("patch-divide-tiles", "patch_divide", ORDINARY, ["PATCH-1", "PATCH-2"], "More than 64 patches of more than 16 channels.",
                   {"patch_size": 3, "step": 1}, {"x": uniform([1, 17, 9, 12], -1, 1)})
    yield Question("patch-reverse-tiles", "patch_reverse", ORDINARY, ["PATCH-1", "PATCH-3"], "More than 64 patches of more than 16 channels.",
                   {"patch_size": 3, "step": 1, "height": 9, "width": 12}, {"y": uniform([1, 70, 17, 3, 3], -1, 1)})
    yield Question("hda-tiles", "hda", ORDINARY, ["HDA-1", "HDA-2"], "35 channels.", {"T": 2, "channels": 35},
                   {"x": uniform([2, 1, 35, 3, 3], -1, 2)}, module_parameters(state_dict.hda(2, 35)))


# What a kernel that was written for the published sizes (T = 4, C = 64, P = 16, qk_dim = 32) or for small ones drops.
def modules():
    n, c = 131, 8
    x, parameters = uniform([1, n, c, 2, 2], -1, 1), module_parameters(state_dict.match(c))
    many = "131 patches: the most similar one may be the last of them."
    yield Question("match-many", "match", ORDINARY, ["MATCH-1", "MATCH-2"], many, {"dim": c}, {"x": x}, parameters)
    yield Question("match-many-train", "match", ORDINARY, ["MATCH-1", "MATCH-3", "MATCH-4"], many, {"dim": c, "train": True},
                   {"x": x, **gumbel(1, [1, n, n])}, parameters)

    def attention(id, why, tokens, c, qk):
        return Question(f"attention-{id}", "attention", ORDINARY, ["ATT-1", "ATT-4"], why, {"dim": c, "heads": 1, "qk_dim": qk, "deformable": False},
                        {"x": uniform([1, tokens, c], -2, 2)}, module_parameters(state_dict.attention(c, qk)))

    yield attention("many-tokens", "289 tokens, more than a published patch has: no key beyond the 256th may be dropped.", 289, 3, 2)
    yield attention("wide-heads", "qk_dim = 67: scores are sums over all of it.", 9, 5, 67)

    def dsa(id, why, shape, patch, train=False, qk=2, clauses=("DSA-1", "DSA-3"), kind=ORDINARY, **overrides):
        attrs = {"dim": shape[1], "patch_size": patch, "qk_dim": qk, "mlp_dim": 5, "train": train}
        return Question(f"dsa-{id}", "dsa", kind, list(clauses), why, attrs, {"x": uniform(shape, -1, 1)},
                        module_parameters(state_dict.dsa(shape[1], qk, 5), **overrides))

    yield dsa("many-patches", "110 patches of nine tokens.", [1, 3, 13, 12], 3, clauses=("DSA-1", "MATCH-1", "PATCH-1"))
    yield dsa("p17", "289 tokens a patch, more than the published size has.", [1, 3, 18, 17], 17)
    yield dsa("wide-heads", "qk_dim = 67, beyond the published 32.", [1, 3, 6, 5], 5, qk=67)
    yield dsa("sharp", "Scores of a hundred and more: exp overflows unless the maximum is subtracted first.", [1, 4, 7, 6], 5, kind=BORDER,
              to_q__weight=lambda shape: uniform(shape, -120, 120))
    yield Question("hda-wide", "hda", ORDINARY, ["HDA-1", "HDA-2", "EW-1"], "67 channels, more than the published network has.", {"T": 2, "channels": 67},
                   {"x": uniform([2, 1, 67, 2, 2], -1, 2)}, module_parameters(state_dict.hda(2, 67)))

    def sab(id, why, shape, clauses=("SAB-1", "SAB-2"), kind=ORDINARY, **overrides):
        steps, _, c, _, _ = shape
        attrs = {"T": steps, "channels": c, "patch_size": 5, "qk_dim": 2, "mlp_dim": 5, "train": False}
        return Question(f"sab-{id}", "sab", kind, list(clauses), why, attrs, {"x": uniform(shape, -0.4, 0.6)},
                        module_parameters(state_dict.sab(steps, c, 2, 5), **overrides))

    yield sab("more-steps", "T = 7, more steps than the published four.", [7, 1, 3, 5, 5])
    yield sab("small-variance", "Running variances near eps: 1e-6 for 1e-5 shows.", [2, 1, 3, 6, 5], ("SAB-1", "TDBN-2"), BORDER,
              running_var=lambda shape: uniform(shape, 1e-5, 1e-4))


def all_questions():
    for group in (neurons, matrices, norms, others, modules):
        yield from group()
