"""The operators below the network, as explicit formulas wherever a formula is short.

Sequences are [T, B, C, H, W], images [B, C, H, W], tokens [B, tokens, C]. Nothing here needs torchvision.
"""

import math

import torch
import torch.nn.functional as F

import decisions


def gelu(x):
    """x/2 (1 + erf(x / sqrt 2)), through erfc so that the negative tail keeps its relative precision."""
    return x / 2 * torch.special.erfc(-x / math.sqrt(2))


def relu(x):
    decisions.note("relu", x)
    return torch.where(x > 0, x, torch.zeros_like(x))


def softmax(x):
    """Over the last axis."""
    e = torch.exp(x - x.max(-1, keepdim=True).values.detach())
    return e / e.sum(-1, keepdim=True)


def layer_norm(x, weight, bias, eps=1e-5):
    centred = x - x.mean(-1, keepdim=True)
    variance = (centred**2).mean(-1, keepdim=True)
    return centred / torch.sqrt(variance + eps) * weight + bias


def batch_norm(x, weight, bias, running_mean, running_var, train, eps=1e-5, momentum=0.1):
    """TDBN: statistics over (T, B, H, W). Returns y and, in training, the new running mean and variance."""
    def per_channel(v):
        return v[:, None, None]

    if not train:
        normalised = (x - per_channel(running_mean)) / torch.sqrt(per_channel(running_var) + eps)
        return normalised * per_channel(weight) + per_channel(bias), running_mean, running_var
    axes = (0, 1, 3, 4)
    n = x.numel() // x.shape[2]
    if n < 2:
        raise ValueError("batch_norm: one value a channel has no variance in training")
    mean = x.mean(axes)
    centred = x - per_channel(mean)
    variance = (centred**2).mean(axes)
    y = centred / per_channel(torch.sqrt(variance + eps)) * per_channel(weight) + per_channel(bias)
    new_mean = (1 - momentum) * running_mean + momentum * mean.detach()
    new_var = (1 - momentum) * running_var + momentum * variance.detach() * n / (n - 1)
    return y, new_mean, new_var


def avg_pool(x):
    return x.mean((-2, -1), keepdim=True)


