#!/usr/bin/env julia
# A neural closure of the mass, trained with Julia's SciML packages.  NOT TESTED: written without Julia at hand, after with_pytorch.py, whose numbers it should come near.
#
#     julia learn_sparsity.jl [FILE.nc] [--quick]
#
# Packages: NCDatasets, OrdinaryDiffEq, Lux, ComponentArrays, Optimization, OptimizationOptimisers, ForwardDiff.
# p = A NN_1 and q = A NN_2 of (s, ln(1 + eps), sign J): a network of 8 tanh units that starts as the exact mass.

using NCDatasets, OrdinaryDiffEq, Lux, ComponentArrays, Optimization, OptimizationOptimisers, ForwardDiff, Random, Statistics

const substeps = 4   # per bin

# Julia reads the file's dimensions in reverse: x_mean is [state, time, point].
function read_file(file)
    NCDataset(file) do d
        names = d["parameter"][:]
        theta = nomissing(d["theta"][:, :], NaN)
        row(prefix) = theta[findfirst(startswith(prefix * "_"), names), :]
        values(name) = nomissing(d[name][:, :, :], NaN)
        (; x = values("x_mean"), sem = values("x_sem"), residual = values("residual"), u = values("u")[1, :, :], split = Int.(d["split"][:]), width = Float64(d.attrib["bin"]),
           eta = row("eta"), Delta = row("Delta"), J = row("J"), K = row("K"), A = row("A"), delay = row("delay"))
    end
end

magnitude(x) = dropdims(sqrt.(sum(abs2, x .* [pi, 1.0]; dims = 1)); dims = 1)

# Pieces of `bins` bins of the points of a split.  start [2, piece] is the state at the left edge, x [2, bin, piece] the bin means, u [bin, piece].
function segments(d, split, bins)
    points, firsts = findall(==(split), d.split), 2:bins:(size(d.x, 2) - bins + 1)
    pairs = [(f, p) for f in firsts for p in points]
    gather(values) = cat((values[:, f:f+bins-1, p] for (f, p) in pairs)...; dims = 3)
    at(values) = [values[p] for (_, p) in pairs]
    x, sem = gather(d.x), gather(d.sem)
    rms = vec(sqrt.(mean(magnitude(x) .^ 2; dims = 1)))
    noise = vec(sqrt.(mean(magnitude(sem) .^ 2; dims = 1)))
    (; x, u = hcat((d.u[f:f+bins-1, p] for (f, p) in pairs)...), start = hcat(((d.x[:, f-1, p] .+ d.x[:, f, p]) ./ 2 for (f, p) in pairs)...), tolerance = 0.03 .* rms .+ noise,
       eta = at(d.eta), Delta = at(d.Delta), J = at(d.J), K = at(d.K), A = at(d.A), delay = at(d.delay), width = d.width)
end

const net = Lux.Chain(Lux.Dense(3 => 8, tanh), Lux.Dense(8 => 2; init_weight = Lux.zeros32))

# Bin means [2, bin, piece].  BS3: the stages of its third-order result lie within the step, so that the input of the next bin never enters.
function trajectory(theta, states, m)
    bins = size(m.u, 1)
    function field(y, theta, t)
        r, v = y[1, :], y[2, :]
        u = m.u[clamp(floor(Int, t / m.width + 1e-6) + 1, 1, bins), :]
        w2 = (pi .* r) .^ 2 .+ v .^ 2
        features = permutedims(hcat(v ./ sqrt.(w2), log.(1 .+ m.J .^ 2 ./ (m.K .* w2)), sign.(m.J)))
        closure = 0.1 .* m.A' .* first(net(features, theta, states))
        p, q = closure[1, :], max.(closure[2, :], -0.9 .* m.Delta)
        dr = (m.Delta .+ q) ./ pi .+ 2 .* r .* v
        dv = v .^ 2 .+ m.eta .+ u .+ m.J .* (r .- m.delay .* dr) .- (pi .* r) .^ 2 .+ p
        permutedims(hcat(dr, dv))
    end
    problem = ODEProblem(field, eltype(theta).(m.start), (0.0, bins * m.width), theta)
    solution = solve(problem, BS3(); adaptive = false, dt = m.width / substeps, saveat = m.width / substeps)
    y = cat(solution.u...; dims = 3)                                   # [2, piece, edge]
    middle = (y[:, :, 1:end-1] .+ y[:, :, 2:end]) ./ 2
    means = dropdims(mean(reshape(middle, 2, size(y, 2), substeps, bins); dims = 3); dims = 3)
    permutedims(means, (1, 3, 2))
end

function loss(theta, (states, m))
    wrong = (trajectory(theta, states, m) .- m.x) .* [pi, 1.0] ./ reshape(m.tolerance, 1, 1, :)
    mean(sqrt.(1 .+ sum(abs2, wrong; dims = 1)) .- 1)                  # pseudo-Huber: bursts that are late do not drown the rest
end

function main()
    files = filter(a -> !startswith(a, "--"), ARGS)
    d = read_file(isempty(files) ? joinpath(@__DIR__, "sample.nc") : files[1])
    parameters, states = Lux.setup(Xoshiro(1), net)
    theta = ComponentArray{Float64}(parameters)
    f = OptimizationFunction(loss, Optimization.AutoForwardDiff())
    result = solve(OptimizationProblem(f, theta, (states, segments(d, 0, 40))), Adam(0.02); maxiters = "--quick" in ARGS ? 30 : 200)
    println("loss ", result.objective)
    better = true
    for (split, name) in ((2, "test_interpolation"), (3, "test_extrapolation"))
        points = findall(==(split), d.split)
        isempty(points) && continue
        x = trajectory(result.u, states, segments(d, split, size(d.x, 2) - 1))
        data, residual = d.x[:, 2:end, points], d.residual[:, 2:end, points]
        rms(values) = vec(sqrt.(mean(magnitude(values) .^ 2; dims = 1)))
        ours, exact = median(rms(x .- data) ./ rms(data)), median(rms(residual) ./ rms(data))
        println("neural closure, $name: error $ours, exact mass $exact")
        better &= ours < exact
    end
    exit(better ? 0 : 1)
end

main()
