#!/usr/bin/env python3
"""A neural closure of the mass, trained with PyTorch through a Runge-Kutta solver of its own.

    with_pytorch.py [FILE.nc] [--quick]

p = A NN_1 and q = A NN_2 of (s, ln(1 + eps), sign J): a network of 8 tanh units that starts as the exact mass.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

import ude_data

torch.set_default_dtype(torch.float64)
SUBSTEPS = 2   # per bin


class Closure(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 2))
        torch.nn.init.zeros_(self.net[-1].weight)
        torch.nn.init.zeros_(self.net[-1].bias)

    def forward(self, r, v, m):
        p, q = (0.1 * m["A"][:, None] * self.net(torch.stack(ude_data.features(r, v, m["J"], m["K"], torch), -1))).unbind(-1)
        return p, torch.maximum(q, -0.9 * m["Delta"])


def trajectory(closure, m, width):
    """Bin means [piece, bins, 2] by classical Runge-Kutta steps, the input constant within each bin."""
    h, y = width / SUBSTEPS, m["start"]
    means = []
    for u in m["u"].unbind(1):
        def field(y):
            r, v = y.unbind(-1)
            return torch.stack(ude_data.mass(r, v, u, *closure(r, v, m), m), -1)

        total = torch.zeros_like(y)
        for _ in range(SUBSTEPS):
            a = field(y)
            b = field(y + h / 2 * a)
            c = field(y + h / 2 * b)
            after = y + h / 6 * (a + 2 * b + 2 * c + field(y + h * c))
            total = total + (y + after) / 2
            y = after
        means.append(total / SUBSTEPS)
    return torch.stack(means, 1)


def loss(closure, m, width):
    wrong = (trajectory(closure, m, width) - m["x"]) * torch.tensor([np.pi, 1.0]) / m["tolerance"][:, None, None]
    return torch.mean(torch.sqrt(1 + torch.sum(wrong**2, -1)) - 1)   # pseudo-Huber: bursts that are late do not drown the rest


def train(closure, m, width, iterations):
    optimiser = torch.optim.Adam(closure.parameters(), 0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, iterations)
    for i in range(iterations):
        optimiser.zero_grad()
        value = loss(closure, m, width)
        value.backward()
        torch.nn.utils.clip_grad_norm_(closure.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if i % 50 == 0 or i == iterations - 1:
            print(f"iteration {i}: loss {value.item():.4f}", flush=True)


def tensors(pieces):
    return {name: torch.as_tensor(value) for name, value in pieces.items()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", nargs="?", default=Path(__file__).with_name("sample.nc"))
    arguments.add_argument("--quick", action="store_true", help="few iterations, for tests")
    chosen = arguments.parse_args()
    torch.manual_seed(1)
    data = ude_data.load(chosen.file)
    width = float(data.attrs["bin"])
    pieces = ude_data.segments(data, "train", 40)
    rms = np.sqrt(np.mean(ude_data.size(pieces["x"]) ** 2, axis=1))
    pieces["tolerance"] = 0.03 * rms + pieces["noise"]
    closure = Closure()
    train(closure, tensors(pieces), width, 30 if chosen.quick else 200)

    def predict(pieces):
        with torch.no_grad():
            return trajectory(closure, tensors(pieces), width)

    return ude_data.judge(data, "neural closure", predict)


if __name__ == "__main__":
    sys.exit(main())
