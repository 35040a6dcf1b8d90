"""Golden questions for the operators: neurons, convolutions, norms, pointwise, patches, matching, loss, Adam."""

from questions import BORDER, DEGENERATE, ORDINARY, Question, dyadic, fill, gumbel, listed, module_parameters, uniform
from state_dict import attention, deformable_conv_module, match

SURROGATES = {"sigmoid": 4.0, "atan": 2.0, "piecewise_quadratic": 1.0, "piecewise_exp": 1.0, "soft_sign": 2.0, "erf": 2.0}


def _neuron(threshold=0.15, reset=0.0, detach=False, surrogate="sigmoid", alpha=4.0):
    return {"v_threshold": threshold, "v_reset": reset, "detach_reset": detach, "surrogate": surrogate, "alpha": alpha}


def surrogates():
    for name, alpha in SURROGATES.items():
        word = name.replace("_", "-")
        yield Question(
            f"surrogate-{word}", "surrogate", ORDINARY, ["SUR-1", "SUR-2"],
            "The derivative of one surrogate for another, or alpha left out, shows over this range.",
            {"surrogate": name, "alpha": alpha}, {"x": uniform([64], -3, 3)})
        yield Question(
            f"surrogate-{word}-ends", "surrogate", BORDER, ["SUR-1", "SUR-2"],
            "The step is 1 at 0 and at -0 and 0 at the smallest negative number; the derivative has its kink or peak at 0 "
            "and 1/alpha and must not overflow at the far ends.",
            {"surrogate": name, "alpha": alpha},
            {"x": listed(0.0, -0.0, 5e-324, -5e-324, 1e-300, -1e-300, 1 / alpha, -1 / alpha, 2 / alpha, -2 / alpha,
                         30.0, -30.0, 1000.0, -1000.0, 1e30, -1e30, 1e300, -1e300)}, exact=("spike",))
    yield Question(
        "surrogate-alpha-large", "surrogate", DEGENERATE, ["SUR-2"],
        "A very steep surrogate: alpha appears squared, a place where it is easily lost.",
        {"surrogate": "piecewise_quadratic", "alpha": 64.0}, {"x": dyadic([40], -20, 20, 9)}, exact=("spike",))
    yield Question(
        "surrogate-alpha-small", "surrogate", DEGENERATE, ["SUR-2"],
        "A surrogate so flat that only its factor alpha/4 is left.",
        {"surrogate": "sigmoid", "alpha": 0.0009765625}, {"x": uniform([40], -3, 3)})


def lif():
    def q(id, kind, clauses, why, x, tau=2.0, decay=False, exact=(), grads=True, **neuron):
        return Question(f"lif-{id}", "lif", kind, clauses, why,
                        {"tau": tau, "decay_input": decay, **_neuron(**neuron)}, {"x": x}, grads=grads, exact=exact)

    shape = [6, 2, 3, 4]
    for decay in (False, True):
        for reset in (0.0, None):
            for detach in (False, True):
                name = "-".join([*(["decay"] if decay else []), "soft" if reset is None else "hard",
                                 *(["detach"] if detach else [])])
                yield q(name, ORDINARY, ["LIF-1", "LIF-3", "LIF-5"],
                        "One of the eight combinations of input decay, reset and detaching; both outputs carry gradients.",
                        uniform(shape, -0.3, 1.2 if decay else 0.6), tau=1.75, decay=decay, reset=reset, detach=detach)
    for name, alpha in list(SURROGATES.items())[1:]:
        yield q(name.replace("_", "-"), ORDINARY, ["LIF-5", "SUR-2"],
                "The surrogate acts through the reset as well as through the spike.",
                uniform(shape, -0.3, 0.6), surrogate=name, alpha=alpha)
    yield q("reset-negative", ORDINARY, ["LIF-1", "LIF-3", "LIF-4"],
            "V_reset below 0: the first membrane, the level of the decay and the reset all use it.",
            uniform(shape, -0.5, 3.0), tau=3.0, decay=True, threshold=1.0, reset=-0.25)
    yield q("reset-positive", ORDINARY, ["LIF-1", "LIF-3", "LIF-4"],
            "V_reset above 0 without input decay; the reset's gradient has the factor V_reset - H.",
            uniform(shape, -0.4, 0.5), tau=2.5, threshold=0.3, reset=0.1, surrogate="atan", alpha=2.0)
    for reset, word in ((0.0, "hard"), (None, "soft")):
        for detach in (False, True):
            yield q(f"on-threshold-{word}" + ("-detach" if detach else ""), BORDER, ["LIF-2", "LIF-3", "LIF-5"],
                    "Dyadic inputs put H exactly on the threshold many times: H = V_th fires (>=, not >).",
                    dyadic([6, 64], -2, 4, 3), threshold=0.25, reset=reset, detach=detach, exact=("spike",))
    yield q("on-threshold-decay", BORDER, ["LIF-1", "LIF-2"],
            "As above with input decay: H = V + (X - V)/2 is exact in dyadic numbers.",
            dyadic([4, 48], -2, 6, 2), decay=True, threshold=0.5, exact=("spike",))
    yield q("spike-gradient-only", BORDER, ["LIF-5"],
            "A grad_out for the spikes alone: the membranes' counts as 0, what passes the reset does not.",
            uniform([5, 2, 8], -0.3, 0.6), grads=("spike",))
    yield q("membrane-gradient-only", BORDER, ["LIF-5"],
            "A grad_out for the membranes alone: the spikes' counts as 0.", uniform([5, 2, 8], -0.3, 0.6), reset=None, grads=("v",))
    yield q("one-step", DEGENERATE, ["LIF-4", "LIF-5"],
            "T = 1: no carry, yet the membrane's gradient still passes the reset.", uniform([1, 20], -0.3, 0.6))
    yield q("reset-on-threshold", DEGENERATE, ["LIF-2", "LIF-4"],
            "V_reset = V_th = 0 and inputs of 0: the neuron rests on its threshold and fires at every step.",
            dyadic([4, 16], -1, 1, 2), threshold=0.0, exact=("spike",))
    yield q("reset-above-threshold", DEGENERATE, ["LIF-3"],
            "V_reset above V_th: once fired, it fires on.", uniform([5, 16], -0.5, 0.25), threshold=0.125, reset=0.5)
    yield q("tau-large", DEGENERATE, ["LIF-1", "LIF-5"], "tau = 1e6: almost no leak, the carry is almost 1.",
            uniform([6, 16], -0.1, 0.25), tau=1e6, threshold=0.3)
    yield q("tau-near-one", DEGENERATE, ["LIF-1", "LIF-5"], "tau = 1.0625: almost all of the membrane leaks.",
            uniform([6, 16], -0.2, 0.5), tau=1.0625)
    yield q("nan", DEGENERATE, ["LIF-2"],
            "A NaN never fires and stays in the membrane; its neighbours are untouched.",
            listed(0.5, "nan", 0.125, 0.25, 1.0, "nan", 0.5, 0.75, 0.5, shape=[3, 3]), grads=False)


