"""Writes the small PyTorch checkpoints beside this file. Made with PyTorch 1.13; element i of a tensor is i - 3.5 unless said otherwise."""
import collections
import pathlib

import torch

here = pathlib.Path(__file__).parent


def ramp(*shape, dtype=torch.float32):
    count = 1
    for extent in shape:
        count *= extent
    return (torch.arange(count, dtype=torch.float64) - 3.5).to(dtype).reshape(shape)


def save(name, value, **options):
    torch.save(value, here / f"{name}.pth", **options)


save("contiguous", {"weight": ramp(2, 3), "bias": ramp(3, dtype=torch.float64), "scalar": torch.tensor(7.25)})
save("transposed", {"weight": ramp(2, 3).t(), "permuted": ramp(2, 3, 4).permute(2, 0, 1), "slice": ramp(4, 5)[1:3, 1:4:2]})
shared = ramp(12)
save("shared_storage", {"left": shared[:5], "right": shared[5:], "tied": shared[:5]})
save("narrow_types", {
    "half": ramp(5, dtype=torch.float16), "bfloat16": ramp(5, dtype=torch.bfloat16),
    "int64": torch.tensor(1234567890123456789), "int32": torch.tensor([-5, 6], dtype=torch.int32),
    "int16": torch.tensor([-300, 300], dtype=torch.int16), "int8": torch.tensor([-128, 127], dtype=torch.int8),
    "uint8": torch.tensor([0, 255], dtype=torch.uint8), "bool": torch.tensor([True, False, True])})
save("nested", {"epoch": 12, "best": 31.5, "note": "text", "none": None, "steps": [1, 2, (3, 2 ** 80)], "flags": [True, False],
                "optimizer": {"state": {0: {"exp_avg": ramp(2)}}, "param_groups": [{"lr": 1e-4, "params": [0, 1]}]},
                "state_dict": collections.OrderedDict(weight=ramp(2, 2), size=torch.Size([2, 2]))})
model = torch.nn.DataParallel(torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2)))
for parameter in model.parameters():
    parameter.data = ramp(*parameter.shape)
save("module_names", model.state_dict())
save("parameters", {"params": {"weight": torch.nn.Parameter(ramp(2, 3)), "frozen": torch.nn.Parameter(ramp(2), requires_grad=False)}})
save("protocol4", {"weight": ramp(2, 3), "long": "x" * 300, "bytes": b"abc"}, pickle_protocol=4)
save("empty_tensor", {"empty": torch.empty(0, 3), "weight": ramp(2)})
save("legacy", {"weight": ramp(2)}, _use_new_zipfile_serialization=False)
save("expanded", {"weight": torch.ones(1).expand(4)})
save("complex", {"weight": torch.ones(2, dtype=torch.complex64)})
save("whole_module", torch.nn.Linear(2, 2))
