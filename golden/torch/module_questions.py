"""Golden questions for the modules: DSA, HDA, SAB, SAG, refinement, upsampling and the network."""

import state_dict
from questions import BORDER, DEGENERATE, ORDINARY, Question, fill, gumbel, module_parameters, uniform


def _patches(side, patch):
    return len(range(0, side + patch - 2 - patch, patch - 2))


def _noise(calls, batch, height, width, patch):
    n = _patches(height, patch) * _patches(width, patch)
    return gumbel(calls, [batch, n, n])


def dsa():
    def q(id, kind, clauses, why, shape, patch, qk=2, hidden=5, train=False, published=False, x=None, fresh=False,
          exact=(), grads=True, **overrides):
        b, c, height, width = shape
        attrs = {"dim": c, "patch_size": patch, "qk_dim": qk, "mlp_dim": hidden, "train": train}
        inputs = {"x": x or uniform(shape, -1, 1), **(_noise(1, b, height, width, patch) if train else {})}
        return Question(f"dsa-{id}", "dsa", kind, clauses, why, {**attrs, "published": True} if published else attrs, inputs,
                        module_parameters(state_dict.dsa(c, qk, hidden), fresh=fresh, **overrides), grads, exact)

    yield q("p16", ORDINARY, ["DSA-1", "DSA-2", "DSA-3"], "The published patch size over an image that needs patches moved back.",
            [1, 4, 18, 19], 16)
    yield q("p12", ORDINARY, ["DSA-1", "DSA-3"], "P = 12.", [1, 3, 14, 13], 12)
    yield q("batch", ORDINARY, ["DSA-1", "MATCH-2"], "A batch equals its images one by one.", [2, 4, 8, 7], 5)
    yield q("train", ORDINARY, ["DSA-2", "MATCH-3", "MATCH-4"], "The noisy matching, with the gradient of its scores.",
            [2, 4, 8, 7], 5, train=True)
    yield q("three-deep", BORDER, ["DSA-2", "PATCH-3"], "Sides 3 modulo P - 2.", [1, 4, 9, 9], 5)
    yield q("published", BORDER, ["MATCH-5", "PATCH-4"], "Both published quirks at once: batch of two, sides 3 modulo P - 2.",
            [2, 4, 9, 9], 5, published=True)
    yield q("fresh", BORDER, ["DSA-1", "DSA-3", "DCM-2"], "Deformable convolutions as initialised.", [1, 4, 7, 8], 5, fresh=True, exact=("cell",))
    yield q("one-patch", DEGENERATE, ["DSA-1"], "H = W = P: the patch is matched with itself.", [1, 4, 6, 6], 6)
    yield q("one-patch-train", DEGENERATE, ["DSA-2", "MATCH-3"], "One patch in training.", [2, 4, 5, 5], 5, train=True)
    yield q("p3", DEGENERATE, ["DSA-1", "DSA-3"], "P = 3, step 1: nine tokens a patch.", [1, 4, 4, 5], 3)
    yield q("one-channel", DEGENERATE, ["DSA-1", "LN-1"], "C = 1: every LayerNorm gives its bias.", [1, 1, 6, 7], 5, qk=1, hidden=1,
            exact=("match",))


def hda():
    def q(id, kind, why, shape, **overrides):
        steps, _, c = shape[:3]
        return Question(f"hda-{id}", "hda", kind, ["HDA-1", "HDA-2", "EW-1"], why, {"T": steps, "channels": c},
                        {"x": uniform(shape, -1, 2)}, module_parameters(state_dict.hda(steps, c), **overrides))

    yield q("published-size", ORDINARY, "T = 4, C = 16: Wc mixes channels at each step, Wt steps at each channel.", [4, 2, 16, 3, 4])
    yield q("square", ORDINARY, "T = C: matrices of one shape must not be exchanged or transposed.", [3, 2, 3, 4, 5])
    yield q("saturated", BORDER, "Large weights: the gate is near 0 or 1.", [2, 1, 4, 3, 3],
            conv__0__weight=lambda shape: uniform(shape, -20, 20), conv_c__weight=lambda shape: uniform(shape, -20, 20))
    yield q("one-pixel", BORDER, "H = W = 1.", [4, 1, 3, 1, 1])
    yield q("one-step-one-channel", DEGENERATE, "T = C = 1: sigmoid(a m b m).", [1, 1, 1, 2, 3])
    yield q("zero-weights", DEGENERATE, "A gate of 1/2, with no gradient to the weights: each meets a factor of 0.",
            [2, 1, 3, 2, 2], weight=lambda shape: fill(shape, 0))


