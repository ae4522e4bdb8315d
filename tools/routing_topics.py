"""Topics of the words in prompts, for a company's ratings to move the gain along.

Latent semantic analysis: the leading singular vectors of prompts x hashed words, rare words
weighing more. Nothing is said of right or wrong here, so nothing is learned from results.
"""

import base64

import numpy as np

BUCKETS = 4096
TOPICS = 10


def topics(words, seed=0):
    """{'rarity', 'topics', 'scales'} of a ``Sparse`` of hashed words, packed as it is shipped."""
    rows = words.shape[0]
    table = np.zeros((rows, BUCKETS), np.float32)
    np.add.at(table, (words.rows, words.columns % BUCKETS), words.values)
    rarity = np.clip(np.log(1.0 / ((table != 0).mean(axis=0) + 1e-4)), 0.0, 6.0)
    table *= rarity
    table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-9
    start = np.random.default_rng(seed).normal(size=(BUCKETS, 4 * TOPICS)).astype(np.float32)
    basis = table @ start
    for _round in range(3):
        basis, _r = np.linalg.qr(table @ (table.T @ basis))
    _u, _s, directions = np.linalg.svd(basis.T @ table, full_matrices=False)
    packed, scales = [], []
    for direction in directions[:TOPICS]:
        found = table @ direction
        weights = direction / found.std()
        scale = float(np.abs(weights).max() / 127)
        packed.append(np.round(weights / scale).astype(np.int8).tobytes())
        scales.append(scale)
    return {
        "made_by": "tools/fit_routing.py",
        "scales": scales,
        "rarity": base64.b64encode(np.round(20 * rarity).astype(np.int8).tobytes()).decode(),
        "topics": base64.b64encode(b"".join(packed)).decode(),
    }
