"""Gradient boosting of small regression trees, and ridge regression, in numpy.

No more than ``fit_routing.py`` needs: squared error, weighted rows, features in bins. Small trees,
few leaves, many rows a leaf, a part of the features a tree: the labels are mostly noise.
"""

import numpy as np

BINS = 40


class Trees:
    """The forest as flat lists: a node with ``feature`` -1 is a leaf and ``value`` its weight,
    else rows with feature <= value go ``left``."""

    def __init__(self, base):
        self.base = base
        self.roots, self.feature, self.value, self.left, self.right = [], [], [], [], []

    def node(self, feature=-1, value=0.0):
        for column, given in (
            (self.feature, feature),
            (self.value, value),
            (self.left, 0),
            (self.right, 0),
        ):
            column.append(given)
        return len(self.feature) - 1

    def predict(self, x):
        total = np.full(len(x), self.base)
        for root in self.roots:
            waiting = [(root, np.arange(len(x)))]
            while waiting:
                node, rows = waiting.pop()
                at = self.feature[node]
                if at < 0:
                    total[rows] += self.value[node]
                    continue
                goes_left = x[rows, at] <= self.value[node]
                waiting.append((self.left[node], rows[goes_left]))
                waiting.append((self.right[node], rows[~goes_left]))
        return total


def _edges(column):
    return np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]))


def boost(x, y, weight, trees=200, leaves=6, rate=0.04, least=80.0, ridge=20.0, part=0.4, seed=0):
    """Fit ``Trees`` to y on x. ``least``: weight of the rows that a leaf must hold; ``part``:
    share of the features that a tree may use."""
    random = np.random.default_rng(seed)
    n, d = x.shape
    edges = [_edges(x[:, j]) for j in range(d)]
    binned = np.column_stack([np.searchsorted(edges[j], x[:, j], side="left") for j in range(d)])
    forest = Trees(float(np.average(y, weights=weight)))
    score = np.full(n, forest.base)
    usable = np.array([j for j in range(d) if len(edges[j])])
    for _tree in range(trees):
        used = np.sort(random.choice(usable, max(1, int(part * len(usable))), replace=False))
        codes = binned[:, used] + np.arange(len(used)) * BINS
        residual = y - score
        leaf_rows = _grow(forest, codes, residual, weight, used, edges, leaves, least, ridge)
        for node, rows in leaf_rows:
            total = weight[rows].sum() + ridge
            forest.value[node] = float(rate * (weight[rows] * residual[rows]).sum() / total)
            score[rows] += forest.value[node]
    return forest


def _best_split(codes, residual, weight, rows, width, least, ridge):
    """(gain, feature's place, bin) of the best split of these rows, or None."""
    flat = codes[rows].ravel()
    many = codes.shape[1]
    w = np.bincount(flat, np.repeat(weight[rows], many), width).reshape(many, BINS)
    g = np.bincount(flat, np.repeat((weight * residual)[rows], many), width).reshape(many, BINS)
    w_left, g_left = w.cumsum(axis=1), g.cumsum(axis=1)
    w_all, g_all = w_left[0, -1], g_left[0, -1]
    w_right, g_right = w_all - w_left, g_all - g_left
    gain = (
        g_left**2 / (w_left + ridge) + g_right**2 / (w_right + ridge) - g_all**2 / (w_all + ridge)
    )
    gain[(w_left < least) | (w_right < least)] = -np.inf
    place, cut = np.unravel_index(np.argmax(gain), gain.shape)
    return (gain[place, cut], place, cut) if gain[place, cut] > 1e-9 else None


def _grow(forest, codes, residual, weight, used, edges, leaves, least, ridge):
    """Grow one tree, best split first; [(leaf's node, rows)]."""
    width = codes.shape[1] * BINS
    rows = np.arange(len(codes))
    root = forest.node()
    forest.roots.append(root)
    open_leaves = {root: (rows, _best_split(codes, residual, weight, rows, width, least, ridge))}
    while len(open_leaves) < leaves:
        able = [(s[0], node) for node, (_r, s) in open_leaves.items() if s is not None]
        if not able:
            break
        node = max(able)[1]
        rows, (_gain, place, cut) = open_leaves.pop(node)
        feature = int(used[place])
        # A split in the last bin leaves nothing on its right and is never the best one.
        forest.feature[node] = feature
        forest.value[node] = float(edges[feature][min(cut, len(edges[feature]) - 1)])
        goes_left = codes[rows, place] - place * BINS <= cut
        for side, part in ((forest.left, rows[goes_left]), (forest.right, rows[~goes_left])):
            child = forest.node()
            side[node] = child
            split = _best_split(codes, residual, weight, part, width, least, ridge)
            open_leaves[child] = (part, split)
    return [(node, rows) for node, (rows, _split) in open_leaves.items()]


class Sparse:
    """Rows of (column, value) pairs for products with vectors."""

    def __init__(self, rows, columns, values, shape):
        self.rows, self.columns, self.values, self.shape = rows, columns, values, shape

    def take(self, chosen):
        place = np.full(self.shape[0], -1)
        place[chosen] = np.arange(len(chosen))
        kept = place[self.rows] >= 0
        return Sparse(
            place[self.rows[kept]],
            self.columns[kept],
            self.values[kept],
            (len(chosen), self.shape[1]),
        )

    def dot(self, vector):
        return np.bincount(self.rows, self.values * vector[self.columns], self.shape[0])

    def transposed_dot(self, vector):
        return np.bincount(self.columns, self.values * vector[self.rows], self.shape[1])


def ridge_fit(dense, sparse, y, weight, penalty, steps=60):
    """(bias, dense weights, sparse weights) by conjugate gradients on the normal equations."""
    bias = float(np.average(y, weights=weight))
    d = dense.shape[1]

    def forth(v):
        return dense @ v[:d] + sparse.dot(v[d:])

    def back(u):
        return np.concatenate([dense.T @ u, sparse.transposed_dot(u)])

    solution = np.zeros(d + sparse.shape[1])
    rest = back(weight * (y - bias))
    direction, size = rest.copy(), rest @ rest
    first = size
    for _step in range(steps):
        moved = back(weight * forth(direction)) + penalty * direction
        length = size / (direction @ moved)
        solution += length * direction
        rest -= length * moved
        following = rest @ rest
        if following < 1e-8 * first:
            break
        direction = rest + following / size * direction
        size = following
    return bias, solution[:d], solution[d:]
