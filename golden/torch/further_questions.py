"""Golden questions that bring every operator to a dozen: further shapes, and dyadic cases, whose numbers lie on a grid of powers
of two so that every order of summation gives the same bits."""

import state_dict
from module_questions import _noise
from questions import BORDER, DEGENERATE, ORDINARY, Question, dyadic, fill, listed, module_parameters, uniform

GRID = "Every number lies on a grid of powers of two, gradients included: any order of summation gives the same bits."


def pointwise():
    def q(id, op, kind, clauses, why, x, attrs=None, **more):
        return Question(id, op, kind, clauses, why, attrs or {}, {"x": x}, **more)

    for op, clauses in (("relu", ["ACT-1"]), ("sigmoid", ["ACT-2"]), ("gelu", ["GELU-1", "GELU-2"])):
        yield q(f"{op}-image", op, ORDINARY, clauses, "A tensor of four axes: element by element, whatever the shape.",
                uniform([2, 3, 4, 5], -2, 2))
        yield q(f"{op}-single", op, ORDINARY, clauses, "Values stored as F32 are converted to the precision first.",
                uniform([37], -3, 3).stored_as("F32"))
        yield q(f"{op}-integers", op, BORDER, clauses, "Values stored as I32, 0 among them.", dyadic([25], -3, 3, 0).stored_as("I32"),
                exact=("relu",) if op == "relu" else ())
        yield q(f"{op}-near-zero", op, BORDER, clauses, "Either side of 0, closer and closer.",
                listed(*(sign * 2.0 ** -e for e in (1, 3, 6, 10, 20, 26, 27, 28, 40, 60) for sign in (1, -1))),
                exact=("relu",) if op == "relu" else ())
        yield q(f"{op}-one", op, DEGENERATE, clauses, "A single element.", uniform([1], 0.5, 1))
        yield q(f"{op}-long", op, ORDINARY, clauses, "A length that no vector width divides.", uniform([1021], -4, 4))
    yield q("relu-dyadic", "relu", BORDER, ["ACT-1"], GRID, dyadic([4, 9], -5, 5, 2), exact=("relu",), dyadic_grads=True)
    yield q("sigmoid-one-sided", "sigmoid", BORDER, ["ACT-2"], "Large positive values: 1 - y keeps the gradient small, not 0.",
            uniform([24], 10, 30))

    yield q("avg-pool-row", "avg_pool", ORDINARY, ["POOL-1"], "One row of an odd length.", uniform([1, 4, 1, 7], -1, 1))
    yield q("avg-pool-column", "avg_pool", ORDINARY, ["POOL-1"], "One column.", uniform([2, 2, 9, 1], -1, 1))
    yield q("avg-pool-two-axes", "avg_pool", BORDER, ["POOL-1"], "No leading axes at all.", uniform([5, 6], -1, 1))
    yield q("avg-pool-dyadic", "avg_pool", BORDER, ["POOL-1"], GRID, dyadic([2, 3, 4, 8], -8, 8, 3), dyadic_grads=True)
    yield q("avg-pool-cancels", "avg_pool", BORDER, ["POOL-1"], "Values that sum to exactly 0: no order may leave a rest.",
            listed(*(v for i in range(8) for v in (i + 0.5, -i - 0.5)), shape=[1, 1, 4, 4]))
    yield q("avg-pool-equal", "avg_pool", DEGENERATE, ["POOL-1"], "Equal values are their own mean.", fill([2, 2, 3, 5], 0.375))

    yield q("pixel-shuffle-batch", "pixel_shuffle", ORDINARY, ["PS-1"], "Images of a batch stay apart.",
            uniform([3, 8, 2, 3], -1, 1), {"scale": 2})
    yield q("pixel-shuffle-dyadic", "pixel_shuffle", BORDER, ["PS-1"], "Every element has its own value: a copy moves, nothing rounds.",
            listed(*(i / 4 for i in range(96)), shape=[1, 12, 2, 4]), {"scale": 2}, dyadic_grads=True)
    yield q("pixel-shuffle-row", "pixel_shuffle", ORDINARY, ["PS-1"], "A row: height and width are not exchanged.",
            uniform([1, 8, 1, 6], -1, 1), {"scale": 2})
    yield q("pixel-shuffle-one-colour", "pixel_shuffle", ORDINARY, ["PS-1"], "One colour: the channels are the pixels of a block.",
            uniform([2, 16, 3, 2], -1, 1), {"scale": 4})
    yield q("pixel-shuffle-not-finite", "pixel_shuffle", DEGENERATE, ["PS-1"], "NaN and infinity are moved like any value.",
            listed("nan", "inf", "-inf", 1.0, 2.0, -0.0, 0.0, 3.0, shape=[1, 4, 1, 2]), {"scale": 2}, grads=False)