def integrate_and_fire():
    def q(id, kind, clauses, why, x, exact=(), **neuron):
        return Question(f"if-{id}", "if", kind, clauses, why, _neuron(**neuron), {"x": x}, exact=exact)

    yield q("hard", ORDINARY, ["IF-1", "IF-2"], "No leak: H = V + X, and the carry is g_H itself.",
            uniform([6, 2, 9], -0.3, 0.9), threshold=1.0)
    yield q("soft", ORDINARY, ["IF-1", "IF-2"], "Soft reset keeps what exceeds the threshold.",
            uniform([6, 2, 9], -0.3, 0.9), threshold=1.0, reset=None)
    yield q("detach", ORDINARY, ["IF-2"], "The reset's gradient is cut.",
            uniform([6, 2, 9], -0.3, 0.9), threshold=1.0, detach=True, surrogate="erf", alpha=2.0)
    yield q("reset-negative", BORDER, ["IF-1"], "The membrane starts at V_reset.",
            uniform([5, 16], -0.3, 1.2), threshold=1.0, reset=-0.5)
    yield q("on-threshold", BORDER, ["IF-1"], "Dyadic inputs put H exactly on the threshold.",
            dyadic([6, 48], -1, 3, 2), threshold=0.5, reset=None, exact=("spike",))
    yield q("one-step", DEGENERATE, ["IF-2"], "T = 1.", uniform([1, 16], -1, 3), threshold=1.0)


def plif():
    def q(id, kind, clauses, why, x, w, decay=True, exact=(), **neuron):
        return Question(f"plif-{id}", "plif", kind, clauses, why, {"decay_input": decay, **_neuron(**neuron)},
                        {"x": x}, {"w": w}, exact=exact)

    shape = [6, 2, 9]
    for decay in (True, False):
        for reset in (0.0, None):
            name = ("decay" if decay else "no-decay") + ("-soft" if reset is None else "-hard")
            yield q(name, ORDINARY, ["PLIF-1", "PLIF-2"],
                    "The gradient of w sums over all steps and elements, with another factor for each kind of input.",
                    uniform(shape, -0.3, 1.5 if decay else 0.7), uniform([1], -0.75, 0.75), decay, threshold=0.5, reset=reset)
    yield q("detach", ORDINARY, ["PLIF-2"], "The reset's gradient is cut.",
            uniform(shape, -0.3, 1.5), uniform([1], -0.75, 0.75), threshold=0.5, detach=True)
    yield q("reset-negative", BORDER, ["PLIF-1", "PLIF-2"], "V_reset is not 0: it enters the factor of the gradient of w.",
            uniform(shape, -0.3, 2.5), uniform([1], -0.75, 0.75), threshold=1.0, reset=-0.25, surrogate="atan", alpha=2.0)
    yield q("on-threshold", BORDER, ["PLIF-1"], "w = 0 is r = 1/2 exactly, and dyadic inputs put H on the threshold.",
            dyadic([4, 48], -2, 6, 2), fill([1], 0), threshold=0.5, exact=("spike",))
    yield q("w-large", DEGENERATE, ["PLIF-1", "PLIF-2"], "w = 30: r is 1 to the last bit but for its gradient r (1 - r).",
            uniform(shape, -0.3, 0.8), fill([1], 30), decay=False, threshold=0.5)
    yield q("w-small", DEGENERATE, ["PLIF-1", "PLIF-2"], "w = -30: r is tiny, the neuron integrates.",
            uniform(shape, -0.2, 0.5), fill([1], -30), decay=False, threshold=0.5)
    yield q("silent", DEGENERATE, ["PLIF-2"], "Inputs of 0: no spike, a gradient of w that is exactly 0.",
            fill([4, 8], 0), uniform([1], -0.75, 0.75), threshold=0.5)


