"""Times SpikeSR in PyTorch, float32, on the processor: the peer that our own times are set against.

    python3 spikesr_torch.py HEIGHT WIDTH [--mode infer|train|convolution] [--batch N] [--runs N] [--threads N] [--blas-threads N]
                             [--deform torchvision|gather] [--parameters FILE]
    python3 spikesr_torch.py HEIGHT WIDTH --serve [the same options]
    python3 spikesr_torch.py --check

The network is golden/torch's at the published size, or at that of the parameters' file, with the library's own fast operators in place of
the plain formulas; --check shows in float64, on a small network, that both give the same answers.
Prints one line a run (seconds), then one with the median and the peak memory of the process. With --serve it prints "ready" after the
first run, then waits for a line of standard input before every further one, so that bench/run can alternate it with ours.
--mode convolution times one 3x3 convolution of 64 to 64 channels on [4, 64, HEIGHT, WIDTH], channels last: oneDNN's best layout.
"""

import argparse
import os
import platform
import resource
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "torch"))

PUBLISHED = {"T": 4, "channels": 64, "groups": 4, "blocks": 2, "patch_size": 16, "qk_dim": 32, "mlp_dim": 100, "scale": 4}
SMALL = {"T": 2, "channels": 16, "groups": 1, "blocks": 2, "patch_size": 6, "qk_dim": 4, "mlp_dim": 8, "scale": 2}


def options_from(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("height", type=int, nargs="?", default=64, help="low-resolution rows")
    parser.add_argument("width", type=int, nargs="?", default=64, help="low-resolution columns")
    parser.add_argument("--mode", choices=("infer", "train", "convolution"), default="infer")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1, help="runs before the timed ones")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="torch's own threads")
    parser.add_argument("--blas-threads", type=int, help="OPENBLAS_NUM_THREADS; as many as --threads unless given")
    parser.add_argument("--deform", choices=("torchvision", "gather"), default="torchvision",
                        help="who samples: torchvision's operator, or the faster one written here from gathers")
    parser.add_argument("--parameters", metavar="FILE", help="take size and parameters of a model file, or of a case file (param/...)")
    parser.add_argument("--serve", action="store_true", help="run once for every line of standard input")
    parser.add_argument("--check", action="store_true", help="compare the fast operators with the plain formulas and exit")
    return parser.parse_args(arguments)


OPTIONS = options_from(sys.argv[1:])
# Read by the libraries when they load, so it must stand before their import.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(OPTIONS.blas_threads or OPTIONS.threads)

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import torchvision  # noqa: E402

import cases  # noqa: E402
import network  # noqa: E402
import state_dict  # noqa: E402
from neurons import Neuron  # noqa: E402

NEURON = Neuron()  # SpikeSR's settings; tau is 2 below


class Lif(torch.autograd.Function):
    """All time steps in one node, with the backward recursion written out and only H saved."""

    @staticmethod
    def forward(ctx, x):
        h, spikes = torch.empty_like(x), torch.empty_like(x)
        v = torch.zeros_like(x[0])
        for t in range(len(x)):
            torch.add(x[t], v, alpha=0.5, out=h[t])  # V - V/2 + X
            torch.ge(h[t], NEURON.v_threshold, out=spikes[t])
            v = torch.where(h[t] >= NEURON.v_threshold, 0.0, h[t]).to(x.dtype)
        ctx.save_for_backward(h)
        return spikes

    @staticmethod
    def backward(ctx, grad):
        (h,) = ctx.saved_tensors
        grad_x, carry = torch.empty_like(h), None
        for t in range(len(h) - 1, -1, -1):
            q = torch.sigmoid(NEURON.alpha * (h[t] - NEURON.v_threshold))
            surrogate = NEURON.alpha * q * (1 - q)
            g = grad[t] * surrogate
            if carry is not None:
                g = g + carry * ((h[t] < NEURON.v_threshold).to(h.dtype) - h[t] * surrogate)
            grad_x[t] = g
            carry = g / 2
        return grad_x


def batch_norm(x, weight, bias, running_mean, running_var, train):
    mean, variance = (running_mean.clone(), running_var.clone()) if train else (running_mean, running_var)
    y = F.batch_norm(x.flatten(0, 1), mean, variance, weight, bias, train, 0.1, 1e-5)
    return y.reshape(x.shape), mean, variance


def library_deform_conv2d(x, offset, mask, weight, bias, padding):
    return torchvision.ops.deform_conv2d(x, offset, weight, bias, padding=padding, mask=mask)


