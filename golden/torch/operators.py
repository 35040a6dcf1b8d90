"""The table of operators: which attributes, inputs and parameters each takes, and what it calls."""

from dataclasses import dataclass
from typing import Callable

import layers
import network
import state_dict
from cases import CaseError
from neurons import Neuron, Step, integrate_and_fire, lif, plif

AFFINE = {"weight": None, "bias": None}  # None: any shape


@dataclass(frozen=True)
class Operator:
    run: Callable  # (inputs, parameters, attrs) -> outputs, or (outputs, renewed buffers)
    inputs: tuple
    required: tuple = ()
    optional: dict = None  # attribute to default, besides train
    optional_inputs: tuple = ()
    parameters: Callable = lambda attrs: {}  # attrs -> name to shape, None for any shape
    optional_parameters: tuple = ()
    gumbel: Callable = lambda attrs: 0  # number of Match calls in training

    def check(self, attrs, inputs, parameters):
        """Raises CaseError on an unknown or a missing attribute or tensor, and on a wrong parameter shape."""
        optional = {"train": False, **(self.optional or {})}
        for name in attrs:
            if name not in self.required and name not in optional:
                raise CaseError(f"attrs: unknown attribute {name}")
        for name in self.required:
            if name not in attrs:
                raise CaseError(f"attrs: {name} missing")
        attrs = {**optional, **attrs}
        expected = set(self.inputs) | {f"gumbel.{i}" for i in range(self.gumbel(attrs) if attrs["train"] else 0)}
        _same_names("in", expected, set(self.optional_inputs), inputs)
        shapes = self.parameters(attrs)
        _same_names("param", set(shapes) - set(self.optional_parameters), set(self.optional_parameters), parameters)
        for name, shape in shapes.items():
            if shape is not None and name in parameters and list(parameters[name].shape) != shape:
                raise CaseError(f"param/{name}: shape {list(parameters[name].shape)}, expected {shape}")
        return attrs


def _same_names(group, required, optional, given):
    for name in sorted(required - set(given)):
        raise CaseError(f"{group}/{name}: missing")
    for name in sorted(set(given) - required - optional):
        raise CaseError(f"{group}/{name}: unknown tensor")


def _neuron(attrs):
    return Neuron(attrs["v_threshold"], attrs["v_reset"], attrs["detach_reset"], attrs["surrogate"], attrs["alpha"])


def _spike_and_v(pair):
    return {"spike": pair[0], "v": pair[1]}


def _settings(inputs, attrs, **given):
    names = {"patch_size", "qk_dim", "scale", "T", "groups", "blocks", "train", "published"}
    count = sum(name.startswith("gumbel.") for name in inputs)
    gumbel = [inputs[f"gumbel.{i}"] for i in range(count)]
    return network.Settings(gumbel=gumbel, **{k: v for k, v in attrs.items() if k in names}, **given)


def _with_state(function):
    """For modules: y = function(x, parameters, settings), and the buffers it renewed."""
    def run(inputs, parameters, attrs):
        view = network.Parameters(parameters)
        y = function(inputs["x"], view, _settings(inputs, attrs))
        return {"y": y}, view.state
    return run


def _pointwise(function):
    return Operator(lambda i, p, a: {"y": function(i["x"])}, ("x",))


def _batch_norm(inputs, parameters, attrs):
    y, mean, variance = layers.batch_norm(inputs["x"], *(parameters[n] for n in NORM_PARAMETERS),
                                          attrs["train"], attrs["eps"], attrs["momentum"])
    return {"y": y}, {"running_mean": mean, "running_var": variance} if attrs["train"] else {}


def _attention(inputs, parameters, attrs):
    if attrs["heads"] != 1:
        raise CaseError(f"attrs: heads {attrs['heads']}, expected 1")
    settings = _settings(inputs, attrs)
    view = network.Parameters(parameters)
    return {"y": network.attention(inputs["x"], inputs.get("y"), view, settings, attrs["deformable"])}


def _adam(inputs, parameters, attrs):
    theta, m, v = layers.adam(*(inputs[n] for n in ("theta", "grad", "m", "v")),
                              *(attrs[n] for n in ("lr", "beta1", "beta2", "eps", "step")))
    return {"theta": theta, "m": m, "v": v}


NORM_PARAMETERS = ("weight", "bias", "running_mean", "running_var")
NEURON = ("v_threshold", "v_reset", "detach_reset", "surrogate", "alpha")
SAB = ("T", "channels", "patch_size", "qk_dim", "mlp_dim")
CONV = ("stride", "padding", "dilation", "groups")
PUBLISHED = {"published": False}