def conv2d():
    def q(id, kind, clauses, why, x, weight, bias=True, stride=1, padding=0, dilation=1, groups=1):
        parameters = {"weight": weight, **({"bias": uniform([weight.shape[0]], -0.5, 0.5)} if bias else {})}
        return Question(f"conv2d-{id}", "conv2d", kind, clauses, why,
                        {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}, {"x": x}, parameters)

    def w(*shape):
        return uniform(shape, -0.5, 0.5)

    x = uniform([2, 4, 7, 6], -1, 1)
    yield q("k3", ORDINARY, ["CONV-1", "CONV-2", "CONV-4"], "The usual 3x3: cross-correlation (no flip), zero padding.",
            x, w(5, 4, 3, 3), padding=1)
    yield q("k1", ORDINARY, ["CONV-1"], "1x1.", x, w(5, 4, 1, 1))
    yield q("no-bias", ORDINARY, ["CONV-1"], "A missing bias means none.", x, w(3, 4, 3, 3), bias=False, padding=1)
    yield q("stride2", ORDINARY, ["CONV-1", "CONV-4"], "Stride 2 over an even and an odd side.",
            uniform([1, 3, 8, 7], -1, 1), w(4, 3, 3, 3), stride=2, padding=1)
    yield q("dilation2", ORDINARY, ["CONV-1", "CONV-4"], "Dilation 2.", x, w(3, 4, 3, 3), padding=2, dilation=2)
    yield q("groups2", ORDINARY, ["CONV-3"], "Two groups of two channels each.", x, w(6, 2, 3, 3), padding=1, groups=2)
    yield q("depthwise", ORDINARY, ["CONV-3"], "One channel a group, two outputs each.", x, w(8, 1, 3, 3), padding=1, groups=4)
    yield q("spikes", ORDINARY, ["CONV-1"], "Spikes stored as BOOL: every tensor is converted to the precision first.",
            dyadic([2, 4, 5, 5], 0, 1, 0).stored_as("BOOL"), w(3, 4, 3, 3), padding=1)
    yield q("oblong-kernel", BORDER, ["CONV-1"], "A 3x2 kernel: rows and columns of taps must not be exchanged.",
            x, w(3, 4, 3, 2), padding=1)
    yield q("all-mixed", BORDER, ["CONV-1", "CONV-3", "CONV-4"], "Stride, padding, dilation and groups at once.",
            uniform([2, 6, 9, 10], -1, 1), w(4, 3, 3, 3), stride=2, padding=3, dilation=2, groups=2)
    yield q("unread-rows", BORDER, ["CONV-4"], "Stride 3 leaves rows and columns that no tap reads: their gradient is 0.",
            uniform([1, 2, 8, 9], -1, 1), w(2, 2, 2, 2), stride=3)
    yield q("stride-over-kernel", BORDER, ["CONV-1"], "1x1 with stride 2: most pixels are never read.",
            uniform([1, 3, 5, 6], -1, 1), w(2, 3, 1, 1), stride=2)
    yield q("one-pixel", DEGENERATE, ["CONV-2"], "A 1x1 image under a 3x3 kernel: only the centre tap sees anything.",
            uniform([1, 3, 1, 1], -1, 1), w(4, 3, 3, 3), padding=1)
    yield q("kernel-over-image", DEGENERATE, ["CONV-2"], "The kernel (5x5) is larger than the image (3x2).",
            uniform([1, 2, 3, 2], -1, 1), w(3, 2, 5, 5), padding=2)
    yield q("padding-over-kernel", DEGENERATE, ["CONV-2"], "Padding beyond the kernel: an outer ring of outputs is the bias alone.",
            uniform([1, 2, 3, 4], -1, 1), w(2, 2, 3, 3), padding=4)
    yield q("one-column", DEGENERATE, ["CONV-1", "CONV-2"], "An image of one column.",
            uniform([1, 2, 9, 1], -1, 1), w(3, 2, 3, 3), padding=1)