def gather_deform_conv2d(x, offset, mask, weight, bias, padding):
    """The same from a weighted sum of four rows of a channels-last table a sample, and one matrix product.

    On a processor this is several times faster than torchvision's, forward and backward.
    """
    n, c, h, w = x.shape
    out_channels, _, kh, kw = weight.shape
    pixels, taps = h * w, kh * kw

    def positions(size, along_rows, kernel_offset, moved):
        start = torch.arange(size, dtype=x.dtype) - padding
        start = start.repeat_interleave(w) if along_rows else start.repeat(h)
        position = (moved + start + kernel_offset.to(x.dtype)[:, None]).transpose(1, 2)  # [n, pixels, taps]
        low = torch.floor(position).detach()
        fraction = position - low
        corners, weights = torch.stack([low, low + 1], -1), torch.stack([1 - fraction, fraction], -1)
        weights = torch.where((corners >= 0) & (corners < size), weights, weights.new_zeros(()))
        return corners.clamp(0, size - 1).long(), weights

    moved = offset.reshape(n, taps, 2, pixels)
    rows, row_weights = positions(h, True, torch.arange(kh).repeat_interleave(kw), moved[:, :, 0])
    columns, column_weights = positions(w, False, torch.arange(kw).repeat(kh), moved[:, :, 1])
    first = (torch.arange(n) * pixels).reshape(n, 1, 1, 1, 1)
    corners = first + rows[..., :, None] * w + columns[..., None, :]
    weights = row_weights[..., :, None] * column_weights[..., None, :]
    weights = weights * mask.reshape(n, taps, pixels).transpose(1, 2)[..., None, None]
    table = x.permute(0, 2, 3, 1).reshape(n * pixels, c)
    samples = F.embedding_bag(corners.reshape(-1, 4), table, per_sample_weights=weights.reshape(-1, 4), mode="sum")
    kernel = weight.reshape(out_channels, c, taps).permute(2, 1, 0).reshape(taps * c, out_channels)
    out = torch.addmm(bias, samples.reshape(n * pixels, taps * c), kernel)
    return out.reshape(n, h, w, out_channels).permute(0, 3, 1, 2)


def fast(deform_conv2d):
    return network.Kernels(
        gelu=F.gelu,
        softmax=lambda x: torch.softmax(x, -1),
        layer_norm=lambda x, weight, bias: F.layer_norm(x, weight.shape, weight, bias),
        batch_norm=batch_norm,
        deform_conv2d=deform_conv2d,
        lif=Lif.apply,
    )


FAST = {"torchvision": fast(library_deform_conv2d), "gather": fast(gather_deform_conv2d)}


def shapes_of(size):
    return state_dict.spikesr(size["T"], size["channels"], size["qk_dim"], size["mlp_dim"], size["groups"], size["blocks"],
                              size["scale"])


def initial_parameters(size, dtype, offsets):
    """As a new network has them; `offsets` (0 in a new one) bounds the sampling offsets' weights."""
    torch.manual_seed(1)
    tensors = {}
    for name, shape in shapes_of(size).items():
        owner, _, kind = name.rpartition(".")
        if kind == "running_var":
            value = torch.ones(shape)
        elif kind == "running_mean":
            value = torch.zeros(shape)
        elif owner.endswith(("residual.2", "residual.5", "shortcut.1", "reduce_chan_level2.2")):
            scale = 0.2 if owner.endswith("residual.5") else 0.15
            value = torch.full(shape, scale / 2**0.5) if kind == "weight" else torch.zeros(shape)
        elif owner.endswith("norm"):
            value = torch.ones(shape) if kind == "weight" else torch.zeros(shape)
        elif owner.endswith(("offset_conv", "modulator_conv")):
            value = torch.empty(shape).uniform_(-offsets, offsets) if offsets else torch.zeros(shape)
        else:
            weight_shape = shapes_of(size)[f"{owner}.weight"]
            bound = torch.Size(weight_shape[1:]).numel() ** -0.5
            value = torch.empty(shape).uniform_(-bound, bound)
        tensors[name] = value.to(dtype).requires_grad_(not state_dict.is_buffer(name))
    return tensors


def settings_for(size, train, kernels, gumbel=()):
    given = {k: v for k, v in size.items() if k not in ("channels", "mlp_dim")}
    return network.Settings(**given, train=train, kernels=kernels, gumbel=list(gumbel))


def noise(size, batch, height, width, dtype):
    p = size["patch_size"]
    n = len(network.layers.tops(height, p, p - 2)) * len(network.layers.tops(width, p, p - 2))
    calls = size["T"] * size["groups"] * size["blocks"]
    return [-torch.log(-torch.log(torch.rand(batch, n, n, dtype=dtype).clamp(1e-6, 1 - 1e-6))) for _ in range(calls)]


def forward_and_gradients(size, train, kernels, parameters, x, gumbel):
    view = network.Parameters(parameters)
    y = network.spikesr(x, view, settings_for(size, train, kernels, gumbel))
    wanted = [t for t in parameters.values() if t.requires_grad]
    grads = torch.autograd.grad(y.square().sum(), wanted, allow_unused=True)
    return [y.detach(), *(g for g in grads if g is not None), *view.state.values()]


