"""Sweeps that closures are learned from."""

STEP = """
[run]
dt = 5e-3
warmup = 12.0
duration = 20.0
bin = 0.1
record = ["rate", "v"]
[population.E]
size = 1500
model = "qif"
params = { eta = { distribution = "lorentzian", center = 0.0, half_width = 1.0 } }
[projection.EE]
source = "E"
target = "E"
topology = { kind = "fixed_indegree", mean_indegree = 20 }
strength = 5.0
[stimulus.step]
target = "E"
kind = "step"
start = 22.0
amplitude = 3.0
[sweep]
trials = 2
"projection.EE.topology.mean_indegree" = [10, 20, 40, 80]
"""

# Annealed targets, steady states with and without input, most with eps from 0.2 to 1, where (p, q) stand out of the noise; x = v/(pi r) from -0.05 to about -8.
ANNEALED = """
[run]
seed     = 7
dt       = 5e-3
warmup   = 16.0
duration = 40.0
bin      = 0.1
record   = ["rate", "v"]
[population.E]
model  = "qif"
size   = 20000
params = { eta = { distribution = "lorentzian", center = 0.0, half_width = 1.0, draw = "compensated_quantiles" } }
initial = { kind = "fixed_point", branch = "high" }
[projection.EE]
source    = "E"
target    = "E"
topology  = { kind = "annealed", mean_indegree = 100 }
strength  = 1.0
[stimulus.step]
target = "E"
kind   = "step"
start  = 32.0
stop   = 44.0
amplitude = 1.0
[sweep]
trials = 4
design = "zip"
"population.E.params.eta.center"         = [-5.0, -5.0, -5.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0, -2.0, -2.0, -2.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -3.0, -3.0, -3.0]
"projection.EE.strength"                 = [15.0, 15.0, 15.0, -10.0, -10.0, -10.0, 5.0, 5.0, 5.0, 10.0, 10.0, 10.0, -5.0, -5.0, -5.0, -5.0, -5.0, -5.0, -3.0, -3.0, -3.0]
"projection.EE.topology.mean_indegree"   = [25, 40, 80, 70, 100, 160, 10, 20, 40, 25, 40, 80, 15, 25, 40, 15, 25, 40, 7, 10, 15]
"""

ALL_TO_ALL = """
[run]
seed     = 7
dt       = 0.02
warmup   = 16.0
duration = 40.0
bin      = 0.1
record   = ["rate", "v"]
[population.E]
model  = "qif"
size   = 10000
params = { eta = { distribution = "lorentzian", center = 0.0, half_width = 1.0, draw = "compensated_quantiles" } }
[projection.EE]
source    = "E"
target    = "E"
topology  = { kind = "all_to_all" }
strength  = 1.0
[stimulus.first]
target = "E"
kind   = "step"
start  = 26.0
stop   = 36.0
amplitude = 1.0
[stimulus.second]
target = "E"
kind   = "step"
start  = 46.0
amplitude = 1.0
[sweep]
trials = 4
design = "zip"
"population.E.params.eta.center"  = [-5.0, 5.0, 0.0, 20.0, -2.0]
"projection.EE.strength"          = [15.0, -10.0, 5.0, -40.0, 10.0]
"stimulus.first.amplitude"        = [3.0, 3.0, 3.0, 10.0, 1.0]
"stimulus.second.amplitude"       = [-2.0, -3.0, -2.0, -10.0, -2.0]
"""
