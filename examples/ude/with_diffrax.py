#!/usr/bin/env python3
"""A neural closure of the mass, trained with JAX, diffrax, equinox and optax.

    with_diffrax.py [FILE.nc] [--quick]

p = A NN_1 and q = A NN_2 of (s, ln(1 + eps), sign J): a network of 8 tanh units that starts as the exact mass.
"""

import argparse
import sys
from pathlib import Path

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

import ude_data

jax.config.update("jax_enable_x64", True)
SUBSTEPS = 4   # per bin


def make_closure(key):
    net = eqx.nn.MLP(3, 2, 8, 1, activation=jnp.tanh, key=key)
    last = lambda n: (n.layers[-1].weight, n.layers[-1].bias)  # noqa: E731
    return eqx.tree_at(last, net, jax.tree.map(jnp.zeros_like, last(net)))


def trajectory(net, piece, width):
    """Bin means [bins, 2] of one segment."""
    bins = piece["u"].shape[0]

    def field(t, y, m):
        r, v = y
        k = jnp.clip(jnp.floor(t / width + 1e-6).astype(int), 0, bins - 1)
        p, q = 0.1 * m["A"] * net(jnp.stack(ude_data.features(r, v, m["J"], m["K"], jnp)))
        return jnp.stack(ude_data.mass(r, v, m["u"][k], p, jnp.maximum(q, -0.9 * m["Delta"]), m))

    times = jnp.arange(bins * SUBSTEPS + 1) * (width / SUBSTEPS)
    solution = diffrax.diffeqsolve(diffrax.ODETerm(field), diffrax.Bosh3(), times[0], times[-1], None, piece["start"], piece,
                                   saveat=diffrax.SaveAt(ts=times), stepsize_controller=diffrax.StepTo(times), max_steps=bins * SUBSTEPS + 1, throw=False)
    y = solution.ys
    middle = ((y[:-1] + y[1:]) / 2).reshape(bins, SUBSTEPS, 2)
    return middle.mean(1)


def loss(net, pieces, width):
    x = jax.vmap(lambda piece: trajectory(net, piece, width))(pieces)
    wrong = ((x - pieces["x"]) * jnp.array([jnp.pi, 1.0])) / pieces["tolerance"][:, None, None]
    return jnp.mean(jnp.sqrt(1 + jnp.sum(wrong**2, -1)) - 1)   # pseudo-Huber: bursts that are late do not drown the rest


def train(net, pieces, width, iterations):
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(0.02, iterations)))
    state = optimiser.init(eqx.filter(net, eqx.is_array))

    @eqx.filter_jit
    def step(net, state):
        value, gradient = eqx.filter_value_and_grad(loss)(net, pieces, width)
        updates, state = optimiser.update(gradient, state)
        return eqx.apply_updates(net, updates), state, value

    for i in range(iterations):
        net, state, value = step(net, state)
        if i % 50 == 0 or i == iterations - 1:
            print(f"iteration {i}: loss {value:.4f}", flush=True)
    return net


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", nargs="?", default=Path(__file__).with_name("sample.nc"))
    arguments.add_argument("--quick", action="store_true", help="few iterations, for tests")
    chosen = arguments.parse_args()
    data = ude_data.load(chosen.file)
    width = float(data.attrs["bin"])
    pieces = ude_data.segments(data, "train", 40)
    rms = np.sqrt(np.mean(ude_data.size(pieces["x"]) ** 2, axis=1))
    pieces["tolerance"] = 0.03 * rms + pieces["noise"]
    net = train(make_closure(jax.random.PRNGKey(1)), jax.tree.map(jnp.asarray, pieces), width, 60 if chosen.quick else 300)
    return ude_data.judge(data, "neural closure", eqx.filter_jit(lambda pieces: jax.vmap(lambda piece: trajectory(net, piece, width))(pieces)))


if __name__ == "__main__":
    sys.exit(main())
