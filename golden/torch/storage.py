"""A backend of half precision: computes in float32 and rounds what every operation leaves to bfloat16 or float16."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map


class Stored(TorchDispatchMode):
    """While it is entered, every float32 result is one of `dtype`, on the way back too. Autograd does not see it."""

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        given = {id(value) for value in tree_flatten(args)[0]}
        places = {value.storage().data_ptr() for value in tree_flatten(args)[0] if isinstance(value, torch.Tensor)}

        def round_(result):
            if not isinstance(result, torch.Tensor) or result.dtype != torch.float32:
                return result
            if id(result) in given:
                return result.copy_(result.to(self.dtype))  # an operation in place
            if result.storage().data_ptr() in places:
                return result  # a view
            return result.to(self.dtype).to(torch.float32)

        return tree_map(round_, operation(*args, **(kwargs or {})))
