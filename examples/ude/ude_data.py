"""What the examples share: segments of an exported file for training, whole recordings for the test, and the measure of error.

Everything is numpy; the equations are (times in tau, R = tau r, W = pi R - i v)
    R' = (Delta + q)/pi + 2 R v,    v' = v^2 + eta + u + J (R - delay R') - (pi R)^2 + p,
and a closure gives (p, q).  With p = q = 0 this is the exact mass.
"""

import numpy as np
import xarray as xr

SPLITS = {"train": 0, "validation": 1, "test_interpolation": 2, "test_extrapolation": 3}


def load(file):
    """The file as an xarray.Dataset, its one population checked."""
    data = xr.open_dataset(file)
    if data.sizes["population"] != 1 or data.time.attrs["units"] != "tau":
        raise SystemExit(f"{file}: these examples train the mass of one population with times in tau.")
    return data


def parameters(data, points):
    """theta by name, float arrays [point]: eta, Delta, J, K, A, delay."""
    theta = data.theta.isel(point=points)
    named = {str(name).rsplit("_", 1)[0]: theta.sel(parameter=name).values for name in data.parameter.values}
    return {name: named[name] for name in ("eta", "Delta", "J", "K", "A", "delay")}


def segments(data, split, bins):
    """Pieces of `bins` bins of the points of a split.  start [piece, 2] is the state at the left edge, x [piece, bins, 2] the bin means, u [piece, bins], noise [piece]."""
    points = np.flatnonzero(data.split.values == SPLITS[split])
    mean, sem, u = (data[name].values[points] for name in ("x_mean", "x_sem", "u"))
    first = np.arange(1, mean.shape[1] - bins + 1, bins)
    cut = lambda values: np.concatenate([values[:, f:f + bins] for f in first])  # noqa: E731
    pieces = {name: np.tile(value, len(first)) for name, value in parameters(data, points).items()}
    pieces["start"] = np.concatenate([(mean[:, f - 1] + mean[:, f]) / 2 for f in first])
    pieces.update(x=cut(mean), u=cut(u[..., 0]), noise=np.sqrt(np.mean(size(cut(sem)) ** 2, axis=1)))
    return pieces


def recordings(data, split):
    """Whole recordings of a split, as one segment each."""
    return segments(data, split, data.sizes["time"] - 1)


def size(x):
    """|(pi R, v)| of states [..., 2]: of a state it is |W|."""
    return np.hypot(np.pi * x[..., 0], x[..., 1])


def features(r, v, J, K, xp=np):
    """s = v/|W| and ln(1 + eps), eps = J^2/(K |W|^2), of theory: bounded, and the same at every scale."""
    w2 = (np.pi * r) ** 2 + v**2
    return v / xp.sqrt(w2), xp.log(1 + J**2 / (K * w2)), xp.sign(J)


def mass(r, v, u, p, q, m):
    """(R', v') with the closure's p and q; m holds eta, Delta, J, delay."""
    dr = (m["Delta"] + q) / np.pi + 2 * r * v
    return dr, v**2 + m["eta"] + u + m["J"] * (r - m["delay"] * dr) - (np.pi * r) ** 2 + p


def errors(data, split, predicted):
    """Joint error |(pi dR, dv)| / |W|, rms over each recording, of predicted bin means [point, bins, 2] and of the file's exact mass; the median over the points of a split."""
    points = np.flatnonzero(data.split.values == SPLITS[split])
    mean, residual = data.x_mean.values[points, 1:], data.residual.values[points, 1:]
    rms = lambda x: np.sqrt(np.mean(size(x) ** 2, axis=1))  # noqa: E731
    wrong = np.nan_to_num(rms(mean - predicted) / rms(mean), nan=np.inf)
    return np.median(wrong), np.median(rms(residual) / rms(mean)), np.median(rms(data.x_sem.values[points, 1:]) / rms(mean))


def judge(data, name, predict):
    """Prints the errors on what was held out; exit code 0 if the closure beats the exact mass in every split of the test.  predict(pieces) -> bin means."""
    better = True
    for split in ("test_interpolation", "test_extrapolation"):
        if not (data.split.values == SPLITS[split]).any():
            continue
        ours, exact, noise = errors(data, split, np.asarray(predict(recordings(data, split))))
        print(f"{name}, {split}: error {ours:.4f}, exact mass {exact:.4f} (ratio {ours / exact:.2f}; noise of the data {noise:.4f})")
        better = better and ours < exact
    return 0 if better else 1
