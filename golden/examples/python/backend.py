"""A SpikeSR backend in a page: python3 backend.py CASE ANSWER. Python and numpy only; computes in float32."""
import json
import struct
import sys

import numpy as np

KINDS = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "BOOL": "?"}
f32 = np.float32


class Refused(Exception):
    """The question is bad: exit status 2, and no answer."""


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + size])
    meta, tensors = header.pop("__metadata__"), {}
    for name, t in header.items():
        first, last = t["data_offsets"]
        tensors[name] = np.frombuffer(raw[8 + size + first:8 + size + last], KINDS[t["dtype"]]).reshape(t["shape"]).astype(f32)
    return meta["op"], json.loads(meta["attrs"]), tensors


def write(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        raw = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def fire(u, kind, a):
    """The step, and the derivative of its surrogate."""
    if kind == "sigmoid":
        s = 1 / (1 + np.exp(-a * np.abs(u)))
        return u >= 0, a * s * (1 - s)
    if kind == "atan":
        return u >= 0, a / 2 / (1 + (np.pi / 2 * a * u) ** 2)
    raise Refused(f"surrogate {kind} is not written yet")


def lif(a, t):
    """H = V - (V - V_r)/tau + X (with input decay V + (X - (V - V_r))/tau); S = H >= V_th; hard or soft reset; and back through time."""
    x, tau, reset, threshold = t["in/x"], f32(a["tau"]), a["v_reset"], f32(a["v_threshold"])
    rest, spike, trace, slope, h = f32(reset or 0), np.zeros_like(x), np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    v = np.full(x.shape[1:], rest, f32)
    for i in range(len(x)):
        h[i] = v + (x[i] - (v - rest)) / tau if a["decay_input"] else v - (v - rest) / tau + x[i]
        spike[i], slope[i] = fire(h[i] - threshold, a["surrogate"], f32(a["alpha"]))
        v = h[i] - threshold * spike[i] if reset is None else np.where(spike[i] > 0, rest, h[i])
        trace[i] = v
    answer = {"out/spike": spike, "out/v": trace}
    if "grad_out/spike" in t or "grad_out/v" in t:
        zero, carry, grad = np.zeros_like(x), np.zeros_like(v), np.zeros_like(x)
        gs, gv, keep = t.get("grad_out/spike", zero), t.get("grad_out/v", zero), 1 - 1 / tau
        for i in reversed(range(len(x))):
            g = gv[i] + carry
            through = -threshold if reset is None else rest - h[i]
            dv = (1 if reset is None else 1 - spike[i]) + (0 if a["detach_reset"] else through * slope[i])
            gh = gs[i] * slope[i] + g * dv
            carry, grad[i] = gh * keep, gh / tau if a["decay_input"] else gh
        answer["grad_in/x"] = grad
    return answer


def linear(a, t):
    x, w, b = t["in/x"], t["param/weight"], t.get("param/bias")
    if w.ndim != 2 or w.shape[1] != x.shape[-1]:
        raise Refused("param/weight: shape does not fit in/x")
    answer = {"out/y": x @ w.T + (0 if b is None else b)}
    if "grad_out/y" in t:
        g = t["grad_out/y"]
        rows, inputs = g.reshape(-1, w.shape[0]), x.reshape(-1, w.shape[1])
        answer |= {"grad_in/x": g @ w, "grad_param/weight": rows.T @ inputs} | ({} if b is None else {"grad_param/bias": rows.sum(0)})
    return answer


def relu(a, t):
    x = t["in/x"]
    return {"out/y": np.maximum(x, 0)} | ({"grad_in/x": np.where(x > 0, t["grad_out/y"], 0)} if "grad_out/y" in t else {})


NEURON = {"tau", "decay_input", "v_threshold", "v_reset", "detach_reset", "surrogate", "alpha"}
OPERATORS = {"lif": (lif, NEURON, {"in/x"}), "linear": (linear, set(), {"in/x", "param/weight"}), "relu": (relu, set(), {"in/x"})}


def main(case, out):
    op, attrs, tensors = read(case)
    try:
        compute, names, needed = OPERATORS[op]
        asked = {n for n in tensors if n.startswith(("in/", "param/"))}
        if set(attrs) - {"train"} != names or not needed <= asked <= needed | {"param/bias"}:
            raise Refused(f"{op}: attributes {sorted(attrs)} or tensors {sorted(asked)} are not its own")
        write(out, compute(attrs, tensors))
    except Refused as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