def deform_conv2d():
    def q(id, kind, clauses, why, x, offset, mask, weight, bias=True, grads=True, exact=(), **attrs):
        attrs = {"stride": 1, "padding": 1, "dilation": 1, "groups": 1, "offset_groups": 1, **attrs}
        inputs = {"x": x, "offset": offset, **({} if mask is None else {"mask": mask})}
        parameters = {"weight": weight, **({"bias": uniform([weight.shape[0]], -0.5, 0.5)} if bias else {})}
        return Question(f"deform-{id}", "deform_conv2d", kind, clauses, why, attrs, inputs, parameters, grads, exact)

    def w(*shape):
        return uniform(shape, -0.5, 0.5)

    x, mask = uniform([2, 4, 5, 6], -1, 1), uniform([2, 9, 5, 6], 0, 2)
    on_cell = ("cell",)
    yield q("v2", ORDINARY, ["DCN-1", "DCN-2", "DCN-3", "DCN-5"], "Offsets of a few pixels, dy before dx, mask per tap.",
            x, uniform([2, 18, 5, 6], -2.5, 2.5), mask, w(3, 4, 3, 3))
    yield q("v1", ORDINARY, ["DCN-1", "DCN-2", "DCN-3"], "No mask: every tap weighs 1.",
            x, uniform([2, 18, 5, 6], -1.5, 1.5), None, w(3, 4, 3, 3))
    yield q("no-bias", ORDINARY, ["DCN-1"], "A missing bias means none.",
            x, uniform([2, 18, 5, 6], -1.5, 1.5), mask, w(3, 4, 3, 3), bias=False)
    yield q("offset-groups2", ORDINARY, ["DCN-4"], "Two offset groups: group g owns the g-th contiguous block of channels.",
            x, uniform([2, 36, 5, 6], -2, 2), uniform([2, 18, 5, 6], 0, 2), w(3, 4, 3, 3), offset_groups=2)
    yield q("groups2-offset-groups4", ORDINARY, ["DCN-4"], "Weight groups and offset groups that differ.",
            x, uniform([2, 72, 5, 6], -2, 2), uniform([2, 36, 5, 6], 0, 2), w(6, 2, 3, 3), groups=2, offset_groups=4)
    yield q("stride2-dilation2", ORDINARY, ["DCN-1"], "Stride and dilation move the taps, not the offsets.",
            uniform([1, 4, 8, 7], -1, 1), uniform([1, 36, 4, 4], -2, 2), uniform([1, 18, 4, 4], 0, 2), w(3, 4, 3, 3),
            stride=2, padding=2, dilation=2, offset_groups=2)
    yield q("oblong-kernel", BORDER, ["DCN-1"], "A 3x2 kernel: taps are row-major.",
            uniform([1, 3, 5, 6], -1, 1), uniform([1, 12, 5, 7], -1.5, 1.5), uniform([1, 6, 5, 7], 0, 2), w(2, 3, 3, 2))
    yield q("zero-offsets", BORDER, ["DCN-2", "DCN-5"],
            "The first training step: every position is an integer and the border taps sit at -1, where the value is 0 and the "
            "derivative by the offset comes from row 0.",
            x, fill([2, 18, 5, 6], 0), mask, w(3, 4, 3, 3), exact=on_cell)
    yield q("integer-offsets", BORDER, ["DCN-2", "DCN-5"], "Integer positions inside, on the border and outside.",
            x, dyadic([2, 18, 5, 6], -4, 4, 0), mask, w(3, 4, 3, 3), exact=on_cell)
    yield q("half-offsets", BORDER, ["DCN-2", "DCN-5"], "Half positions: all four corners weigh the same, borders included.",
            x, dyadic([2, 18, 5, 6], -7, 7, 1), mask, w(3, 4, 3, 3), exact=on_cell)

    targets = [-2, -1.5, -1, -0.5, 0, 0.25, 2, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.5, 5, -0.25, 1, -1.0625, 3.9375, 6]
    dy = [targets[(5 * i + j) % 20] - i for i in range(4) for j in range(5)]
    dx = [targets[(3 * i + 7 * j) % 20] - j for i in range(4) for j in range(5)]
    yield q("at-every-border", BORDER, ["DCN-2", "DCN-5"],
            "One tap (1x1 kernel) on a 4x5 image, at positions below, at and above -1, 0, H - 1 and H.",
            uniform([1, 2, 4, 5], -1, 1), listed(*dy, *dx, shape=[1, 2, 4, 5]), uniform([1, 1, 4, 5], 0, 2), w(2, 2, 1, 1),
            padding=0, exact=on_cell)
    for name, row in (("at-minus-one", -1), ("at-last-row", 3), ("at-height", 4)):
        yield q(name, BORDER, ["DCN-2", "DCN-5"], f"Every position of a 4x5 image has y = {row} exactly, x between two columns.",
                uniform([1, 2, 4, 5], -1, 1),
                listed(*(row - i for i in range(4) for _ in range(5)),
                       *((7 * j + 3 * i) % 20 / 4 - j - 0.375 for i in range(4) for j in range(5)), shape=[1, 2, 4, 5]),
                None, w(2, 2, 1, 1), padding=0, exact=on_cell)
    yield q("far-outside", DEGENERATE, ["DCN-2", "DCN-5"],
            "Positions up to 1e30: compared as floats, they read 0 and have no gradient; as integers they would wrap.",
            uniform([1, 2, 3, 3], -1, 1),
            listed(*(v for row in ([1e30, -1e30, 3e9, -3e9, 1e19, -1e19, 7, -7, 0.25], [0.5, 0.5, 1e30, 3e9, 0.5, -1e30, 0.5, 9, 0.5])
                     for v in row), shape=[1, 2, 3, 3]), None, w(2, 2, 1, 1), padding=0, exact=on_cell)
    yield q("not-finite", DEGENERATE, ["DCN-6"], "NaN and infinite positions sample NaN and read nothing out of range.",
            uniform([1, 2, 3, 3], -1, 1),
            listed("nan", 0.5, "inf", 0.25, "-inf", 0.5, 0.5, 0.5, 0.25, 0.5, "nan", 0.5, 0.5, 0.5, "inf", "-inf", 0.25, 0.5,
                   shape=[1, 2, 3, 3]), None, w(2, 2, 1, 1), padding=0, grads=False)
    yield q("one-pixel", DEGENERATE, ["DCN-2"], "A 1x1 image: any tap further than a pixel reads 0.",
            uniform([1, 3, 1, 1], -1, 1), uniform([1, 18, 1, 1], -1.5, 1.5), uniform([1, 9, 1, 1], 0, 2), w(2, 3, 3, 3))
    yield q("zero-mask", DEGENERATE, ["DCN-3", "DCN-5"], "A mask of 0 leaves the bias, and still has a gradient itself.",
            uniform([1, 3, 4, 4], -1, 1), uniform([1, 18, 4, 4], -1.5, 1.5), fill([1, 9, 4, 4], 0), w(2, 3, 3, 3))


def batch_norm():
    def q(id, kind, clauses, why, x, train, eps=1e-5, momentum=0.1, **parameters):
        c = x.shape[2]
        parameters = {"weight": uniform([c], 0.05, 0.5), "bias": uniform([c], -0.3, 0.3),
                      "running_mean": uniform([c], -0.5, 0.5), "running_var": uniform([c], 0.2, 2), **parameters}
        return Question(f"batch-norm-{id}", "batch_norm", kind, clauses, why,
                        {"eps": eps, "momentum": momentum, "train": train}, {"x": x}, parameters)

    x = uniform([4, 2, 3, 3, 4], -1, 1.5)
    yield q("train", ORDINARY, ["TDBN-1", "TDBN-3", "TDBN-4"],
            "Statistics over time, batch and space; biased variance to normalise, unbiased in the running one.", x, True)
    yield q("eval", ORDINARY, ["TDBN-2", "TDBN-4"], "Running statistics; the gradient has no term for mean and variance.", x, False)
    yield q("momentum", ORDINARY, ["TDBN-3"], "momentum weighs the new value, not the old; eps other than the default.",
            x, True, eps=1e-3, momentum=0.25)
    yield q("one-channel", BORDER, ["TDBN-1"], "One channel.", uniform([2, 1, 1, 3, 3], -1, 1), True)
    yield q("large-mean", BORDER, ["TDBN-1"],
            "A mean of 16384 with deviations near 1: the variance as E[x^2] - E[x]^2 loses its digits, of centred values it does not.",
            uniform([4, 1, 2, 4, 4], 16383, 16385), True)
    yield q("two-values", DEGENERATE, ["TDBN-1", "TDBN-3", "TDBN-4"],
            "n = 2: the unbiased variance is twice the biased one, and the normalised values are close to +1 and -1.",
            uniform([1, 1, 3, 1, 2], -0.5, 0.5), True)
    yield q("two-steps", DEGENERATE, ["TDBN-1"], "n = 2, from two time steps of one pixel.",
            uniform([2, 1, 3, 1, 1], -0.5, 0.5), True)
    yield q("constant-channel", DEGENERATE, ["TDBN-1", "TDBN-3", "TDBN-4"],
            "Variance 0: only eps keeps the division finite; y is the bias and the gradient is large.",
            fill([2, 2, 2, 3, 2], 0.5), True)
    yield q("zero-variance-eval", DEGENERATE, ["TDBN-2"], "A running variance of 0.", x, False, running_var=fill([3], 0))