def losses():
    def q(id, kind, why, x, target, exact=(), **more):
        return Question(f"l1-{id}", "l1_loss", kind, ["L1-1", "L1-2"], why, {}, {"x": x, "target": target}, exact=exact, **more)

    yield q("batch", ORDINARY, "Four images: one mean over all, not a mean of each.", uniform([4, 3, 2, 3], 0, 1), uniform([4, 3, 2, 3], 0, 1))
    yield q("vector", ORDINARY, "One axis.", uniform([101], -2, 2), uniform([101], -2, 2))
    yield q("dyadic", BORDER, GRID, dyadic([64], -8, 8, 3), dyadic([64], -8, 8, 3), exact=("l1",), dyadic_grads=True)
    yield q("far-apart", ORDINARY, "Differences of a million beside differences of one.", uniform([32], -1, 1),
            listed(*(1e6 if i % 8 == 0 else 1.5 for i in range(32))))
    yield q("swapped-signs", BORDER, "x below the target everywhere: every slope is negative.", uniform([16], -2, -1), uniform([16], 1, 2))


def neurons():
    def q(id, kind, clauses, why, x, exact=(), threshold=1.0, reset=0.0, detach=False, surrogate="sigmoid", alpha=4.0, **more):
        attrs = {"v_threshold": threshold, "v_reset": reset, "detach_reset": detach, "surrogate": surrogate, "alpha": alpha}
        return Question(f"if-{id}", "if", kind, clauses, why, attrs, {"x": x}, exact=exact, **more)

    yield q("atan", ORDINARY, ["IF-2", "SUR-2"], "Another surrogate.", uniform([6, 2, 9], -0.3, 0.9), surrogate="atan", alpha=2.0)
    yield q("soft-detach", ORDINARY, ["IF-2"], "A soft reset that is cut.", uniform([6, 2, 9], -0.3, 0.9), reset=None, detach=True)
    yield q("on-threshold-hard", BORDER, ["IF-1", "IF-2"], "Dyadic inputs put H exactly on the threshold; a hard reset starts anew.",
            dyadic([6, 48], -1, 3, 2), exact=("spike",), threshold=0.5, dyadic_grads=True)
    yield q("silent", DEGENERATE, ["IF-1", "IF-2"], "Nothing reaches the threshold: the membrane is the sum of its inputs.",
            uniform([8, 5], -0.1, 0.1))


def norms():
    def layer(id, kind, why, x, eps=1e-5, weight=None, bias=None):
        c = x.shape[-1]
        return Question(f"layer-norm-{id}", "layer_norm", kind, ["LN-1", "LN-2"], why, {"eps": eps}, {"x": x},
                        {"weight": weight or uniform([c], 0.5, 1.5), "bias": bias or uniform([c], -0.3, 0.3)})

    yield layer("wide", ORDINARY, "More channels than a vector is wide.", uniform([3, 67], -1, 1))
    yield layer("four-axes", ORDINARY, "Leading axes, however many, are rows.", uniform([2, 2, 3, 6], -1, 1))
    yield layer("two-values", BORDER, "Two channels: the normalised values are close to +1 and -1.", uniform([5, 2], -1, 1))
    yield layer("negative-weight", ORDINARY, "Weights of both signs, and a bias of 0.", uniform([4, 9], -1, 1),
                weight=uniform([9], -1, 1), bias=fill([9], 0))
    yield Question("batch-norm-eval-batch", "batch_norm", ORDINARY, ["TDBN-2", "TDBN-4"],
                   "Evaluation of a batch: images do not meet.", {"eps": 1e-5, "momentum": 0.1, "train": False},
                   {"x": uniform([2, 3, 4, 2, 3], -1, 1)},
                   {"weight": uniform([4], -1, 1), "bias": uniform([4], -0.3, 0.3), "running_mean": uniform([4], -0.5, 0.5),
                    "running_var": uniform([4], 0.2, 2)})