def refinement_and_upsampling():
    def frb(id, kind, why, shape, reduction=16, **overrides):
        c = shape[1]
        return Question(f"refinement-{id}", "feature_refinement", kind, ["FRB-1", "FRB-2", "EW-1"], why,
                        {"channels": c, "reduction": reduction}, {"x": uniform(shape, -1, 1)},
                        module_parameters(state_dict.feature_refinement(c, reduction), **overrides))

    yield frb("c16", ORDINARY, "a stands alone where 1 - t weighs it; no activation between the first two convolutions of t.", [2, 16, 5, 4])
    yield frb("c32", ORDINARY, "C = 32: two hidden channels in a, four in t.", [1, 32, 3, 4])
    yield frb("reduction4", BORDER, "reduction changes the width of a only; that of t stays C/8.", [1, 16, 4, 4], reduction=4)
    yield frb("one-pixel", DEGENERATE, "H = W = 1.", [2, 16, 1, 1])
    yield frb("dead-relus", DEGENERATE, "Both ReLUs closed: the gates come from biases alone.", [1, 16, 3, 3],
              ca__1__bias=lambda shape: fill(shape, -50), sa__1__bias=lambda shape: fill(shape, -50))

    def up(id, kind, why, shape, scale, **overrides):
        c = shape[1]
        return Question(f"upsample-{id}", "upsample_one_step", kind, ["UP-1"], why, {"scale": scale, "channels": c},
                        {"x": uniform(shape, -1, 1)}, module_parameters(state_dict.upsample_one_step(c, scale), **overrides))

    yield up("x2", ORDINARY, "Scale 2.", [2, 4, 3, 5], 2)
    yield up("x3", ORDINARY, "Scale 3: 27 channels before the shuffle.", [1, 4, 4, 3], 3)
    yield up("x4", ORDINARY, "Scale 4: 48 channels before the shuffle.", [1, 16, 3, 4], 4)
    yield up("x1", BORDER, "Scale 1: a plain convolution to three colours.", [1, 4, 3, 3], 1)
    yield up("one-pixel", DEGENERATE, "One pixel becomes s x s.", [1, 4, 1, 1], 4)


def attention_blocks():
    def q(op, id, kind, clauses, why, shape, patch, blocks=None, train=False, published=False, qk=2, hidden=5, x=None,
          fresh=False, exact=(), grads=True, **overrides):
        steps, b, c, height, width = shape
        attrs = {"T": steps, "channels": c, "patch_size": patch, "qk_dim": qk, "mlp_dim": hidden, "train": train}
        shapes = state_dict.sab(steps, c, qk, hidden)
        if blocks:
            attrs["blocks"] = blocks
            shapes = state_dict.sag(steps, c, qk, hidden, blocks)
        noise = _noise(steps * (blocks or 1), b, height, width, patch) if train else {}
        return Question(f"{op}-{id}", op, kind, clauses, why, {**attrs, "published": True} if published else attrs,
                        {"x": x or uniform(shape, -0.4, 0.6), **noise},
                        module_parameters(shapes, fresh=fresh, **overrides), grads, exact)

    yield q("sab", "eval", ORDINARY, ["SAB-1", "SAB-2", "EW-1"], "Evaluation, with gradients through the spikes by the surrogate.", [4, 1, 4, 7, 6], 5)
    yield q("sab", "train", ORDINARY, ["SAB-1", "SAB-3"],
            "Training: batch statistics, running buffers, one draw of noise a time step, in order.", [4, 1, 4, 7, 6], 5, train=True)
    yield q("sab", "train-batch", ORDINARY, ["SAB-3"], "Statistics over the batch as well; matching stays within an image.",
            [3, 2, 4, 7, 5], 5, train=True)
    yield q("sab", "published", BORDER, ["SAB-2", "MATCH-5"], "Published matching: image 1 takes patches of image 0 of the same step.",
            [2, 2, 4, 9, 7], 5, published=True)
    yield q("sab", "fresh", BORDER, ["SAB-3", "TDBN-5"], "A new network's block in its first training step.", [4, 1, 4, 7, 7], 5, train=True,
            fresh=True, exact=("cell",), x=uniform([4, 1, 4, 7, 7], -1, 1))
    yield q("sab", "one-step", DEGENERATE, ["SAB-1"], "T = 1 and one patch.", [1, 1, 4, 5, 5], 5)
    yield q("sab", "silent", DEGENERATE, ["SAB-1"],
            "Inputs of 0: no spikes into the first convolution, only normalisation shifts after it.", [2, 1, 4, 6, 5], 5,
            x=fill([2, 1, 4, 6, 5], 0), grads=False)

    yield q("sag", "eval", ORDINARY, ["SAG-1"], "Two blocks, then LIF, 1x1 convolution with bias, TDBN, and the skip over all.",
            [2, 1, 4, 7, 6], 5, blocks=2)
    yield q("sag", "train", ORDINARY, ["SAG-1", "SAG-2"],
            "Noise is drawn block by block, then step by step; the bias before the TDBN has gradient 0.",
            [3, 1, 4, 7, 6], 5, blocks=2, train=True)
    yield q("sag", "one-block", BORDER, ["SAG-1"], "One block, batch of two.", [2, 2, 4, 6, 5], 5, blocks=1)
    yield q("sag", "fresh", BORDER, ["SAG-1", "TDBN-5"], "As initialised, in training.", [2, 1, 4, 6, 6], 5, blocks=1, train=True, fresh=True,
            exact=("cell",), x=uniform([2, 1, 4, 6, 6], -1, 1))
    yield q("sag", "one-step", DEGENERATE, ["SAG-1"], "T = 1 and one patch.", [1, 1, 4, 5, 5], 5, blocks=1)