def check():
    worst = dict.fromkeys(FAST, 0.0)
    for train in (False, True):
        parameters = initial_parameters(SMALL, torch.float64, 0.1)
        x = torch.rand(2, 3, 13, 11, dtype=torch.float64)
        gumbel = noise(SMALL, 2, 13, 11, torch.float64) if train else []
        plain = forward_and_gradients(SMALL, train, network.Kernels(), parameters, x, gumbel)
        largest = max(float(p.abs().max()) for p in plain)
        for name, kernels in FAST.items():
            quick = forward_and_gradients(SMALL, train, kernels, parameters, x, gumbel)
            for p, f in zip(plain, quick, strict=True):
                scale = float(p.abs().max())
                if scale > 1e-12 * largest:  # smaller ones are analytic zeros
                    worst[name] = max(worst[name], float((p - f).abs().max()) / scale)
    for name, off in worst.items():
        print(f"{name}: off from the plain formulas, in float64, by {off:.1e} of a tensor's largest magnitude; 1e-9 allowed")
    return 0 if max(worst.values()) <= 1e-9 else 1


def size_and_parameters(path):
    """Of a model file, whose sizes are read off the shapes, or of a case file of a network."""
    file = cases.read(path)
    given = file.group("param") or file.tensors
    parts = [name.split(".") for name in given]
    attention = "body.0.body.0.attn"
    layer = f"{attention}.gpa.blocks.0.layers.0"
    size = {
        "T": len(given[f"{attention}.conv.0.weight"]),
        "channels": len(given["head.0.proj.weight"]),
        "groups": 1 + max(int(part[1]) for part in parts if part[0] == "body"),
        "blocks": 1 + max(int(part[3]) for part in parts if part[0] == part[2] == "body"),
        "patch_size": int(file.metadata.get("patch_sizes", "16")),
        "qk_dim": len(given[f"{layer}.0.fn.to_q.weight"]),
        "mlp_dim": len(given[f"{layer}.1.fn.fc1.bias"]),
        "scale": round((len(given["tail.0.bias"]) / 3) ** 0.5),
    }
    return size, {name: torch.from_numpy(given[name].copy()).float().requires_grad_(not state_dict.is_buffer(name)) for name in shapes_of(size)}


def blas_library():
    """The file that gives torch its matrix products; the reference one is many times slower than OpenBLAS."""
    with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
        names = {line.split()[-1] for line in maps if "blas" in line or "libmkl" in line}
    return ", ".join(sorted(os.path.basename(os.path.realpath(n)) for n in names)) or "unknown"


def serve(run):
    """A time a line of input: the median over a quarter of a second, or of one run where it is longer."""
    run()
    print("ready", flush=True)
    for _ in sys.stdin:
        seconds, began = [], time.perf_counter()
        while not seconds or time.perf_counter() - began < 0.25:
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
        print(statistics.median(seconds), flush=True)
    return 0


def time_runs(options):
    torch.set_num_threads(options.threads)
    kernels = FAST[options.deform]
    if "openblas" not in blas_library() and "mkl" not in blas_library():
        print(f"torch runs on {blas_library()}, which is many times slower than OpenBLAS: these times say little "
              "(install libopenblas0-pthread, or put its folder into LD_LIBRARY_PATH)", file=sys.stderr)
    size, parameters = size_and_parameters(options.parameters) if options.parameters else (PUBLISHED, initial_parameters(PUBLISHED, torch.float32, 0))
    torch.manual_seed(2)
    x = torch.rand(options.batch, 3, options.height, options.width)
    target = torch.rand(options.batch, 3, options.height * size["scale"], options.width * size["scale"])
    adam = torch.optim.Adam([p for p in parameters.values() if p.requires_grad], lr=1e-4)

    def infer():
        with torch.no_grad():
            network.spikesr(x, network.Parameters(parameters), settings_for(size, False, kernels))

    def train():
        view = network.Parameters(parameters)
        gumbel = noise(size, options.batch, options.height, options.width, torch.float32)
        y = network.spikesr(x, view, settings_for(size, True, kernels, gumbel))
        adam.zero_grad()
        F.l1_loss(y, target).backward()
        adam.step()
        parameters.update(view.state)

    images = torch.rand(4, 64, options.height, options.width).contiguous(memory_format=torch.channels_last)
    kernel = torch.rand(64, 64, 3, 3).contiguous(memory_format=torch.channels_last)
    bias = torch.rand(64)

    def convolution():
        with torch.no_grad():
            F.conv2d(images, kernel, bias, padding=1)

    run = {"train": train, "infer": infer, "convolution": convolution}[options.mode]
    if options.serve:
        return serve(run)
    seconds = []
    for i in range(options.warmup + options.runs):
        start = time.perf_counter()
        run()
        elapsed = time.perf_counter() - start
        if i >= options.warmup:
            seconds.append(elapsed)
            print(f"{elapsed:.3f} s", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    print(f"{options.mode} {options.batch} x 3 x {options.height} x {options.width}: median {statistics.median(seconds):.3f} s of "
          f"{options.runs}, peak {peak:.0f} MiB, torch {torch.__version__} threads {options.threads}, "
          f"BLAS {blas_library()} threads {os.environ['OPENBLAS_NUM_THREADS']}, Python {platform.python_version()}, "
          f"deformable sampling by {options.deform}")
    return 0


if __name__ == "__main__":
    sys.exit(check() if OPTIONS.check else time_runs(OPTIONS))