TABLE = {
    "surrogate": Operator(
        lambda i, p, a: {"spike": Step.apply(i["x"], a["surrogate"], a["alpha"])}, ("x",), ("surrogate", "alpha")),
    "lif": Operator(
        lambda i, p, a: _spike_and_v(lif(i["x"], _neuron(a), a["tau"], a["decay_input"])),
        ("x",), ("tau", "decay_input", *NEURON)),
    "if": Operator(lambda i, p, a: _spike_and_v(integrate_and_fire(i["x"], _neuron(a))), ("x",), NEURON),
    "plif": Operator(
        lambda i, p, a: {"spike": plif(i["x"], p["w"], _neuron(a), a["decay_input"])[0]},
        ("x",), ("decay_input", *NEURON), parameters=lambda a: {"w": [1]}),
    "conv2d": Operator(
        lambda i, p, a: {"y": layers.conv2d(i["x"], p["weight"], p.get("bias"), *(a[n] for n in CONV))},
        ("x",), CONV, parameters=lambda a: AFFINE, optional_parameters=("bias",)),
    "deform_conv2d": Operator(
        lambda i, p, a: {"y": layers.deform_conv2d(i["x"], i["offset"], i.get("mask"), p["weight"], p.get("bias"),
                                                   *(a[n] for n in CONV), a["offset_groups"])},
        ("x", "offset"), (*CONV, "offset_groups"), optional_inputs=("mask",),
        parameters=lambda a: AFFINE, optional_parameters=("bias",)),
    "batch_norm": Operator(_batch_norm, ("x",), ("eps", "momentum"),
                           parameters=lambda a: dict.fromkeys(NORM_PARAMETERS)),
    "layer_norm": Operator(
        lambda i, p, a: {"y": layers.layer_norm(i["x"], p["weight"], p["bias"], a["eps"])},
        ("x",), ("eps",), parameters=lambda a: AFFINE),
    "linear": Operator(
        lambda i, p, a: {"y": i["x"] @ p["weight"].T + p.get("bias", 0)},
        ("x",), parameters=lambda a: AFFINE, optional_parameters=("bias",)),
    "softmax": _pointwise(layers.softmax),
    "gelu": _pointwise(layers.gelu),
    "relu": _pointwise(layers.relu),
    "sigmoid": _pointwise(lambda x: x.sigmoid()),
    "avg_pool": _pointwise(layers.avg_pool),
    "pixel_shuffle": Operator(lambda i, p, a: {"y": layers.pixel_shuffle(i["x"], a["scale"])}, ("x",), ("scale",)),
    "l1_loss": Operator(lambda i, p, a: {"loss": layers.l1_loss(i["x"], i["target"])}, ("x", "target")),
    "patch_divide": Operator(
        lambda i, p, a: {"y": layers.patch_divide(i["x"], a["patch_size"], a["step"])}, ("x",), ("patch_size", "step")),
    "patch_reverse": Operator(
        lambda i, p, a: {"x": layers.patch_reverse(i["y"], a["step"], a["height"], a["width"], a["published"])},
        ("y",), ("patch_size", "step", "height", "width"), PUBLISHED),
    "match": Operator(
        lambda i, p, a: {"y": layers.match(i["x"], p["norm.weight"], p["norm.bias"], a["train"], a["tau"],
                                           i.get("gumbel.0"), a["published"])},
        ("x",), ("dim",), {"tau": 1.0, **PUBLISHED}, gumbel=lambda a: 1,
        parameters=lambda a: state_dict.match(a["dim"])),
    "attention": Operator(
        _attention, ("x",), ("dim", "qk_dim", "deformable"), {"heads": 1}, optional_inputs=("y",),
        parameters=lambda a: state_dict.attention(a["dim"], a["qk_dim"])),
    "deformable_conv_module": Operator(
        _with_state(network.deformable_conv_module), ("x",),
        parameters=lambda a: dict.fromkeys(state_dict.deformable_conv_module(1, 1))),
    "dsa": Operator(
        _with_state(network.dsa), ("x",), ("dim", "patch_size", "qk_dim", "mlp_dim"), PUBLISHED, gumbel=lambda a: 1,
        parameters=lambda a: state_dict.dsa(a["dim"], a["qk_dim"], a["mlp_dim"])),
    "hda": Operator(
        _with_state(lambda x, p, s: network.hda(x, p)), ("x",), ("T", "channels"),
        parameters=lambda a: state_dict.hda(a["T"], a["channels"])),
    "feature_refinement": Operator(
        _with_state(lambda x, p, s: network.feature_refinement(x, p)), ("x",), ("channels", "reduction"),
        parameters=lambda a: state_dict.feature_refinement(a["channels"], a["reduction"])),
    "upsample_one_step": Operator(
        _with_state(network.upsample_one_step), ("x",), ("scale", "channels"),
        parameters=lambda a: state_dict.upsample_one_step(a["channels"], a["scale"])),
    "sab": Operator(
        _with_state(network.sab), ("x",), SAB, PUBLISHED, gumbel=lambda a: a["T"],
        parameters=lambda a: state_dict.sab(a["T"], a["channels"], a["qk_dim"], a["mlp_dim"])),
    "sag": Operator(
        _with_state(network.sag), ("x",), (*SAB, "blocks"), gumbel=lambda a: a["T"] * a["blocks"],
        parameters=lambda a: state_dict.sag(a["T"], a["channels"], a["qk_dim"], a["mlp_dim"], a["blocks"])),
    "adam": Operator(_adam, ("theta", "grad", "m", "v"), ("lr", "beta1", "beta2", "eps", "step")),
    "spikesr": Operator(
        _with_state(network.spikesr), ("x",), (*SAB, "groups", "blocks", "scale"), PUBLISHED,
        gumbel=lambda a: a["T"] * a["groups"] * a["blocks"],
        parameters=lambda a: state_dict.spikesr(a["T"], a["channels"], a["qk_dim"], a["mlp_dim"], a["groups"],
                                                a["blocks"], a["scale"])),
}
