#!/usr/bin/env python3
"""Writes nest_iaf_psc_exp.txt.gz: spikes of NEST's iaf_psc_exp for tests/theory/nest_test.cpp.  Needs NEST 3 (pip install nest-simulator); the test does not.

100 cells, 10 s, dt = 0.1 ms.  Cell c gets trains of both signs and a constant current; parameters differ between four groups.  Trains need no room: in step n an input arrives
where mix64(mix64(2 c + sign) + n) (models/base/random.hpp), sign = 0 or 1, is below 2^64 times its probability.  Lines: "cell GROUP I_e weight_ex weight_in tie", then its
spikes, as differences of steps.  Steps count from 0: a spike of NEST at time t is of step t/dt - 1; an input that arrives in step n was sent at n dt with a delay of one step.
tie: the first step in which abs(V - V_th) < 1e-4 mV, up to which a cell is compared; -1: none.
"""

import gzip

import nest
import numpy as np

dt, steps, cells = 0.1, 100000, 100
groups = [dict(),
          dict(tau_m=20.0, C_m=500.0, E_L=-65.0, V_th=-50.0, V_reset=-60.0, t_ref=1.0, tau_syn_ex=0.5, tau_syn_in=4.0),
          dict(tau_m=10.0, C_m=250.0, E_L=-65.0, V_th=-50.0, V_reset=-65.0, t_ref=2.0, tau_syn_ex=0.5, tau_syn_in=0.5),
          dict(tau_m=5.0, C_m=100.0, E_L=-70.0, V_th=-52.0, V_reset=-58.0, t_ref=0.0, tau_syn_ex=5.0, tau_syn_in=10.0)]



def mix64(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def train(cell, sign, probability):
    return np.flatnonzero(mix64(mix64(np.uint64([2 * cell + sign])) + np.arange(steps, dtype=np.uint64)) < np.uint64(probability * 2**64))


nest.ResetKernel()
nest.resolution = dt
made = []
for c in range(cells):
    g = c % len(groups)
    weight_ex, weight_in = [(150.0, -60.0), (500.0, -40.0), (700.0, -400.0), (60.0, -25.0)][g]
    current = 2.5 * c
    trains = [train(c, 0, 0.12), train(c, 1, 0.05)]
    cell = nest.Create("iaf_psc_exp", params={**groups[g], "I_e": current, "V_m": groups[g].get("E_L", -70.0)})
    record, volts = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": dt})
    for arrivals, weight in zip(trains, (weight_ex, weight_in)):
        source = nest.Create("spike_generator", params={"spike_times": np.round(arrivals[arrivals > 0] * dt, 1)})
        nest.Connect(source, cell, syn_spec={"weight": weight, "delay": dt})
    nest.Connect(cell, record)
    nest.Connect(volts, cell)
    made.append((g, current, weight_ex, weight_in, record, volts))
nest.Simulate(steps * dt)

with gzip.GzipFile("nest_iaf_psc_exp.txt.gz", "wb", mtime=0) as out:
    out.write(f"# NEST {nest.__version__} iaf_psc_exp, dt = {dt} ms, {steps} steps, {cells} cells; nest_iaf_psc_exp.py\n".encode())
    for g, current, weight_ex, weight_in, record, volts in made:
        spikes = np.round(np.array(record.events["times"]) / dt).astype(int) - 1
        v, at = np.array(volts.events["V_m"]), np.round(np.array(volts.events["times"]) / dt).astype(int) - 1
        # Where a cell spikes the recorded V is the reset, so V just above the threshold does not show: those ties are not excused.
        near = at[np.abs(v - groups[g].get("V_th", -55.0)) < 1e-4]
        out.write(f"cell {g} {current} {weight_ex} {weight_in} {near[0] if near.size else -1}\n".encode())
        out.write((" ".join(map(str, np.diff(spikes, prepend=0))) + "\n").encode())
