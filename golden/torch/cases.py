"""Case files: safetensors read and written with nothing but the standard library and numpy.

A file is an 8-byte little-endian header length, a JSON header, then raw little-endian row-major data.
"""

import json
import os
import struct
from dataclasses import dataclass

import numpy as np

DTYPES = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "BOOL": np.dtype("?"),
}
SCHEMA = "spikesr-case/1"

# Operators that decide on the way to their outputs hand their decisions over, so that they can be judged.
HANDED_OVER = {"match", "dsa", "sab", "sag", "spikesr"}


class CaseError(Exception):
    """A file or a question that is wrong; the message is one line that names what was expected."""


@dataclass
class Case:
    metadata: dict  # string to string: schema, op, attrs, name
    tensors: dict  # name to numpy array, in file order

    @property
    def op(self):
        return self.metadata["op"]

    @property
    def attrs(self):
        return json.loads(self.metadata["attrs"])

    def group(self, prefix):
        """The tensors under `prefix/`, without it."""
        return {k[len(prefix) + 1:]: v for k, v in self.tensors.items() if k.startswith(prefix + "/")}


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    if len(raw) < 8:
        raise CaseError(f"{path}: {len(raw)} bytes, expected at least 8")
    (length,) = struct.unpack_from("<Q", raw)
    if length > len(raw) - 8:
        raise CaseError(f"{path}: header of {length} bytes declared, the file holds {len(raw) - 8}")
    try:
        header = json.loads(raw[8:8 + length].decode("utf-8"))
    except ValueError as error:
        raise CaseError(f"{path}: header is not JSON: {error}") from None
    if not isinstance(header, dict):
        raise CaseError(f"{path}: header is not a JSON object")
    metadata = header.pop("__metadata__", {})
    data = memoryview(raw)[8 + length:]
    tensors, end_of_last = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        dtype = DTYPES.get(entry["dtype"])
        if dtype is None:
            raise CaseError(f"{path}: {name}: dtype {entry['dtype']}, expected one of {', '.join(DTYPES)}")
        begin, end = entry["data_offsets"]
        count = int(np.prod(entry["shape"], dtype=object))
        if begin != end_of_last or end > len(data) or end - begin != count * dtype.itemsize:
            raise CaseError(f"{path}: {name}: bytes {begin} to {end} do not hold {entry['dtype']} {entry['shape']} "
                            f"after byte {end_of_last} of {len(data)}")
        tensors[name] = np.frombuffer(data[begin:end], dtype).reshape(entry["shape"])
        end_of_last = end
    return Case(metadata, tensors)


def to_bytes(case):
    """The one serialisation the golden files use: see ../README.md, "File bytes"."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    header = {"__metadata__": {key: case.metadata[key] for key in sorted(case.metadata)}}
    body, offset = [], 0
    for name, array in case.tensors.items():
        array = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        data = array.tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + len(data)]}
        body.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(body)


def write(path, case):
    """Written beside and renamed, so that no half-written file stays behind."""
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            file.write(to_bytes(case))
        os.replace(beside, path)
    finally:
        if os.path.exists(beside):
            os.remove(beside)
