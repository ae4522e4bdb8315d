"""How a daily sum holds its level: candidates weighed by how well each foretold the past.

The logarithm of a day, freed from its weekday, is ``mean + slope x day + state + noise``. In one
candidate there is no state: each day by itself. In some it fades (busy and idle spells: an
autoregression of order one), in some it walks (the level drifts or jumps). Mean and slope are
fitted by generalised least squares on the Kalman filter's innovations (P. de Jong, Annals of
Statistics 19 (1991), 1073-1083), the scale is integrated out under an inverse gamma prior, and
each candidate weighs its prior times its marginal likelihood. So a short history claims little:
the slope has a prior around zero, competes with none, and with less than 28 days is not looked at.
"""

from itertools import pairwise
from math import exp, log, sqrt
from typing import NamedTuple

SLOPE_FROM = 28  # days of data below which no trend is claimed: it did more harm than good
SLOPE_PRIOR = 0.012  # relative change a day: standard deviation before data
SLOPE_CHANCE = 0.3  # of there being a slope at all
SCALE_PRIOR, SCALE_PRIOR_DAYS = 0.3, 1.0  # standard deviation of a day's logarithm before data
FADING = [(memory, share) for memory in (0.5, 0.8, 0.93) for share in (0.4, 0.85)]
WALKING = (0.002, 0.02, 0.1, 0.4)  # variance of a day's step, of that of its noise
CHANCE = 0.1  # of each of these before data, where days by themselves have 1


class Candidate(NamedTuple):
    """A way of holding a level, fitted. Variances are relative to ``1 / gamma(shape, rate)``.

    weight: its probability; memory: what remains of the state after a day (1: it walks);
    noise, step: variances of a day's noise and of the state's change; mean, slope, state: as of
    the last day, with the covariances of mean and slope; ``by_mean``, ``by_slope``: what an error
    of these takes off the state; ``spread``: variance of the state besides.
    """

    weight: float
    memory: float
    noise: float
    step: float
    mean: float
    slope: float
    state: float
    mean_variance: float
    covariance: float
    slope_variance: float
    by_mean: float
    by_slope: float
    spread: float
    shape: float
    rate: float

    @property
    def independent(self):
        return self.memory == 0.0

    @property
    def walks(self):
        return self.memory == 1.0

    @property
    def steady(self):
        """It neither walks nor rises: days of the past are as good as each other."""
        return not self.walks and self.slope_variance < 1e-9

    def draw(self, generator):
        """Return (mean, slope, state, standard deviation) from their joint distribution."""
        scale = 1 / sqrt(generator.gammavariate(self.shape, 1 / self.rate))
        first, second = generator.gauss(0, 1), generator.gauss(0, 1)
        root = sqrt(self.mean_variance)
        across = self.covariance / root
        rest = sqrt(max(self.slope_variance - across**2, 0.0))
        mean, slope = scale * root * first, scale * (across * first + rest * second)
        state = self.state - mean * self.by_mean - slope * self.by_slope
        state += scale * sqrt(self.spread) * generator.gauss(0, 1)
        return self.mean + mean, self.slope + slope, state, scale


def _filter(logs, memory, noise, step, spread):
    """Filter the logarithms, a constant and the days alike; None is a day without a value.

    Returns the three states, the last variance, the sums for least squares
    ``(11, 1t, tt, 1x, tx, xx)`` and the sum of the logarithms of the innovations' variances.
    """
    x_state = one_state = t_state = 0.0
    one_one = one_t = t_t = one_x = t_x = x_x = logs_of_variances = 0.0
    for n, x in enumerate(logs):
        if n:
            x_state *= memory
            one_state *= memory
            t_state *= memory
            spread = memory * memory * spread + step
        if x is None:
            continue
        variance = spread + noise
        gain = spread / variance
        x, one, t = x - x_state, 1.0 - one_state, n - len(logs) + 1 - t_state
        one_one += one * one / variance
        one_t += one * t / variance
        t_t += t * t / variance
        one_x += one * x / variance
        t_x += t * x / variance
        x_x += x * x / variance
        logs_of_variances += log(variance)
        x_state += gain * x
        one_state += gain * one
        t_state += gain * t
        spread *= 1 - gain
    sums = (one_one, one_t, t_t, one_x, t_x, x_x)
    return (x_state, one_state, t_state), spread, sums, logs_of_variances


def _kinds():
    """(memory, noise, step, first variance, chance) of each candidate."""
    yield 0.0, 1.0, 0.0, 0.0, 1.0
    for memory, share in FADING:
        yield memory, 1 - share, share * (1 - memory**2), share, CHANCE
    for step in WALKING:
        yield 1.0, 1.0, step, 0.0, CHANCE


def candidates(logs: list[float | None]) -> list[Candidate]:
    """Fit all candidates to the logarithms of daily sums, oldest first; weights add up to 1.

    None is a day that says nothing. At least one value is needed, else ValueError.

    >>> steady = candidates([0.1, -0.1, 0.05, -0.05] * 10)
    >>> max(steady, key=lambda c: c.weight).independent
    True
    """
    values = [x for x in logs if x is not None]
    if not values:
        raise ValueError("no value to fit to")
    count, prior = len(values), SCALE_PRIOR_DAYS * SCALE_PRIOR**2 / 2
    # The scale, for the slope's prior only: neighbours differ by noise, not by trend.
    variance = (sum((b - a) ** 2 for a, b in pairwise(values)) / 2 + 2 * prior) / count
    slopes = [(1e12, 1.0)]
    if len(logs) >= SLOPE_FROM:
        slopes = [(1e12, 1 - SLOPE_CHANCE), (variance / SLOPE_PRIOR**2, SLOPE_CHANCE)]
    shape = (SCALE_PRIOR_DAYS + count - 1) / 2
    fitted = []
    for memory, noise, step, first, chance in _kinds():
        states, spread, sums, logs_of_variances = _filter(logs, memory, noise, step, first)
        one_one, one_t, t_t, one_x, t_x, x_x = sums
        for ridge, slope_chance in slopes:
            det = one_one * (t_t + ridge) - one_t**2
            v_mean, v_slope, v_both = (t_t + ridge) / det, one_one / det, -one_t / det
            mean, slope = v_mean * one_x + v_both * t_x, v_both * one_x + v_slope * t_x
            rate = prior + max(x_x - mean * one_x - slope * t_x, 0.0) / 2
            likelihood = (log(ridge) - logs_of_variances - log(det)) / 2 - shape * log(rate)
            state = states[0] - mean * states[1] - slope * states[2]
            fit = (memory, noise, step, mean, slope, state, v_mean, v_both, v_slope)
            fit = (*fit, states[1], states[2], spread, shape, rate)
            fitted.append((likelihood + log(chance * slope_chance), fit))
    most = max(score for score, _fit in fitted)
    mass = sum(exp(score - most) for score, _fit in fitted)
    return [Candidate(exp(score - most) / mass, *fit) for score, fit in fitted]