def layer_norm():
    def q(id, kind, why, x, eps=1e-5):
        c = x.shape[-1]
        return Question(f"layer-norm-{id}", "layer_norm", kind, ["LN-1", "LN-2"], why, {"eps": eps}, {"x": x},
                        {"weight": uniform([c], 0.5, 1.5), "bias": uniform([c], -0.3, 0.3)})

    yield q("tokens", ORDINARY, "Over the last axis only, biased variance.", uniform([2, 5, 12], -1, 1))
    yield q("eps", ORDINARY, "eps is added to the variance, inside the root.", uniform([3, 8], -0.1, 0.1), eps=0.01)
    yield q("one-axis", BORDER, "A single row.", uniform([7], -1, 1))
    yield q("large-mean", BORDER, "A mean of 16384 with deviations near 1: variance of centred values.",
            uniform([3, 16], 16383, 16385))
    yield q("constant-row", DEGENERATE, "Variance 0: y is the bias.", fill([3, 8], 0.75))
    yield q("one-channel", DEGENERATE, "C = 1: y is the bias, the gradient of x is 0.", uniform([5, 1], -1, 1))


def linear():
    def q(id, kind, why, x, weight, bias=True):
        return Question(f"linear-{id}", "linear", kind, ["LIN-1", "LIN-2"], why, {}, {"x": x},
                        {"weight": weight, **({"bias": uniform([weight.shape[0]], -0.5, 0.5)} if bias else {})})

    yield q("tokens", ORDINARY, "On the last axis of [.., in]; weight is [out, in].",
            uniform([2, 5, 12], -1, 1), uniform([7, 12], -0.5, 0.5))
    yield q("no-bias", ORDINARY, "A missing bias means none.", uniform([4, 6], -1, 1), uniform([3, 6], -0.5, 0.5), bias=False)
    yield q("square", ORDINARY, "As many features out as in: a weight read as [in, out] fits as well, and is wrong.",
            uniform([6, 7], -1, 1), uniform([7, 7], -0.5, 0.5))
    yield q("long", ORDINARY, "A sum of 257 products.", uniform([2, 257], -1, 1), uniform([3, 257], -0.5, 0.5))
    yield q("vector", BORDER, "No leading axis.", uniform([9], -1, 1), uniform([4, 9], -0.5, 0.5))
    yield q("one-by-one", DEGENERATE, "One feature in, one out.", uniform([3, 1], -1, 1), uniform([1, 1], -1, 1))
    yield q("zeros", DEGENERATE, "Inputs of 0: the bias, and a weight gradient of 0.", fill([3, 4], 0), uniform([2, 4], -1, 1))


def pointwise():
    def q(id, op, kind, clauses, why, x, attrs=None, exact=()):
        return Question(id, op, kind, clauses, why, attrs or {}, {"x": x}, exact=exact)

    yield q("softmax-rows", "softmax", ORDINARY, ["SM-1", "SM-2"], "Over the last axis.", uniform([2, 4, 9], -3, 3))
    yield q("softmax-wide", "softmax", ORDINARY, ["SM-1", "SM-2"], "Logits spread over 40.", uniform([3, 17], -20, 20))
    yield q("softmax-equal", "softmax", BORDER, ["SM-1"], "Equal logits: all 1/n.", fill([2, 7], 1.5))
    yield q("softmax-huge", "softmax", BORDER, ["SM-1"],
            "Logits whose exponential overflows: the maximum is subtracted first.",
            listed(1e4, 1e4, -1e4, 0, 800, 799, 798, -800, 1e30, -1e30, 0, 1e30, -1e30, -1e30, -1e30, -1e30, shape=[4, 4]))
    yield q("softmax-one", "softmax", DEGENERATE, ["SM-1", "SM-2"], "Rows of one element: 1, gradient 0.", uniform([4, 1], -5, 5))
    yield q("softmax-tiny-tail", "softmax", DEGENERATE, ["SM-1"], "Elements that underflow to 0 beside one that does not.",
            listed(0, -50, -700, -800, -1000, shape=[1, 5]))

    yield q("gelu-middle", "gelu", ORDINARY, ["GELU-1", "GELU-2"], "The erf form; the tanh form is off by up to 5e-4.", uniform([96], -4, 4))
    yield q("gelu-small", "gelu", ORDINARY, ["GELU-1", "GELU-2"], "Near 0, where it is x/2.", uniform([32], -1e-3, 1e-3))
    yield q("gelu-tail", "gelu", BORDER, ["GELU-1", "GELU-2"],
            "Only large negative values: 1 + erf is 0 or rounding there, erfc keeps the digits.",
            listed(-8.0, -8.5, -9.0, -10.0, -12.0, -15.0, -20.0, -25.0, -30.0, -37.0, -38.5, -40.0, -100.0))
    yield q("gelu-ends", "gelu", DEGENERATE, ["GELU-1", "GELU-2"], "Zeros, subnormals and values where x times 0 must not be NaN.",
            listed(0.0, -0.0, 5e-324, -5e-324, 6.0, 10.0, 40.0, 1e10, -1e10, -40.0))

    yield q("relu-both-sides", "relu", ORDINARY, ["ACT-1"], "Negative values give 0, value and gradient.", uniform([3, 20], -1, 1))
    yield q("relu-zeros", "relu", BORDER, ["ACT-1"], "The gradient at 0 and at -0 is 0.",
            listed(0.0, -0.0, 5e-324, -5e-324, 1.0, -1.0, 0.0, 2.0), exact=("relu",))
    yield q("relu-dead", "relu", DEGENERATE, ["ACT-1"], "Nothing passes.", uniform([9], -2, -1))
    yield q("sigmoid-middle", "sigmoid", ORDINARY, ["ACT-2"], "Both sides of 0.", uniform([3, 20], -6, 6))
    yield q("sigmoid-tail", "sigmoid", BORDER, ["ACT-2"], "Large negative values: in float64 the result keeps its relative precision.",
            uniform([24], -80, -20))
    yield q("sigmoid-ends", "sigmoid", DEGENERATE, ["ACT-2"], "Arguments whose exponential overflows either way.",
            listed(0.0, -0.0, 40.0, -40.0, 710.0, -710.0, 1e30, -1e30))

    yield q("avg-pool-image", "avg_pool", ORDINARY, ["POOL-1"], "The mean of the last two axes.", uniform([2, 3, 5, 4], -1, 1))
    yield q("avg-pool-sequence", "avg_pool", ORDINARY, ["POOL-1"], "Leading axes are kept, however many.", uniform([2, 2, 3, 3, 4], -1, 1))
    yield q("avg-pool-large-mean", "avg_pool", BORDER, ["POOL-1"], "Many values of one sign.", uniform([1, 2, 33, 65], 4095, 4097))
    yield q("avg-pool-one-pixel", "avg_pool", DEGENERATE, ["POOL-1"], "One pixel is its own mean.", uniform([2, 3, 1, 1], -1, 1))

    yield q("pixel-shuffle-2", "pixel_shuffle", ORDINARY, ["PS-1"], "Channel c s^2 + i s + j goes to row h s + i, column w s + j.",
            uniform([2, 12, 3, 5], -1, 1), {"scale": 2})
    yield q("pixel-shuffle-3", "pixel_shuffle", ORDINARY, ["PS-1"], "Scale 3, integers stored as I32.",
            dyadic([1, 27, 2, 3], -9, 9, 0).stored_as("I32"), {"scale": 3})
    yield q("pixel-shuffle-4", "pixel_shuffle", ORDINARY, ["PS-1"], "Scale 4.", uniform([1, 48, 2, 3], -1, 1), {"scale": 4})
    yield q("pixel-shuffle-1", "pixel_shuffle", BORDER, ["PS-1"], "Scale 1 changes nothing.", uniform([1, 3, 2, 3], -1, 1), {"scale": 1})
    yield q("pixel-shuffle-one-pixel", "pixel_shuffle", DEGENERATE, ["PS-1"], "One pixel becomes s x s.",
            uniform([1, 9, 1, 1], -1, 1), {"scale": 3})


