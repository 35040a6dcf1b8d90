"""Names and shapes of every module's parameters and buffers, by their published names."""


def _prefixed(prefix, shapes):
    return {f"{prefix}.{name}": shape for name, shape in shapes.items()}


def _affine(name, c):
    return {f"{name}.weight": [c], f"{name}.bias": [c]}


def _conv(name, out, inp, k):
    return {f"{name}.weight": [out, inp, k, k], f"{name}.bias": [out]}


def tdbn(name, c):
    return {**_affine(name, c), f"{name}.running_mean": [c], f"{name}.running_var": [c]}


def deformable_conv_module(c, out):
    return {**_conv("offset_conv", 18, c, 3), **_conv("modulator_conv", 9, c, 3), **_conv("regular_conv", out, c, 3)}


def attention(c, qk):
    return {"to_q.weight": [qk, c], "to_k.weight": [qk, c], "to_v.weight": [c, c],
            **_prefixed("dcn", deformable_conv_module(c, c))}


def match(c):
    return _affine("norm", c)


def dsa(c, qk, hidden):
    shapes = _prefixed("cross_match.0", match(c))
    for i in range(3):
        layer = {**_affine("0.norm", c), **_prefixed("0.fn", attention(c, qk)), **_affine("1.norm", c),
                 "1.fn.fc1.weight": [hidden, c], "1.fn.fc1.bias": [hidden],
                 "1.fn.fc2.weight": [c, hidden], "1.fn.fc2.bias": [c]}
        shapes.update(_prefixed(f"blocks.0.layers.{i}", layer))
    return {**shapes, **_conv("mid_convs.0", c, c, 3)}


def hda(steps, c):
    return {"conv.0.weight": [steps, steps, 1], "conv_c.weight": [c, c, 1]}


def sab(steps, c, qk, hidden):
    return {"residual.1.weight": [c, c, 3, 3], **tdbn("residual.2", c),
            "residual.4.weight": [c, c, 3, 3], **tdbn("residual.5", c),
            "shortcut.0.weight": [c, c, 3, 3], **tdbn("shortcut.1", c),
            **_prefixed("attn", hda(steps, c)), **_prefixed("attn.gpa", dsa(c, qk, hidden))}


def sag(steps, c, qk, hidden, blocks):
    shapes = {}
    for n in range(blocks):
        shapes.update(_prefixed(f"body.{n}", sab(steps, c, qk, hidden)))
    return {**shapes, **_conv("reduce_chan_level2.1", c, c, 1), **tdbn("reduce_chan_level2.2", c)}


def feature_refinement(c, reduction):
    return {**_conv("ca.1", c // reduction, c, 1), **_conv("ca.3", c, c // reduction, 1),
            **_conv("sa.0", c, c, 3), **_conv("sa.1", c // 8, c, 3), **_conv("sa.3", c, c // 8, 3)}


def upsample_one_step(c, scale):
    return _conv("0", 3 * scale * scale, c, 3)


def spikesr(steps, c, qk, hidden, groups, blocks, scale):
    shapes = {"head.0.proj.weight": [c, 3, 3, 3]}
    for g in range(groups):
        shapes.update(_prefixed(f"body.{g}", sag(steps, c, qk, hidden, blocks)))
    return {**shapes, **_prefixed("refinement", feature_refinement(c, 16)),
            **_prefixed("tail", upsample_one_step(c, scale))}


def is_buffer(name):
    return name.endswith(("running_mean", "running_var"))
