"""Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011) and the uniform doubles drawn from it.

The stream is defined in ../README.md; nothing here depends on numpy's own generators.
"""

import numpy as np

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox4x32_10(counter, key):
    """counter: four uint64 arrays (or scalars) below 2^32; key: two integers below 2^32 -> four arrays of words."""
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in counter)
    k0, k1 = key
    for _ in range(10):
        p0, p1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = ((p1 >> _HALF) ^ c1 ^ np.uint64(k0), p1 & _LOW,
                          (p0 >> _HALF) ^ c3 ^ np.uint64(k1), p0 & _LOW)
        k0, k1 = (k0 + _KEY_STEPS[0]) & 0xFFFFFFFF, (k1 + _KEY_STEPS[1]) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniforms(seed, stream, count):
    """`count` doubles in [0, 1): two a counter, in the order of the counter's index."""
    index = np.arange((count + 1) // 2, dtype=np.uint64)
    words = philox4x32_10((index & _LOW, index >> _HALF, stream, 0), (seed & 0xFFFFFFFF, seed >> 32))
    doubles = np.empty((len(index), 2))
    for column in range(2):
        high, low = words[2 * column] >> np.uint64(5), words[2 * column + 1] >> np.uint64(6)
        doubles[:, column] = (high * np.uint64(1 << 26) + low).astype(np.float64) / float(1 << 53)
    return doubles.reshape(-1)[:count]


def check():
    """The known answers published with the generator."""
    ones = 0xFFFFFFFF
    known = [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ones,) * 4, (ones,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
         (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ]
    for counter, key, words in known:
        found = tuple(int(w) for w in philox4x32_10(counter, key))
        assert found == words, f"Philox {counter} {key}: {found}, expected {words}"


if __name__ == "__main__":
    check()
    print("Philox 4x32-10 gives its published answers")