def matrices():
    def linear(id, kind, why, x, weight, bias=True, **more):
        parameters = {"weight": weight, **({"bias": more.pop("bias_values", None) or uniform([weight.shape[0]], -0.5, 0.5)} if bias else {})}
        return Question(f"linear-{id}", "linear", kind, ["LIN-1", "LIN-2"], why, {}, {"x": x}, parameters, **more)

    yield linear("dyadic", BORDER, GRID, dyadic([6, 16], -8, 8, 3), dyadic([5, 16], -8, 8, 3), bias_values=dyadic([5], -8, 8, 3), dyadic_grads=True)
    yield linear("long-rows", ORDINARY, "Sums of 300 terms.", uniform([3, 300], -1, 1), uniform([4, 300], -0.2, 0.2))
    yield linear("many-rows", ORDINARY, "More rows than the weight has: a batch of tokens.", uniform([2, 19, 5], -1, 1), uniform([7, 5], -1, 1))
    yield linear("cancels", BORDER, "Large terms that cancel: the bound follows the terms, not the sum.",
                 listed(*(v for i in range(6) for v in (100.0 + i, 100.0 + i, 0.5, -0.25)), shape=[6, 4]),
                 listed(1.0, -1.0, 0.5, 1.0, -1.0, 1.0, 1.0, 0.25, shape=[2, 4]))

    def softmax(id, kind, why, x, **more):
        return Question(f"softmax-{id}", "softmax", kind, ["SM-1", "SM-2"], why, {}, {"x": x}, **more)

    yield softmax("attention", ORDINARY, "Rows of attention scores, one after the other.", uniform([2, 3, 4, 11], -3, 3))
    yield softmax("long", ORDINARY, "A row longer than a vector.", uniform([2, 77], -2, 2))
    yield softmax("two", BORDER, "Two values: a sigmoid of their difference.", uniform([9, 2], -4, 4))
    yield softmax("large-negative", BORDER, "All far below 0: the maximum is subtracted, so nothing underflows to 0/0.", uniform([3, 8], -1010, -1000))

    def conv2d(id, kind, clauses, why, x, weight, bias, **more):
        attrs = {"stride": 1, "padding": 1, "dilation": 1, "groups": 1}
        return Question(f"conv2d-{id}", "conv2d", kind, clauses, why, attrs, {"x": x}, {"weight": weight, "bias": bias}, **more)

    yield conv2d("dyadic", BORDER, ["CONV-1", "CONV-2", "CONV-4"], GRID, dyadic([1, 3, 5, 4], -4, 4, 2), dyadic([4, 3, 3, 3], -4, 4, 3),
                 dyadic([4], -4, 4, 3), dyadic_grads=True)
    yield conv2d("dyadic-spikes", BORDER, ["CONV-1", "CONV-2"], "Spikes under dyadic weights: sums of weights, exact in any order.",
                 dyadic([2, 4, 5, 5], 0, 1, 0).stored_as("BOOL"), dyadic([3, 4, 3, 3], -8, 8, 4), dyadic([3], -8, 8, 4), dyadic_grads=True)
    yield Question("deform-dyadic", "deform_conv2d", BORDER, ["DCN-1", "DCN-2", "DCN-3", "DCN-5"],
                   GRID + " Positions lie on pixels and halfway between.",
                   {"stride": 1, "padding": 1, "dilation": 1, "groups": 1, "offset_groups": 1},
                   {"x": dyadic([1, 2, 4, 5], -4, 4, 2), "offset": dyadic([1, 18, 4, 5], -3, 3, 1), "mask": dyadic([1, 9, 4, 5], 0, 4, 1)},
                   {"weight": dyadic([3, 2, 3, 3], -4, 4, 2), "bias": dyadic([3], -4, 4, 2)}, exact=("cell",), dyadic_grads=True)


def patches():
    yield Question("patch-divide-dyadic", "patch_divide", BORDER, ["PATCH-1", "PATCH-2"], "A copy, back and forth: gradients of overlaps are sums.",
                   {"patch_size": 5, "step": 3}, {"x": dyadic([1, 2, 9, 8], -8, 8, 3)}, dyadic_grads=True)
    yield Question("patch-reverse-dyadic", "patch_reverse", BORDER, ["PATCH-3"],
                   GRID + " Every divisor is a power of two.", {"patch_size": 5, "step": 3, "height": 8, "width": 11},
                   {"y": dyadic([1, 6, 2, 5, 5], -8, 8, 3)}, dyadic_grads=True)
    yield Question("attention-dim-over-qk", "attention", ORDINARY, ["ATT-1", "ATT-4"], "qk_dim above dim: widths of q and v differ.",
                   {"dim": 3, "heads": 1, "qk_dim": 8, "deformable": False}, {"x": uniform([2, 9, 3], -1, 1)},
                   module_parameters(state_dict.attention(3, 8)))