def l1_loss():
    def q(id, kind, why, x, target, exact=()):
        return Question(f"l1-{id}", "l1_loss", kind, ["L1-1", "L1-2"], why, {}, {"x": x, "target": target}, exact=exact)

    image = [2, 3, 4, 5]
    yield q("images", ORDINARY, "The mean over everything; the target has a gradient too.",
            uniform(image, 0, 1), uniform(image, 0, 1))
    yield q("some-equal", BORDER, "sign(0) = 0: equal elements have no gradient.",
            dyadic(image, 0, 3, 2), dyadic(image, 0, 3, 2), exact=("l1",))
    yield q("integers", BORDER, "Both tensors stored as I64; converted to the precision first, they have gradients like any other.",
            dyadic([11], -3, 3, 0).stored_as("I64"), dyadic([11], -3, 3, 0).stored_as("I64"), exact=("l1",))
    yield q("equal", DEGENERATE, "Loss 0, gradients 0.", fill([7], 0.3), fill([7], 0.3), exact=("l1",))
    yield q("one-element", DEGENERATE, "N = 1.", uniform([1], 0, 1), uniform([1], 0, 1))


def patches():
    def divide(id, kind, clauses, why, shape, patch, step):
        return Question(f"patch-divide-{id}", "patch_divide", kind, clauses, why,
                        {"patch_size": patch, "step": step}, {"x": uniform(shape, -1, 1)})

    def reverse(id, kind, clauses, why, shape, patch, step, published=False):
        b, c, height, width = shape
        n = _patches(height, patch, step) * _patches(width, patch, step)
        attrs = {"patch_size": patch, "step": step, "height": height, "width": width}
        return Question(f"patch-reverse-{id}", "patch_reverse", kind, clauses, why,
                        {**attrs, "published": True} if published else attrs,
                        {"y": uniform([b, n, c, patch, patch], -1, 1)})

    moved = "The last patch is moved back to end at the edge."
    three = "Sides that are 3 modulo P - 2: one row and one column lie in three patches."
    yield divide("p16", ORDINARY, ["PATCH-1", "PATCH-2"], moved, [1, 2, 23, 31], 16, 14)
    yield divide("p12", ORDINARY, ["PATCH-1", "PATCH-2"], moved, [1, 2, 14, 25], 12, 10)
    yield divide("p5-batch", ORDINARY, ["PATCH-1"], "Patches are listed row by row, images one after the other.", [3, 2, 8, 11], 5, 3)
    yield divide("exact-fit", BORDER, ["PATCH-2"], "Sides P + k (P - 2): nothing is moved, no patch is added.", [1, 2, 8, 14], 5, 3)
    yield divide("three-deep", BORDER, ["PATCH-2"], three, [1, 2, 9, 12], 5, 3)
    yield divide("one-over", BORDER, ["PATCH-2"], "Sides P + 1: a second patch one pixel on.", [1, 1, 6, 6], 5, 3)
    yield divide("no-overlap", BORDER, ["PATCH-1"], "A step of P: patches do not overlap, but for the one moved back.", [1, 2, 8, 10], 4, 4)
    yield divide("one-patch", DEGENERATE, ["PATCH-2"], "H = W = P: one patch, not two.", [2, 3, 5, 5], 5, 3)
    yield divide("strip", DEGENERATE, ["PATCH-2"], "H = P only.", [1, 2, 5, 12], 5, 3)
    yield divide("p3", DEGENERATE, ["PATCH-2"], "The smallest patch with a step: P = 3, step 1.", [1, 1, 4, 6], 3, 1)
    yield reverse("p16", ORDINARY, ["PATCH-3"], "Overlaps are averaged.", [1, 1, 18, 30], 16, 14)
    yield reverse("p12", ORDINARY, ["PATCH-3"], "Overlaps are averaged.", [1, 1, 14, 22], 12, 10)
    yield reverse("three-deep", BORDER, ["PATCH-3"], three + " Its mean is over three, or nine where they cross.", [1, 2, 9, 12], 5, 3)
    yield reverse("p16-three-deep", BORDER, ["PATCH-3"], three, [1, 1, 31, 17], 16, 14)
    yield reverse("published-three-deep", BORDER, ["PATCH-4"],
                  "As three-deep under the published rule: 2^(r+c) divides what three patches gave.", [1, 2, 9, 12], 5, 3, True)
    yield reverse("published", ORDINARY, ["PATCH-4"], "Where no pixel lies in three patches of a side both rules agree.",
                  [2, 2, 8, 10], 5, 3, True)
    yield reverse("no-overlap", BORDER, ["PATCH-3"], "A step of P.", [1, 2, 8, 10], 4, 4)
    yield reverse("p3", DEGENERATE, ["PATCH-3"], "P = 3, step 1: pixels lie in up to nine patches.", [1, 1, 5, 6], 3, 1)
    yield reverse("one-patch", DEGENERATE, ["PATCH-3"], "One patch: nothing to average.", [2, 2, 5, 5], 5, 3)


