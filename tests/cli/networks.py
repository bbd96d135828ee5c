"""Network files for the tests: small, complete, quick."""

ONE = """[run]
seed      = 3
time_unit = "tau"
dt        = 0.01
warmup    = 2.0
duration  = 4.0
bin       = 0.1
record    = ["rate", "v", "order_parameter"]

[population.E]
model  = "qif"
size   = 500
params = { eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5 } }

[projection.EE]
source   = "E"
target   = "E"
topology = { kind = "erdos_renyi", mean_indegree = 50 }
strength = 5.0
"""

# The same in blocks, so that their order can be changed.
TWO_RUN = """[run]
seed      = 5
time_unit = "tau"
dt        = 0.01
warmup    = 1.0
duration  = 3.0
bin       = 0.1
record    = ["rate", "v"]
"""
TWO_POPULATIONS = {
    "E": """[population.E]
model  = "qif"
size   = 404
params = { eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5, draw = "random" } }
""",
    "I": """[population.I]
model  = "theta"
size   = 101
params = { eta = { distribution = "gaussian", center = 2.0, sd = 0.5 } }
""",
}
TWO_PROJECTIONS = {
    "EE": """[projection.EE]
source   = "E"
target   = "E"
topology = { kind = "erdos_renyi", mean_indegree = 40 }
strength = { distribution = "gaussian", mean = 5.0, sd = 1.0 }
""",
    "EI": """[projection.EI]
source   = "I"
target   = "E"
topology = { kind = "fixed_indegree", mean_indegree = 20 }
strength = -4.0
delay    = 0.05
synapse  = { kind = "exponential", tau = 0.1 }
""",
    "IE": """[projection.IE]
source   = "E"
target   = "I"
topology = { kind = "fixed_outdegree", mean_indegree = 40 }
strength = 3.0
""",
    "II": """[projection.II]
source   = "I"
target   = "I"
topology = { kind = "all_to_all" }
strength = -1.0
""",
}


def two(populations=("E", "I"), projections=("EE", "EI", "IE", "II")):
    return "\n".join([TWO_RUN, *(TWO_POPULATIONS[p] for p in populations), *(TWO_PROJECTIONS[p] for p in projections)])


SWEEP = ONE + """
[sweep]
trials    = 2
reference = "all_to_all"
"projection.EE.topology.mean_indegree" = [10, 30, 100]
"projection.EE.topology.kind"          = ["erdos_renyi", "fixed_indegree"]
"""

# Sixty runs of some 100 ms each: something to interrupt.  With LONG_THREADS on every machine.
LONG_SWEEP = """[run]
seed      = 7
time_unit = "tau"
dt        = 0.005
warmup    = 10.0
duration  = 30.0
bin       = 0.5
record    = ["rate", "v", "order_parameter"]

[population.E]
model  = "qif"
size   = 4000
params = { eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5 } }

[projection.EE]
source   = "E"
target   = "E"
topology = { kind = "erdos_renyi", mean_indegree = 50 }
strength = 5.0

[sweep]
trials    = 4
reference = "all_to_all"
"projection.EE.topology.mean_indegree" = [10, 20, 50, 100]
"projection.EE.strength"               = [1.0, 2.0, 5.0]
"""

LONG_THREADS = ("--threads", "2")

# At dt = 1 too many neurons would fire once per step: those points fail, the others do not.
FAILING_SWEEP = ONE.replace("center = 1.0", "center = 8.0").replace("bin       = 0.1", "bin       = 1.0") + """
[sweep]
trials   = 2
"run.dt" = [0.01, 1.0]
"""

# Long enough for stationary means.
STATIONARY = ONE.replace("warmup    = 2.0", "warmup    = 20.0").replace("duration  = 4.0", "duration  = 20.0").replace("dt        = 0.01", "dt        = 0.02")


def edited(text, old, new):
    """`text` with its only `old` replaced."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)
