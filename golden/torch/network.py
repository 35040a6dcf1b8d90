"""SpikeSR from its equations: deformable convolution module, attention, DSA, HDA, SAB, SAG, FRB, network.

Parameters come as a dictionary from published state-dict names to tensors; `Parameters.under` narrows
it to a module. Functions take (x, parameters, settings).
"""

import math
from dataclasses import dataclass, field
from typing import Callable

import torch

import layers
from layers import conv2d
from neurons import lif


@dataclass(frozen=True)
class Kernels:
    """The operators that have a faster equal in libraries; bench/peer puts those in their place."""

    gelu: Callable = layers.gelu
    softmax: Callable = layers.softmax
    layer_norm: Callable = layers.layer_norm
    batch_norm: Callable = layers.batch_norm
    deform_conv2d: Callable = layers.deform_conv2d
    lif: Callable = lambda x: lif(x)[0]


@dataclass
class Settings:
    patch_size: int = 16
    qk_dim: int = 32
    scale: int = 4
    T: int = 4
    groups: int = 4
    blocks: int = 2
    train: bool = False
    published: bool = False
    gumbel: list = field(default_factory=list)  # one [B, n, n] a Match call, in the order of the calls
    kernels: Kernels = Kernels()

    def __post_init__(self):
        self._next_gumbel = iter(self.gumbel)

    def next_gumbel(self):
        return next(self._next_gumbel) if self.train else None


class Parameters:
    """A view of a state dict below a prefix; `state` collects the buffers that training renews."""

    def __init__(self, tensors, prefix="", state=None):
        self.tensors, self.prefix = tensors, prefix
        self.state = {} if state is None else state

    def under(self, name):
        return Parameters(self.tensors, f"{self.prefix}{name}.", self.state)

    def __getitem__(self, name):
        return self.tensors[self.prefix + name]

    @property
    def weight(self):
        return self["weight"]

    @property
    def bias(self):
        return self["bias"]

    def renew(self, name, value):
        self.state[self.prefix + name] = value


def tdbn(x, p, s):
    y, mean, variance = s.kernels.batch_norm(x, p.weight, p.bias, p["running_mean"], p["running_var"], s.train)
    if s.train:
        p.renew("running_mean", mean)
        p.renew("running_var", variance)
    return y


def sequence_conv(x, p, padding, bias=False):
    """A convolution on every step of [T, B, C, H, W]."""
    t, b = x.shape[:2]
    y = conv2d(x.flatten(0, 1), p.weight, p.bias if bias else None, padding=padding)
    return y.reshape(t, b, *y.shape[1:])


def deformable_conv_module(x, p, s):
    """Modulated deformable 3x3, its offsets and its mask coming from x."""
    offset = conv2d(x, p["offset_conv.weight"], p["offset_conv.bias"], padding=1)
    mask = 2 * torch.sigmoid(conv2d(x, p["modulator_conv.weight"], p["modulator_conv.bias"], padding=1))
    return s.kernels.deform_conv2d(x, offset, mask, p["regular_conv.weight"], p["regular_conv.bias"], padding=1)


def attention(x, y, p, s, deformable):
    """x, y [b, P*P, C]; y None: self attention. q comes from DCN(x) where deformable, k and v from y."""
    source = x
    if deformable:
        b, tokens, c = x.shape
        side = math.isqrt(tokens)
        image = x.transpose(1, 2).reshape(b, c, side, side)
        source = deformable_conv_module(image, p.under("dcn"), s).flatten(2).transpose(1, 2)
    y = x if y is None else y
    q = torch.matmul(source, p["to_q.weight"].T)
    k = torch.matmul(y, p["to_k.weight"].T)
    v = torch.matmul(y, p["to_v.weight"].T)
    scores = torch.matmul(q, k.transpose(1, 2)) / math.sqrt(s.qk_dim)
    return torch.matmul(s.kernels.softmax(scores), v)


def mlp(x, p, s):
    hidden = s.kernels.gelu(torch.matmul(x, p["fc1.weight"].T) + p["fc1.bias"])
    return torch.matmul(hidden, p["fc2.weight"].T) + p["fc2.bias"]