def _patches(side, patch, step):
    return len(range(0, side + step - patch, step))


def matching():
    def q(id, kind, clauses, why, x, exact=(), noise=None, grads=True, parameters=None, **attrs):
        b, n, c = x.shape[:3]
        inputs = {"x": x}
        if attrs.get("train"):
            inputs["gumbel.0"] = noise or gumbel(1, [b, n, n])["gumbel.0"]
        return Question(f"match-{id}", "match", kind, clauses, why, {"dim": c, **attrs}, inputs,
                        parameters or module_parameters(match(c)), grads, exact)

    x = uniform([2, 6, 8, 3, 3], -1, 1)
    yield q("eval", ORDINARY, ["MATCH-1", "MATCH-2", "MATCH-4"],
            "Each patch takes the most similar other one of its own image; the norm has no gradient.", x)
    yield q("train", ORDINARY, ["MATCH-3", "MATCH-4"],
            "Hard choice forward, softmax backward; the patches' own gradient is onehot^T g only.", x, train=True)
    yield q("train-tau", ORDINARY, ["MATCH-3", "MATCH-4"], "tau divides scores and noise, and the gradient once more.",
            x, train=True, tau=0.5)
    yield q("train-tau-large", ORDINARY, ["MATCH-4"], "tau = 2.", x, train=True, tau=2.0)
    yield q("published-batch", ORDINARY, ["MATCH-5"], "The published evaluation gives image 1 the patches of image 0.",
            uniform([3, 5, 4, 2, 2], -1, 1), published=True)
    yield q("published-train", ORDINARY, ["MATCH-5"], "The published switch leaves training alone.",
            uniform([2, 5, 4, 2, 2], -1, 1), train=True, published=True)
    # Patches of four dyadic pixels a channel: permuted, their means stay equal to the last bit.
    a, b = [[0.5, -0.25, 1.0, 0.25], [0.125, 0.75, -0.5, 1.5]], [[-1.0, 0.5, 0.25, -0.75], [2.0, -0.25, 0.5, 0.0]]
    same_mean = [a[0] + a[1], b[0] + b[1], a[0][::-1] + a[1][::-1], a[0][2:] + a[0][:2] + a[1][::-1], b[0][::-1] + b[1][::-1]]
    ties = listed(*(v for patch in same_mean for v in patch), shape=[1, 5, 2, 2, 2])
    plain_norm = {"norm.weight": fill([2], 1), "norm.bias": listed(0.5, -0.25)}
    yield q("ties", BORDER, ["MATCH-2"], "Different patches with equal means have equal scores: the lowest index wins.",
            ties, exact=("match",), parameters=plain_norm)
    no_scores = {"norm.weight": fill([4], 0), "norm.bias": fill([4], 0)}
    yield q("train-ties", BORDER, ["MATCH-3"],
            "Scores of 0 and noise of four levels: ties of score plus noise go to the lowest index.",
            uniform([2, 6, 4, 2, 2], -1, 1), train=True, noise=dyadic([2, 6, 6], 0, 3, 0), exact=("match",), parameters=no_scores)
    yield q("train-itself", BORDER, ["MATCH-1", "MATCH-3"], "Noise of 250 on the diagonal outweighs the -100: a patch may match itself.",
            uniform([1, 3, 4, 2, 2], -1, 1), train=True,
            noise=listed(250.0, 0.5, 0.25, 0.5, 250.0, 0.75, 1.5, 0.5, 250.0, shape=[1, 3, 3]))
    yield q("itself", BORDER, ["MATCH-1", "MATCH-2"],
            "A norm whose weights grew: some patches match themselves in spite of the -100, others would but for it.",
            uniform([2, 6, 8, 2, 2], -1, 1), parameters=module_parameters(match(8), norm__weight=lambda shape: uniform(shape, 5, 8)))
    yield q("two-patches", BORDER, ["MATCH-2"], "Each takes the other.", uniform([2, 2, 4, 2, 2], -1, 1))
    yield q("one-patch", DEGENERATE, ["MATCH-2"], "A single patch takes itself.", uniform([2, 1, 4, 2, 2], -1, 1))
    yield q("one-patch-train", DEGENERATE, ["MATCH-3", "MATCH-4"], "A single patch in training: p = 1, no gradient through it.",
            uniform([1, 1, 4, 2, 2], -1, 1), train=True)
    yield q("all-equal", DEGENERATE, ["MATCH-2"], "Equal patches: patch 0 takes 1, all others take 0; seen in the gradient.",
            fill([1, 4, 3, 2, 2], 0.5), exact=("match",))