def modules():
    def dcm(id, kind, clauses, why, x, out, **overrides):
        return Question(f"deformable-module-{id}", "deformable_conv_module", kind, clauses, why, {}, {"x": x},
                        module_parameters(state_dict.deformable_conv_module(x.shape[1], out), **overrides))

    yield dcm("widens", ORDINARY, ["DCM-1"], "More channels out than in.", uniform([1, 2, 5, 4], -1, 1), 6)
    yield dcm("batch", ORDINARY, ["DCM-1"], "Three images, each with offsets of its own.", uniform([3, 3, 4, 4], -1, 1), 3)
    yield dcm("row", BORDER, ["DCM-1"], "One row: taps above and below read 0 unless an offset brings them back.", uniform([1, 3, 1, 7], -1, 1), 3)
    yield dcm("open-mask", ORDINARY, ["DCM-1"], "A mask near 2.", uniform([1, 3, 4, 4], -1, 1), 3,
              modulator_conv__bias=lambda shape: fill(shape, 6))

    def hda(id, kind, why, shape, **overrides):
        steps, c = shape[0], shape[2]
        return Question(f"hda-{id}", "hda", kind, ["HDA-1", "HDA-2"], why, {"T": steps, "channels": c}, {"x": uniform(shape, -1, 2)},
                        module_parameters(state_dict.hda(steps, c), **overrides))

    yield hda("batch", ORDINARY, "Three images: means over pixels stay within an image.", [2, 3, 4, 3, 2])
    yield hda("more-steps", ORDINARY, "T above C: the step matrix is the larger one.", [6, 1, 2, 3, 3])
    yield hda("row", BORDER, "Images of one row.", [3, 1, 4, 1, 5])
    yield hda("negative-weights", ORDINARY, "Weights below 0: gates under a half.", [3, 1, 4, 3, 3], weight=lambda shape: uniform(shape, -2, -0.5))

    def frb(id, kind, why, shape, reduction=16, **overrides):
        return Question(f"refinement-{id}", "feature_refinement", kind, ["FRB-1", "FRB-2"], why, {"channels": shape[1], "reduction": reduction},
                        {"x": uniform(shape, -1, 1)}, module_parameters(state_dict.feature_refinement(shape[1], reduction), **overrides))

    yield frb("batch", ORDINARY, "Three images: the channel gate is one for each image.", [3, 16, 4, 3])
    yield frb("row", BORDER, "One row: the 3x3 convolutions see zeros above and below.", [1, 16, 1, 6])
    yield frb("reduction8", ORDINARY, "Another width of the channel gate.", [1, 16, 3, 3], reduction=8)
    yield frb("reduction2", BORDER, "A channel gate almost as wide as the image.", [1, 16, 3, 4], reduction=2)
    yield frb("open-gates", ORDINARY, "Gates near 1.", [1, 16, 3, 3], ca__3__bias=lambda shape: fill(shape, 6), sa__3__bias=lambda shape: fill(shape, 6))

    def up(id, kind, why, x, scale, **more):
        c = x.shape[1]
        parameters = more.pop("parameters", None) or module_parameters(state_dict.upsample_one_step(c, scale))
        return Question(f"upsample-{id}", "upsample_one_step", kind, ["UP-1"], why, {"scale": scale, "channels": c}, {"x": x}, parameters, **more)

    yield up("batch", ORDINARY, "Three images.", uniform([3, 3, 3, 2], -1, 1), 2)
    yield up("row", BORDER, "One row becomes s rows.", uniform([1, 4, 1, 5], -1, 1), 2)
    yield up("column", BORDER, "One column becomes s columns.", uniform([1, 4, 5, 1], -1, 1), 3)
    yield up("one-channel", ORDINARY, "One feature channel makes three colours.", uniform([1, 1, 3, 4], -1, 1), 2)
    shapes = state_dict.upsample_one_step(4, 2)
    yield up("dyadic", BORDER, GRID, dyadic([1, 4, 3, 3], -4, 4, 2), 2,
             parameters={name: dyadic(shape, -4, 4, 3) for name, shape in shapes.items()}, dyadic_grads=True)


