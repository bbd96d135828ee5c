import numpy as np
import pytest

from report import statistics


def structure(stimulus, start=20.0, bin_width=0.1):
    return statistics.input_structure(np.asarray(stimulus, float)[:, None], bin_width, start)


def test_mean_over_trials():
    e = statistics.mean_estimate([[1.0, 1.0], [np.nan, 1.0], [2.0, 2.0], [3.0, 3.0], [6.0, 6.0]])
    assert (e.value, e.method) == (3.0, "trials")
    assert e.hi - 3.0 == pytest.approx(3.182446305284263 * np.sqrt(14 / 3 / 4))


def test_one_trial_uses_blocks_and_none_is_unknown():
    rows = np.random.default_rng(1).normal(size=(1, 800))
    e = statistics.mean_estimate(rows)
    assert e.method == "blocks" and e.lo < e.value < e.hi
    assert not statistics.mean_estimate([[np.nan, 1.0]]).known
    assert not statistics.mean_estimate(np.empty((0, 5))).known


def test_windows_and_edges():
    step = np.zeros(600)
    step[100:350] = 3.0
    assert structure(step) == ([(0, 100), (300, 350), (550, 600)], [(100, 350), (350, 600)])
    assert structure(np.zeros(600)) == ([(0, 600)], [])
    assert structure(np.zeros(600), start=5.0) == ([(150, 600)], [])
    assert structure(np.sin(0.05 * np.arange(600))) == ([], [])
    assert structure(np.minimum(np.arange(600), 200)) == ([(400, 600)], [])
    inside = np.where(np.arange(600) < 100, 0.0, 3.0)
    inside[100] = 1.2
    assert structure(inside) == ([(0, 100), (301, 600)], [(100, 600)])


def test_too_short_falls_back_to_the_last_half():
    assert structure(np.arange(600) // 150 % 2, start=0.0)[0] == [(75, 150)]


def test_spectrum_of_white_noise():
    rows = np.random.default_rng(2).normal(size=(4, 4096))
    s = statistics.spectrum(rows, 0.1)
    assert s.density.mean() == pytest.approx(0.2, rel=0.04)      # 16384 samples: 3.6 standard deviations
    assert 0.9 < np.mean((s.lo < 0.2) & (0.2 < s.hi)) < 0.99
    assert statistics.spectrum(rows[:, :50], 0.1) is None
