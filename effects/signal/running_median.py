"""Running medians, by sorting networks over whole arrays.

`scipy.ndimage.median_filter` takes one value after the other, and no other thread runs meanwhile.
Here every step is the minimum and the maximum of two arrays. A median is one of the values, so
however it is found, it is the same.

Neighbouring windows share most of their values (Adams 2021). Let B = 2^k neighbours be a group, of
windows of n ≥ 2B - 1 values each. They share n - B + 1 values, and each has B - 1 more, so its
median is one of the B in the middle of those. Half of the group, to either side, shares B/2 values
more. So the median is one of the B/2 in the middle of these and the B, and so on, down to single
windows.

With a the B values, and e the B/2 new ones, both in order, the B/2 smallest of all are too small
to be a median, and the B/2 largest too large. Of a_i and e_{B/2-1-i}, the smaller ones are the
smallest; likewise from above. What remains first falls and then rises, and is sorted as such
sequences are (Batcher 1968).

A. Adams: *Fast median filters using separable sorting networks*, ACM Transactions on Graphics 40
(4), 2021. K. E. Batcher: *Sorting networks and their applications*, AFIPS 1968.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

#: So many values are sorted by a network; more are sorted by NumPy, which is slower for few: for 6
#: and 10 values, and not for 74.
MOST_IN_NETWORK = 16


def running_median(values: Matrix, size: int) -> Matrix:
    """The medians of ``size`` values, an odd number, along the first axis of a matrix.

    Beyond an edge, the value at the edge is repeated. The values are numbers, without NaN.
    """
    n, lines = values.shape
    group = 1
    while 4 * group - 1 <= size:
        group *= 2
    groups = -(-n // group)
    after = groups * group - n + group + size // 2
    # Window w is padded[w + 1 : w + 1 + size]; padded[w] is the value before it.
    padded = np.pad(values, ((size // 2 + 1, after), (0, 0)), mode="edge")
    middle = _shared(padded[group:], size - group + 1, group, groups)
    before, beyond = (
        list(_sorted_runs(_by_halves(padded[first : first + groups * group], group)))[:-1]
        for first in (0, size + 1)
    )
    while before:
        # The second half of a group's windows has the values after it, the first half those before.
        left, right = before.pop(), beyond.pop()
        half, odd = len(left), left.shape[1] // 2
        both = np.empty((half, 2, *middle.shape[1:]), values.dtype)
        np.maximum(middle[:half], left[::-1, odd:], out=both[:, 0])
        np.maximum(middle[:half], right[::-1, :odd], out=both[:, 1])
        both = _in_order(both)
        np.minimum(both, middle[half:][::-1, None], out=both)
        middle = _in_order(both).reshape(half, -1, middle.shape[-1])
    return _from_halves(middle.reshape(group, groups, lines))[:n]


def _shared(values: Matrix, size: int, group: int, groups: int) -> Matrix:
    """The values in the middle of those that each group shares, in order.

    Args:
        values: the first ``size`` are those of the first group, ``[samples, lines]``.
        size: how many values a group shares.
        group: how many of them are in the middle, and from one group to the next.
        groups: their number.

    Returns:
        ``[group, 1, groups * lines]``.
    """
    network = size <= MOST_IN_NETWORK
    width = 1 << (size - 1).bit_length() if network else size
    rows = np.empty((width, groups, values.shape[1]), values.dtype)
    # As many that are too small as too large: the middle stays where it is.
    spare = (width - size) // 2
    rows[:spare], rows[spare + size :] = -np.inf, np.inf
    for number in range(size):
        rows[spare + number] = values[number : number + groups * group : group]
    flat = rows.reshape(width, -1)
    if network:
        *_, last = _sorted_runs(flat)
        flat = last[:, 0]
    else:
        flat.sort(axis=0)
    first = (width - group) // 2
    return flat[first : first + group, None]


def _sorted_runs(values: Matrix) -> Iterator[Matrix]:
    """Neighbours in order: ``[n, columns] -> [1, n, columns], [2, n/2, columns], …``.

    Args:
        values: n is a power of 2. Neighbours are halves of the array apart, as by `_by_halves`.
    """
    runs = values[None]
    yield runs
    while runs.shape[1] > 1:
        size, half = len(runs), runs.shape[1] // 2
        one, other = runs[:, :half], runs[::-1, half:]
        apart = np.empty((2, *one.shape), values.dtype)
        np.minimum(one, other, out=apart[0])
        np.maximum(one, other, out=apart[1])
        runs = _in_order(apart.reshape(2 * size, *one.shape[1:]), size)
        yield runs


def _in_order(values: Matrix, size: int = 0) -> Matrix:
    """Sequences that fall and then rise, or the other way round, sorted along the first axis.

    Args:
        values: ``[n, …]``.
        size: of one sequence, a power of 2; by default n.
    """
    half = (size or len(values)) // 2
    while half:
        pairs = values.reshape(-1, 2, half, *values.shape[1:])
        values = np.empty_like(values)
        out = values.reshape(pairs.shape)
        np.minimum(pairs[:, 0], pairs[:, 1], out=out[:, 0])
        np.maximum(pairs[:, 0], pairs[:, 1], out=out[:, 1])
        half //= 2
    return values


def _by_halves(values: Matrix, group: int) -> Matrix:
    """``[groups * group, lines] -> [group, groups * lines]``, so that neighbours are far apart.

    Those with an even place in their group are the first half, and so on within each half. So what
    a step compares are two blocks of memory.
    """
    axes = group.bit_length() - 1
    apart = values.reshape(-1, *[2] * axes, values.shape[1])
    return np.ascontiguousarray(_reversed(apart, axes)).reshape(group, -1)


def _from_halves(values: Matrix) -> Matrix:
    """The way back: ``[group, groups, lines] -> [groups * group, lines]``."""
    axes = len(values).bit_length() - 1
    apart = values.reshape(*[2] * axes, *values.shape[1:])
    return _reversed(apart, axes).reshape(-1, values.shape[2])


def _reversed(values: Matrix, axes: int) -> Matrix:
    """The first ``axes`` + 1 axes in reversed order."""
    return values.transpose(*range(axes, -1, -1), axes + 1)