def pixel_shuffle(x, s):
    """out[b, c, h s + i, w s + j] = in[b, c s^2 + i s + j, h, w]"""
    b, channels, h, w = x.shape
    x = x.reshape(b, channels // (s * s), s, s, h, w)
    return x.permute(0, 1, 4, 2, 5, 3).reshape(b, channels // (s * s), h * s, w * s)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return F.conv2d(x, weight, bias, stride, padding, dilation, groups)


def bilinear(image, y, x):
    """Samples image [N, C, H, W] at y, x [N, S] -> [N, C, S].

    The bilinear form on the cell of the position, every corner outside the image reading 0; the
    derivative by the position is that form's on that cell. A non-finite position gives NaN.
    """
    n, c, height, width = image.shape
    decisions.note("cell", y.detach() - y.detach().round())
    decisions.note("cell", x.detach() - x.detach().round())
    y0, x0 = torch.floor(y).detach(), torch.floor(x).detach()
    ly, lx = y - y0, x - x0
    pixels = image.reshape(n, c, height * width)

    def corner(row, column):
        # Compared as floats: a position far outside has no integer.
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        index = (torch.where(inside, row, torch.zeros_like(row)) * width
                 + torch.where(inside, column, torch.zeros_like(column))).long()
        read = pixels.gather(2, index[:, None, :].expand(n, c, -1))
        return torch.where(inside[:, None, :], read, torch.zeros_like(read))

    def weighted(weight, value):
        return weight[:, None, :] * value

    return (weighted((1 - ly) * (1 - lx), corner(y0, x0)) + weighted((1 - ly) * lx, corner(y0, x0 + 1))
            + weighted(ly * (1 - lx), corner(y0 + 1, x0)) + weighted(ly * lx, corner(y0 + 1, x0 + 1)))


def deform_conv2d(x, offset, mask, weight, bias, stride=1, padding=0, dilation=1, groups=1, offset_groups=1):
    """x [B, C, H, W]; offset [B, 2 g K, Ho, Wo] as (dy, dx) a tap; mask [B, g K, Ho, Wo] or None (v1)."""
    b, c, _, _ = x.shape
    out_channels, _, kh, kw = weight.shape
    ho, wo = offset.shape[-2:]
    taps, og = kh * kw, offset_groups

    def grid(count, kernel_offset):
        return torch.arange(count, dtype=x.dtype) * stride - padding + kernel_offset * dilation

    ky = torch.arange(kh).repeat_interleave(kw).to(x.dtype)
    kx = torch.arange(kw).repeat(kh).to(x.dtype)
    rows = torch.stack([grid(ho, k) for k in ky])[:, :, None]  # [K, Ho, 1]
    columns = torch.stack([grid(wo, k) for k in kx])[:, None, :]  # [K, 1, Wo]
    offset = offset.reshape(b * og, taps, 2, ho, wo)
    y = (rows + offset[:, :, 0]).reshape(b * og, taps * ho * wo)
    xx = (columns + offset[:, :, 1]).reshape(b * og, taps * ho * wo)

    samples = bilinear(x.reshape(b * og, c // og, *x.shape[2:]), y, xx)
    if mask is not None:
        samples = samples * mask.reshape(b * og, 1, taps * ho * wo)
    samples = samples.reshape(b, groups, c // groups * taps, ho * wo)
    kernel = weight.reshape(groups, out_channels // groups, c // groups * taps)
    out = torch.matmul(kernel, samples).reshape(b, out_channels, ho, wo)
    return out if bias is None else out + bias[:, None, None]


def tops(size, patch, step):
    """First rows (or columns) of the patches along one side; the last patch ends at the edge."""
    return [min(top, size - patch) for top in range(0, size + step - patch, step)]


def patch_pixels(height, width, patch, step):
    """Flat pixel index of every element of the row-major list of patches: [n P P]."""
    if min(height, width) < patch:
        raise ValueError(f"an image of {height} x {width} holds no patch of {patch} x {patch}")
    rows = torch.tensor([[top + i for i in range(patch)] for top in tops(height, patch, step)])
    columns = torch.tensor([[left + j for j in range(patch)] for left in tops(width, patch, step)])
    return (rows[:, None, :, None] * width + columns[None, :, None, :]).flatten()


def patch_divide(x, patch, step):
    """[B, C, H, W] -> [B, n, C, P, P]"""
    b, c, height, width = x.shape
    index = patch_pixels(height, width, patch, step)
    patches = x.flatten(2).gather(2, index.expand(b, c, -1))
    return patches.reshape(b, c, -1, patch, patch).transpose(1, 2)


def patch_reverse(y, step, height, width, published=False):
    """[B, n, C, P, P] -> [B, C, H, W]: patches added back, every pixel divided by its number of patches."""
    b, n, c, patch, _ = y.shape
    index = patch_pixels(height, width, patch, step)
    if index.numel() != n * patch * patch:
        raise ValueError(f"patch_reverse: {n} patches given, {height} x {width} has {index.numel() // patch**2}")
    flat = y.transpose(1, 2).reshape(b, c, -1)
    total = flat.new_zeros(b, c, height * width).scatter_add(2, index.expand(b, c, -1), flat)
    if published:
        divisor = seam_divisor(height, patch, step)[:, None] * seam_divisor(width, patch, step)
    else:
        divisor = torch.bincount(index, minlength=height * width).reshape(height, width)
    return total.reshape(b, c, height, width) / divisor.to(y.dtype)


def seam_divisor(size, patch, step):
    """The published rule along one side: 2 to the number of neighbouring pairs of patches that share the pixel."""
    first = tops(size, patch, step)
    return torch.tensor([2 ** sum(b <= pixel < a + patch for a, b in zip(first, first[1:])) for pixel in range(size)])


def lowest_argmax(scores):
    """Index of the largest value of the last axis; of several, the lowest."""
    n = scores.shape[-1]
    if n > 1:
        best = scores.detach().topk(2, -1).values
        decisions.note("match", best[..., 0] - best[..., 1])
    largest = scores == scores.max(-1, keepdim=True).values
    chosen = torch.where(largest, torch.arange(n), n).min(-1).values
    decisions.take("match", chosen)
    return chosen


def match(x, weight, bias, train=False, tau=1.0, gumbel=None, published=False):
    """x [B, n, C, P, P] -> for every patch the most similar other patch of its image, same shape."""
    b, n, c = x.shape[:3]
    q = layer_norm(x.mean((-2, -1)), weight, bias)
    # Elementwise products and one sum, so that equal patches get equal scores whatever the BLAS.
    scores = (q[:, :, None, :] * q[:, None, :, :]).sum(-1) / math.sqrt(c) - 100 * torch.eye(n, dtype=x.dtype)
    if not train:
        chosen = lowest_argmax(scores)
        image = torch.zeros(b, 1, dtype=torch.long) if published else torch.arange(b)[:, None]
        return x[image, chosen]
    noisy = scores + gumbel
    p = softmax(noisy / tau)
    onehot = F.one_hot(lowest_argmax(noisy), n).to(x.dtype)
    # onehot + p - stop(p): its value is onehot, its derivative that of p. Written as two products, so
    # that the patches' gradient is onehot^T g exactly and the value a plain selection.
    patches = x.flatten(2)
    y = torch.matmul(onehot, patches) + torch.matmul(p - p.detach(), patches.detach())
    return y.reshape(x.shape)


def l1_loss(x, target):
    decisions.note("l1", x - target)
    return (x - target).abs().mean().reshape(1)


def adam(theta, grad, m, v, lr, beta1, beta2, eps, step):
    """One update; step counts from 1. Returns theta, m, v."""
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**step)
    v_hat = v / (1 - beta2**step)
    return theta - lr * m_hat / (torch.sqrt(v_hat) + eps), m, v
