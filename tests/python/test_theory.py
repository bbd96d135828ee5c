"""Against closed forms and tabulated values (p, q) of the resonant theory at N = 1e4 and 1e6, four decimals."""

import numpy as np
import pytest

from report import theory

X = [-0.05, -0.1, -0.2, -0.35, -1.0, -8.0]
TABLE = {
    (10**4, 1): [(0.0561, 0.2546), (0.0478, 0.1303), (0.0318, 0.0747), (0.0147, 0.0633), (0.0273, 0.0786), (0.0185, 0.0039)],
    (10**4, 0): [(0.0310, 0.2571), (0.0232, 0.1353), (0.0093, 0.0840), (-0.0030, 0.0774), (0.0273, 0.0913), (0.0189, 0.0040)],
    (10**6, 1): [(0.0524, 0.2550), (0.0406, 0.1318), (0.0186, 0.0801), (-0.0035, 0.0777), (0.0273, 0.1157), (0.0274, 0.0061)],
    (10**6, 0): [(0.0273, 0.2575), (0.0160, 0.1368), (-0.0039, 0.0895), (-0.0211, 0.0918), (0.0273, 0.1284), (0.0277, 0.0062)],
}


@pytest.mark.parametrize("size, fixed", TABLE)
def test_resonant_theory(size, fixed):
    p, q = theory.resonant(X, size, fixed)
    np.testing.assert_allclose(np.column_stack([p, q]), TABLE[size, fixed], atol=1.01e-4)


def test_white_noise():
    x = np.array([-0.05, -1.0, -8.0])
    p, q = theory.white(x)
    np.testing.assert_allclose(q, 1 / (4 * np.pi * (1 + x**2)))
    np.testing.assert_allclose(p, -x / (4 * np.pi * (1 + x**2)))


def test_mean_driven_limit():
    _, q = theory.resonant([-0.01], 10**6, 1)
    assert q[0] == pytest.approx(theory.mean_driven(-0.01), rel=0.02)
