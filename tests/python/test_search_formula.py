"""python/search/formula.py: simplification, text, bounds and shorter forms of formulas; fits of their constants."""

import numpy as np
import pytest
from search import formula as f
from search import operon

RNG = np.random.default_rng(1)
AT = {n: RNG.uniform(0.2, 2.0, 50) for n in ("s", "c", "h")}
TEXTS = ("0.5 + 2.0*(s - 3*c)", "(s + c)*(s - c)/s", "0.3/(2/s + 4*s)", "sqrt(s*s + 0.0025)/(c*c)", "-(1.5 - s)^2", "((0.2*s)*(5*c))/(0.5*h)", "tanh(exp(-0.5*s) + log(c))*abs(h)", "s/s + 1/(1 + 1/(c + h))", "0.1*s + 0.2*s - 0.3*c*s/c")


@pytest.mark.parametrize("text", TEXTS)
def test_simplification_keeps_the_value(text):
    expected = eval(text.replace("^", "**"), {**f.FUNCTIONS, **AT}) * np.ones(50)
    parsed = f.parse(text)
    assert np.allclose(f.values(parsed, AT), expected, rtol=1e-12, atol=1e-14)
    again = f.parse(f.text_of(parsed))
    assert np.allclose(f.values(again, AT), expected, rtol=1e-6, atol=1e-6)
    assert f.length_of(f.text_of(parsed)) <= f.length_of(text) + 4


def test_forms_that_are_equal_become_one():
    assert f.text_of(f.parse("0.3/(2/s + 4*s)")) == f.text_of(f.parse("0.3*s/(2 + 4*s^2)")) == "0.075*s/(0.5 + s^2)"
    assert f.text_of(f.parse("(0.2*s)*(5*c)")) == "c*s"
    assert f.text_of(f.parse("0.1*s + 0.2*s - 0.3*s*c/c")) == "0"
    with pytest.raises(ZeroDivisionError):
        f.parse("1/(s - s)")
    with pytest.raises(ValueError):
        f.parse("sin(s)")


def test_bounds():
    grid = {"s": np.linspace(-1.0, 1.0, 200)}
    for text, good in (("0.1*s/(1 + s^2)", True), ("1/s", False), ("0.01/(s - 0.3)", False), ("sqrt(s)", False), ("30.0", False), ("0.5", True)):
        assert f.bounded(f.parse(text), grid, 10.0) is good, text


def test_shorter_forms_and_fits():
    shorter = {f.text_of(x) for x in f.shorter(f.parse("0.5 + 0.25*s/(1 + 0.3*c)"))}
    assert shorter == {"0.5", "0.25*s/(1 + 0.3*c)", "0.5 + 0.25*s", "0.5 + 0.8333333*s/c"}
    samples = operon.Samples(AT, 0.7 * AT["s"] / (1.0 + 0.4 * AT["c"]), np.ones(50))
    fitted = samples.fitted(f.parse("0.1*s/(1 + 0.1*c)"))
    assert samples.error(fitted) < 1e-6
    heavy = operon.Samples(AT, AT["s"], np.where(np.arange(50) < 5, 0.1, 10.0))
    rows = heavy.rows(100)
    assert np.mean(rows < 5) > 0.95
