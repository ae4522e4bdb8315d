"""One scale for many tables: a model's ability, a table's difficulty and how sharply it tells.

The log-odds y of model m in table t (what guessing gives taken off) are described by

    y = a_t * (ability_m + effect of the level of thinking) + b_t + error of table t

a linear item response model (G. Rasch, "Probabilistic models for some intelligence and attainment
tests", 1960; with a slope a table as in A. Birnbaum's two-parameter model, in Lord & Novick,
"Statistical theories of mental test scores", 1968, part 5), fitted by alternating ridge
regressions. Shrunk: slopes towards 1 (their geometric mean is 1, so one unit of ability is one
logit on a typical table), abilities towards the mean of all, effects of thinking towards 0.
Errors beyond two standard deviations count as Huber has them. Tables of one origin judge one model
by like questions, so together they count as at most :data:`AT_MOST` independent ones.
Needs numpy.
"""

from collections import defaultdict

import numpy as np

AT_MOST = 4.0  # independent tables that one origin may count as, for one model
SPREAD = 1.5  # standard deviation of abilities, before anything is known of a model
SLOPE_SPREAD = 0.35
EFFECT_SPREAD = 0.5
LEAST_ERROR = 0.15
ROUNDS = 120


def fit(cells, levels):
    """Abilities from ``cells``, a list of (model, level, table, origin, y).

    :return: dict model -> (ability, standard error), dict level -> effect, dict table -> (slope,
        intercept, error)
    """
    models = sorted({c[0] for c in cells})
    tables = sorted({c[2] for c in cells})
    at_model = np.array([models.index(c[0]) for c in cells])
    at_table = np.array([tables.index(c[2]) for c in cells])
    at_level = np.array([levels.index(c[1]) for c in cells])
    y = np.array([c[4] for c in cells])
    per_origin = defaultdict(int)
    for cell in cells:
        per_origin[cell[0], cell[3]] += 1
    share = np.array([min(1.0, AT_MOST / per_origin[c[0], c[3]]) for c in cells])
    ability, effect = np.zeros(len(models)), np.zeros(len(levels))
    slope, base = np.ones(len(tables)), np.zeros(len(tables))
    error = np.full(len(tables), 0.5)
    huber = np.ones(len(cells))
    for _round in range(ROUNDS):
        x = ability[at_model] + effect[at_level]
        for t in range(len(tables)):
            rows = at_table == t
            w, xt, yt = huber[rows] / error[t] ** 2, x[rows], y[rows]
            middle, mean = (w @ xt) / w.sum(), (w @ yt) / w.sum()
            square, cross = w @ (xt - middle) ** 2, w @ ((xt - middle) * (yt - mean))
            slope[t] = max(0.1, (cross + 1 / SLOPE_SPREAD**2) / (square + 1 / SLOPE_SPREAD**2))
            base[t] = mean - slope[t] * middle
        slope /= np.exp(np.mean(np.log(slope)))
        rest = y - base[at_table]
        weight = huber * share / error[at_table] ** 2
        a = slope[at_table]
        gain, pull = np.zeros(len(models)), np.zeros(len(models))
        np.add.at(gain, at_model, weight * a * a)
        np.add.at(pull, at_model, weight * a * (rest - a * effect[at_level]))
        ability = pull / (gain + 1 / SPREAD**2)
        ability -= ability.mean()
        for k in range(1, len(levels)):
            rows = at_level == k
            left = rest[rows] - a[rows] * ability[at_model[rows]]
            top = weight[rows] @ (a[rows] * left)
            effect[k] = top / (weight[rows] @ a[rows] ** 2 + 1 / EFFECT_SPREAD**2)
        left = rest - a * (ability[at_model] + effect[at_level])
        for t in range(len(tables)):
            rows = at_table == t
            # three more observations of .5, so that a table of few models is not sure of itself
            square = (huber[rows] @ left[rows] ** 2 + 3 * 0.25) / (rows.sum() + 1)
            error[t] = max(LEAST_ERROR, np.sqrt(square))
        size = np.abs(left) / error[at_table]
        huber = np.where(size > 2, 2 / np.maximum(size, 1e-9), 1.0)
    uncertain = 1 / np.sqrt(gain + 1 / SPREAD**2)
    return (
        {m: (float(ability[i]), float(uncertain[i])) for i, m in enumerate(models)},
        {k: float(e) for k, e in zip(levels, effect)},
        {t: (float(slope[i]), float(base[i]), float(error[i])) for i, t in enumerate(tables)},
    )