def blocks():
    def q(op, id, kind, clauses, why, shape, patch, count=None, train=False, qk=2, hidden=5, **overrides):
        steps, b, c, height, width = shape
        attrs = {"T": steps, "channels": c, "patch_size": patch, "qk_dim": qk, "mlp_dim": hidden, "train": train}
        shapes = state_dict.sab(steps, c, qk, hidden)
        if count:
            attrs["blocks"] = count
            shapes = state_dict.sag(steps, c, qk, hidden, count)
        noise = _noise(steps * (count or 1), b, height, width, patch) if train else {}
        return Question(f"{op}-{id}", op, kind, clauses, why, attrs, {"x": uniform(shape, -0.4, 0.6), **noise},
                        module_parameters(shapes, **overrides))

    yield q("sab", "wide-heads", ORDINARY, ["SAB-1"], "qk_dim and mlp_dim above the channels.", [2, 1, 3, 6, 5], 5, qk=6, hidden=9)
    yield q("sab", "batch", ORDINARY, ["SAB-1", "SAB-2"], "Evaluation of two images.", [2, 2, 4, 6, 6], 5)
    yield q("sab", "oblong", BORDER, ["SAB-2"], "A strip of patches.", [2, 1, 3, 5, 11], 5)
    yield q("sag", "three-blocks", ORDINARY, ["SAG-1"], "Three blocks.", [2, 1, 3, 6, 5], 5, count=3)
    yield q("sag", "batch", ORDINARY, ["SAG-1"], "Evaluation of two images, two blocks.", [2, 2, 3, 5, 6], 5, count=2)
    yield q("sag", "train-batch", ORDINARY, ["SAG-1", "SAG-2"], "Training of two images: statistics over both.", [2, 2, 3, 6, 5], 5, count=1, train=True)
    yield q("sag", "oblong", BORDER, ["SAG-1"], "A strip of patches.", [2, 1, 3, 5, 9], 5, count=1)
    yield q("sag", "p3", BORDER, ["SAG-1"], "The smallest patch.", [1, 1, 3, 4, 4], 3, count=1)


def optimizers():
    def q(id, kind, why, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, **tensors):
        shape = [4, 6]
        inputs = {"theta": uniform(shape, -1, 1), "grad": uniform(shape, -1, 1), "m": uniform(shape, -0.5, 0.5),
                  "v": uniform(shape, 0.01, 0.5), **tensors}
        return Question(f"adam-{id}", "adam", kind, ["ADAM-1"], why, {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "step": step},
                        inputs, grads=False)

    yield q("large-rate", ORDINARY, "A rate of 1: the step is as large as theta.", 5, lr=1.0)
    yield q("large-gradient", BORDER, "Gradients of 1e6: the step does not grow with them.", 10, grad=uniform([4, 6], -1e6, 1e6))


# An image of 8 bits: a ramp with an edge and a bright corner.
def images():
    def q(id, why, image, scale, patch, steps=2, channels=16):
        height, width = len(image[0]), len(image[0][0])
        attrs = {"T": steps, "channels": channels, "groups": 1, "blocks": 1, "patch_size": patch, "qk_dim": 4, "mlp_dim": 8, "scale": scale,
                 "train": False}
        shapes = state_dict.spikesr(steps, channels, 4, 8, 1, 1, scale)
        x = listed(*(value / 255 for colour in image for row in colour for value in row), shape=[1, 3, height, width])
        return Question(f"spikesr-{id}", "spikesr", ORDINARY, ["NET-1", "IMG-1"], why, attrs, {"x": x}, module_parameters(shapes, dtype="F32"),
                        grads=False)

    ramp = [[[(37 * c + 11 * i + 7 * j) % 256 for j in range(10)] for i in range(9)] for c in range(3)]
    edge = [[[230 - 40 * c if j >= 6 else 20 + 5 * c + i for j in range(11)] for i in range(8)] for c in range(3)]
    yield q("image-ramp", "An image of 8-bit samples, divided by 255, enlarged four times.", ramp, 4, 6)
    yield q("image-edge", "An edge between dark and bright, enlarged twice.", edge, 2, 5)


def all_questions():
    for group in (pointwise, losses, neurons, norms, matrices, patches, modules, blocks, optimizers, images):
        yield from group()