def attentions():
    def q(id, kind, clauses, why, x, qk=4, cross=False, deformable=False, exact=(), fresh=False, **overrides):
        c = x.shape[-1]
        inputs = {"x": x, **({"y": uniform(x.shape, -1, 1)} if cross else {})}
        return Question(f"attention-{id}", "attention", kind, clauses, why,
                        {"dim": c, "heads": 1, "qk_dim": qk, "deformable": deformable}, inputs,
                        module_parameters(attention(c, qk), fresh=fresh, **overrides), exact=exact)

    x = uniform([2, 16, 6], -1, 1)
    yield q("self", ORDINARY, ["ATT-1", "ATT-4"], "Scores are divided by sqrt(qk_dim), not sqrt(dim).", x)
    yield q("cross", ORDINARY, ["ATT-2", "ATT-4"], "Keys and values from y, queries from x.", x, cross=True)
    yield q("cross-deformable", ORDINARY, ["ATT-2", "ATT-3", "ATT-4"], "The query alone passes the deformable convolution.",
            uniform([2, 25, 5], -1, 1), cross=True, deformable=True)
    yield q("self-deformable", ORDINARY, ["ATT-3"], "Without y, keys and values come from x before the deformable convolution.",
            x, deformable=True)
    yield q("fresh", BORDER, ["ATT-3"], "Offsets and mask as initialised: integer positions, mask 1.",
            x, cross=True, deformable=True, fresh=True, exact=("cell",))
    yield q("sharp", BORDER, ["ATT-1"], "Large queries: rows of the softmax are nearly one-hot.", x,
            to_q__weight=lambda shape: uniform(shape, -20, 20))
    yield q("uniform", DEGENERATE, ["ATT-1"], "Queries of 0: every token is the mean of the values.", x,
            to_q__weight=lambda shape: fill(shape, 0))
    yield q("one-token", DEGENERATE, ["ATT-1", "ATT-4"], "One token attends to itself; q and k have no gradient.",
            uniform([3, 1, 4], -1, 1), qk=1)
    yield q("one-token-deformable", DEGENERATE, ["ATT-3"], "A 1x1 map under the deformable 3x3.",
            uniform([2, 1, 4], -1, 1), qk=2, cross=True, deformable=True)


def deformable_modules():
    def q(id, kind, clauses, why, x, out, exact=(), fresh=False, **overrides):
        return Question(f"deformable-module-{id}", "deformable_conv_module", kind, clauses, why, {}, {"x": x},
                        module_parameters(deformable_conv_module(x.shape[1], out), fresh=fresh, **overrides), exact=exact)

    yield q("trained", ORDINARY, ["DCM-1", "DCM-3"], "Offsets and mask from x, both with gradients back to x.", uniform([2, 4, 5, 6], -1, 1), 3)
    yield q("wide-offsets", ORDINARY, ["DCM-1", "DCM-3"], "Offsets of many pixels.", uniform([1, 4, 6, 5], -1, 1), 4,
            offset_conv__bias=lambda shape: uniform(shape, -5, 5))
    yield q("fresh", BORDER, ["DCM-2"], "As initialised: offsets 0 and mask 2 sigmoid(0) = 1, an ordinary convolution going forward only.",
            uniform([1, 4, 5, 5], -1, 1), 4, fresh=True, exact=("cell",))
    yield q("shifted", BORDER, ["DCM-1"], "Offsets of exactly -1: row and column -1 and -2 are read as 0.",
            uniform([1, 3, 4, 5], -1, 1), 3, fresh=True, exact=("cell",), offset_conv__bias=lambda shape: fill(shape, -1))
    yield q("one-pixel", DEGENERATE, ["DCM-1"], "A 1x1 map.", uniform([2, 4, 1, 1], -1, 1), 4)
    yield q("closed-mask", DEGENERATE, ["DCM-1"], "A mask near 0: 2 sigmoid(-40).", uniform([1, 3, 4, 4], -1, 1), 3,
            modulator_conv__bias=lambda shape: fill(shape, -40))


def adam():
    def q(id, kind, why, step, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, **tensors):
        shape = [3, 5]
        inputs = {"theta": uniform(shape, -1, 1), "grad": uniform(shape, -1, 1),
                  "m": uniform(shape, -0.5, 0.5), "v": uniform(shape, 0.01, 0.5), **tensors}
        return Question(f"adam-{id}", "adam", kind, ["ADAM-1"], why,
                        {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "step": step}, inputs, grads=False)

    zeros = fill([3, 5], 0)
    yield q("step-1", BORDER, "The first step, from zero moments: theta moves by lr sign(grad) almost exactly.", 1, m=zeros, v=zeros)
    yield q("step-2", ORDINARY, "The bias corrections are 1 - beta^2, and of different betas.", 2)
    yield q("step-1000", ORDINARY, "The first correction is over, the second is not.", 1000)
    yield q("step-1e6", BORDER, "Both corrections are over.", 1000000)
    yield q("large-eps", ORDINARY, "eps is added after the root, and to the corrected moment.", 3, lr=0.1, eps=0.5)
    yield q("zero-gradient", DEGENERATE, "No gradient and no moments: 0/eps, theta stays.", 1, grad=zeros, m=zeros, v=zeros)
    yield q("no-momentum", DEGENERATE, "beta1 = 0.", 7, beta1=0.0, beta2=0.5)
    yield q("tiny-gradient", DEGENERATE, "Gradients of the size of eps: sqrt(v) and eps weigh the same.", 1,
            grad=uniform([3, 5], -2e-8, 2e-8), m=zeros, v=zeros)


def all_questions():
    for group in (surrogates, lif, integrate_and_fire, plif, conv2d, deform_conv2d, batch_norm, layer_norm, linear,
                  pointwise, l1_loss, patches, matching, attentions, deformable_modules, adam):
        yield from group()