def token_layers(x, y, p, s):
    """Three pre-norm layers: the first crosses to y with a deformable query, the others are self attention."""
    for i in range(3):
        first, second = p.under(f"{i}.0"), p.under(f"{i}.1")
        normed = s.kernels.layer_norm(x, first["norm.weight"], first["norm.bias"])
        x = x + attention(normed, y if i == 0 else None, first.under("fn"), s, deformable=i == 0)
        normed = s.kernels.layer_norm(x, second["norm.weight"], second["norm.bias"])
        x = x + mlp(normed, second.under("fn"), s)
    return x


def dsa(x, p, s):
    """Deformable similarity attention of images x [B, C, H, W]."""
    size, step = s.patch_size, s.patch_size - 2
    b, c, height, width = x.shape
    patches = layers.patch_divide(x, size, step)
    norm = p.under("cross_match.0.norm")
    similar = layers.match(patches, norm.weight, norm.bias, s.train, gumbel=s.next_gumbel(), published=s.published)

    def to_tokens(z):
        return z.flatten(3).transpose(2, 3).flatten(0, 1)  # [B, n, C, P, P] -> [B n, P P, C]

    tokens = token_layers(to_tokens(patches), to_tokens(similar), p.under("blocks.0.layers"), s)
    patches = tokens.transpose(1, 2).reshape(b, -1, c, size, size)
    image = layers.patch_reverse(patches, step, height, width, s.published)
    return x + conv2d(image, p["mid_convs.0.weight"], p["mid_convs.0.bias"], padding=1)


def hda(u, p):
    """Gate of time and channel: u [T, B, C, H, W]."""
    m = layers.avg_pool(u)[..., 0, 0].transpose(0, 1)  # [B, T, C]
    channels = torch.matmul(m, p["conv_c.weight"][:, :, 0].T)
    times = torch.matmul(p["conv.0.weight"][:, :, 0], m)
    return torch.sigmoid(channels * times).transpose(0, 1)[..., None, None] * u


def sab(x, p, s):
    """Spiking attention block on [T, B, C, H, W]."""
    residual, shortcut = p.under("residual"), p.under("shortcut")
    main = tdbn(sequence_conv(s.kernels.lif(x), residual.under("1"), 1), residual.under("2"), s)
    main = tdbn(sequence_conv(s.kernels.lif(main), residual.under("4"), 1), residual.under("5"), s)
    u = main + tdbn(sequence_conv(x, shortcut.under("0"), 1), shortcut.under("1"), s)
    spatial = torch.stack([dsa(u_t, p.under("attn.gpa"), s) for u_t in u])
    return s.kernels.gelu(hda(u, p.under("attn")) + spatial) + x


def sag(x, p, s):
    """Spiking attention group."""
    y = x
    for n in range(s.blocks):
        y = sab(y, p.under(f"body.{n}"), s)
    reduce = p.under("reduce_chan_level2")
    return x + tdbn(sequence_conv(s.kernels.lif(y), reduce.under("1"), 0, bias=True), reduce.under("2"), s)


def feature_refinement(r, p):
    ca, sa = p.under("ca"), p.under("sa")
    hidden = layers.relu(conv2d(layers.avg_pool(r), ca["1.weight"], ca["1.bias"]))
    a = torch.sigmoid(conv2d(hidden, ca["3.weight"], ca["3.bias"]))
    t = conv2d(conv2d(r, sa["0.weight"], sa["0.bias"], padding=1), sa["1.weight"], sa["1.bias"], padding=1)
    t = torch.sigmoid(conv2d(layers.relu(t), sa["3.weight"], sa["3.bias"], padding=1))
    return (1 - t) * a + t * r


def upsample_one_step(x, p, s):
    return layers.pixel_shuffle(conv2d(x, p["0.weight"], p["0.bias"], padding=1), s.scale)


def spikesr(x, p, s):
    """[B, 3, H, W] -> [B, 3, scale H, scale W]"""
    head = conv2d(x, p["head.0.proj.weight"], padding=1)
    first = head[None].expand(s.T, *head.shape)  # the T copies of X give T equal maps
    y = first
    for g in range(s.groups):
        y = sag(y, p.under(f"body.{g}"), s)
    r = (y + first).mean(0)
    return upsample_one_step(feature_refinement(r, p.under("refinement")), p.under("tail"), s)