def networks():
    def q(id, kind, clauses, why, image, scale, patch, steps=2, groups=1, blocks=1, qk=4, hidden=8, train=False, grads=False,
          published=False, fresh=False, exact=(), x=None, channels=16):
        b, height, width = image
        attrs = {"T": steps, "channels": channels, "groups": groups, "blocks": blocks, "patch_size": patch, "qk_dim": qk,
                 "mlp_dim": hidden, "scale": scale, "train": train}
        noise = _noise(steps * groups * blocks, b, height, width, patch) if train else {}
        shapes = state_dict.spikesr(steps, channels, qk, hidden, groups, blocks, scale)
        return Question(f"spikesr-{id}", "spikesr", kind, clauses, why, {**attrs, "published": True} if published else attrs,
                        {"x": x or uniform([b, 3, height, width], 0, 1), **noise},
                        module_parameters(shapes, dtype="F32", fresh=fresh), grads, exact)

    yield q("x2", ORDINARY, ["NET-1"], "Scale 2, evaluation with gradients; parameters stored as F32.", [1, 7, 9], 2, 6, grads=True)
    yield q("x3", ORDINARY, ["NET-1", "NET-2"], "Scale 3, a training step of two images.", [2, 7, 6], 3, 5, train=True, grads=True)
    yield q("x4", ORDINARY, ["NET-1"], "Scale 4 with the published T and P.", [1, 18, 20], 4, 16, steps=4)
    yield q("two-groups", ORDINARY, ["NET-1", "NET-2"], "Two groups of two blocks: noise by group, block, step.",
            [1, 7, 7], 2, 5, groups=2, blocks=2, train=True)
    yield q("two-groups-grads", ORDINARY, ["NET-1", "NET-2", "SAG-2"], "Gradients through two groups.", [1, 6, 7], 2, 5, groups=2, train=True, grads=True)
    yield q("batch", ORDINARY, ["NET-1"], "A batch of three equals its images one by one.", [3, 8, 7], 2, 5)
    yield q("p12", ORDINARY, ["NET-1", "NET-4"], "P = 12.", [1, 13, 15], 2, 12)
    yield q("c32", ORDINARY, ["NET-1"], "C = 32: widths that follow from C.", [1, 6, 6], 2, 5, channels=32)
    yield q("published", BORDER, ["NET-3"], "Both published quirks through the whole network.", [2, 9, 9], 2, 5, published=True)
    yield q("fresh", BORDER, ["NET-2", "TDBN-5"], "The first training step of a new network, on one patch.", [1, 6, 6], 4, 6, train=True, grads=True,
            fresh=True, exact=("cell",))
    yield q("one-step", DEGENERATE, ["NET-1"], "T = 1.", [1, 6, 5], 2, 5, steps=1)
    yield q("black", DEGENERATE, ["NET-1"], "An image of 0.", [1, 6, 6], 2, 5, x=fill([1, 3, 6, 6], 0))


def all_questions():
    for group in (dsa, hda, refinement_and_upsampling, attention_blocks, networks):
        yield from group()
