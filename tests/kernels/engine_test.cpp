// The engine against the plainest simulator that says the same: loops over edges, no blocks, no lists, one thread.

#include "kernels/engine.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "kernels/coupling.hpp"
#include "kernels/delays.hpp"
#include "kernels/parameters.hpp"
#include "kernels/stimulus.hpp"
#include "models/registry.hpp"
#include "models/synapses/exponential.hpp"
#include "tests/golden/networks.hpp"
#include "tests/kernels/reference_graph.hpp"

namespace spikemass {
namespace {

/// Digest and spike count of `steps` steps.  Networks whose topologies store edges, or all_to_all.
struct Plain {
    std::uint64_t digest = 0, spikes = 0;

    Plain(const Network& n, std::int64_t steps) {
        struct Q {
            std::vector<reference::Edge> edges;
            std::vector<std::int64_t> degree;
            std::vector<float> trace, second;
            std::vector<double> own;   // strengths of the targets
            std::vector<std::int64_t> delay;   // of edges
            std::vector<double> later;         // [step] part of the synapses whose delay is longer
            double unit = 1, realised = 0;
            std::vector<std::vector<std::uint32_t>> history;   // [step]
        };
        std::vector<std::size_t> by_key(n.projections.size());
        for (std::size_t i = 0; i < by_key.size(); ++i) by_key[i] = i;
        std::sort(by_key.begin(), by_key.end(), [&](auto a, auto b) { return name_key(n.projections[a].name) < name_key(n.projections[b].name); });
        std::vector<Q> q(n.projections.size());
        for (std::size_t i = 0; i < q.size(); ++i) {
            const Projection& p = n.projections[i];
            const auto ns = n.populations[p.source].size, nt = n.populations[p.target].size;
            if (p.topology.kind == TopologyKind::all_to_all) {
                for (std::uint32_t s = 0; s < ns; ++s)
                    for (std::uint32_t t = 0; t < nt; ++t)
                        if (p.topology.self_connections || p.source != p.target || s != t) q[i].edges.push_back({s, t});
            } else if (p.strength_sd > 0) {
                const auto g = cpu::build_graph(p, n.seeds, ns, nt, p.source == p.target, cpu::isa_v3);
                q[i].edges = reference::edges(g);
                q[i].unit = g.weight_unit;
            } else {
                q[i].edges = reference::edges(p, n.seeds, ns, nt, p.source == p.target);
            }
            if (p.strength_half_width > 0) q[i].own = draw_parameter({Distribution::lorentzian, p.strength, p.strength_half_width, p.strength_draw}, nt, n.seeds.init, name_key("projection." + p.name + ".strength"));
            if (p.delay_law != DelayLaw::constant) {
                const kernels::Delays delays(p, n.seeds);
                for (const auto& e : q[i].edges) q[i].delay.push_back(delays(e.source, e.target));
                double left = 1;
                const auto probability = kernels::delay_probabilities(p);
                for (std::int64_t step = 0; step < p.delay_steps; ++step) {
                    if (step >= p.shortest_delay) left -= probability[static_cast<std::size_t>(step - p.shortest_delay)];
                    q[i].later.push_back(left);
                }
            }
            q[i].degree.assign(static_cast<std::size_t>(nt), 0);
            for (const auto& e : q[i].edges) ++q[i].degree[e.target];
            q[i].realised = static_cast<double>(q[i].edges.size()) / static_cast<double>(nt);
        }
        std::vector<std::vector<std::vector<bool>>> spiked(n.populations.size());   // [population][step][neuron]
        std::vector<std::vector<float>> eta(n.populations.size());
        std::vector<std::vector<std::vector<float>>> columns(n.populations.size());
        for (std::size_t a = 0; a < n.populations.size(); ++a) {
            const Population& p = n.populations[a];
            const auto key = name_key(p.name);
            double recurrent = 0;
            for (const auto& r : n.projections)
                if (r.target == a) recurrent += effective_coupling(r) * p.tau * n.populations[r.source].initial.rate;
            const auto values = draw_parameter(p.eta, p.size, n.seeds.init, key), u = initial_phases(p.size, n.seeds.init, key);
            columns[a].assign(2, std::vector<float>(static_cast<std::size_t>(p.size)));
            float* c[] = {columns[a][0].data(), columns[a][1].data()};
            for (std::size_t i = 0; i < values.size(); ++i) {
                eta[a].push_back(static_cast<float>(values[i]));
                double own = recurrent;
                for (std::size_t k = 0; k < q.size(); ++k)
                    if (const Projection& r = n.projections[k]; r.target == a && !q[k].own.empty() && n.populations[r.source].initial.rate > 0)
                        own += (q[k].own[i] - r.strength) * coupling_factor(r) * p.tau * n.populations[r.source].initial.rate;
                const double v = initial_v(p.initial, values[i] + own, u[i]);
                if (p.model == NeuronKind::qif) models::Qif::store(c, static_cast<std::int64_t>(i), models::Qif::at_potential(v));
                else models::Theta::store(c, static_cast<std::int64_t>(i), models::Theta::at_potential(v));
            }
        }
        std::uint32_t low = 0, high = 0;
        for (std::int64_t step = 0; step < steps; ++step) {
            std::vector<std::vector<std::vector<std::int64_t>>> arrivals(q.size());
            for (std::size_t i = 0; i < q.size(); ++i) {
                const Projection& p = n.projections[i];
                std::vector<std::int64_t> sum(static_cast<std::size_t>(n.populations[p.target].size), 0);
                for (std::size_t k = 0; k < q[i].edges.size(); ++k) {
                    const auto& e = q[i].edges[k];
                    const std::int64_t at = step - (q[i].delay.empty() ? p.delay_steps : q[i].delay[k]);
                    if (at >= 0 && spiked[p.source][static_cast<std::size_t>(at)][e.source]) sum[e.target] += p.strength_sd > 0 ? e.weight : 1;
                }
                arrivals[i].push_back(std::move(sum));
            }
            for (std::size_t a = 0; a < n.populations.size(); ++a) {
                const Population& p = n.populations[a];
                auto& now = spiked[a].emplace_back(static_cast<std::size_t>(p.size), false);
                float* c[] = {columns[a][0].data(), columns[a][1].data()};
                const auto flow = models::MoebiusFlow::prepare(n.dt / p.tau);
                for (std::int64_t i = 0; i < p.size; ++i) {
                    float input = eta[a][static_cast<std::size_t>(i)] + static_cast<float>(input_mean(n, a, step));
                    for (std::size_t k : by_key) {
                        const Projection& r = n.projections[k];
                        if (r.target != a) continue;
                        const double unit = r.strength_sd > 0 ? q[k].unit : !q[k].own.empty() ? q[k].own[static_cast<std::size_t>(i)] : r.strength;
                        double norm = 1;
                        if (r.normalise == Normalise::sqrt_mean_indegree) norm = math::sqrt(r.topology.mean_indegree);
                        if (r.normalise == Normalise::mean_indegree) norm = r.topology.mean_indegree;
                        if (r.normalise == Normalise::realised_mean_indegree) norm = q[k].realised;
                        if (r.normalise == Normalise::indegree) norm = static_cast<double>(q[k].degree[static_cast<std::size_t>(i)]);
                        const double w = norm > 0 ? unit / norm : 0;
                        const double before = r.topology.mean_indegree * n.populations[r.source].initial.rate * n.dt * (r.strength_sd > 0 ? r.strength / unit : 1.0);
                        const float count = static_cast<float>(arrivals[k][0][static_cast<std::size_t>(i)]) + (step >= r.delay_steps ? 0.0f : static_cast<float>(q[k].later.empty() ? before : before * q[k].later[static_cast<std::size_t>(step)]));
                        if (r.synapse.kind == SynapseKind::delta) {
                            input = math::fma(static_cast<float>(w * p.tau / n.dt), count, input);
                        } else if (r.synapse.kind != SynapseKind::exponential) {
                            const auto at = static_cast<std::size_t>(i);
                            if (q[k].trace.empty()) q[k].trace = q[k].second = std::vector<float>(static_cast<std::size_t>(p.size), static_cast<float>(before / n.dt));
                            const bool alpha = r.synapse.kind == SynapseKind::alpha;
                            const auto s = models::Cascade::two_stages(n.dt, alpha ? r.synapse.tau : r.synapse.tau_rise, r.synapse.tau);
                            input = math::fma(static_cast<float>(w * p.tau), models::Cascade::advance(s, q[k].trace[at], q[k].second[at], count), input);
                        } else {
                            if (q[k].trace.empty()) q[k].trace.assign(static_cast<std::size_t>(p.size), static_cast<float>(before / n.dt));
                            const auto s = models::Exponential::prepare(n.dt, r.synapse.tau);
                            input = math::fma(static_cast<float>(w * p.tau), models::Exponential::advance(s, q[k].trace[static_cast<std::size_t>(i)], count), input);
                        }
                    }
                    float margin;
                    if (p.model == NeuronKind::qif) {
                        auto s = models::Qif::load(c, i);
                        margin = models::Qif::advance(flow, s, input);
                        models::Qif::store(c, i, s);
                    } else {
                        auto s = models::Theta::load(c, i);
                        margin = models::Theta::advance(flow, s, input);
                        models::Theta::store(c, i, s);
                    }
                    if (margin < 0) {
                        now[static_cast<std::size_t>(i)] = true;
                        const std::uint64_t h = mix64(mix64(name_key(p.name) + static_cast<std::uint64_t>(i)) + static_cast<std::uint64_t>(step));
                        low += static_cast<std::uint32_t>(h);
                        high += static_cast<std::uint32_t>(h >> 32);
                        ++spikes;
                    }
                }
            }
        }
        digest = static_cast<std::uint64_t>(high) << 32 | low;
    }
};

TEST(Engine, EqualsThePlainSimulatorOnTheGoldenNetworks) {
    int compared = 0;
    for (const golden::Case& c : golden::cases()) {
        if (c.name == "annealed") continue;   // no edges to loop over; its own test is below
        // A common all-to-all input is one number per step: gain * count is rounded before it is added.
        // Leaky neurons and noise have tests of their own (tests/models, tests/theory).
        const auto leaky = [](const Population& p) { return p.model > NeuronKind::theta; };
        if (std::any_of(c.network.populations.begin(), c.network.populations.end(), leaky) || std::any_of(c.network.stimuli.begin(), c.network.stimuli.end(), [](const Stimulus& s) { return is_noise(s.kind); })) continue;
        Network n = c.network;
        std::erase_if(n.projections, [](const Projection& p) { return p.topology.kind == TopologyKind::all_to_all && p.topology.self_connections && p.strength_half_width == 0.0; });
        if (n.projections.empty()) continue;
        constexpr std::int64_t steps = 120;
        const Plain expected(n, steps);
        const auto engine = make_cpu_engine(n, {2, ""});
        engine->advance(steps);
        EXPECT_GT(expected.spikes, 50u) << c.name;
        EXPECT_EQ(engine->spikes(), expected.spikes) << c.name;
        EXPECT_EQ(engine->digest(), expected.digest) << c.name;
        ++compared;
    }
    EXPECT_GE(compared, 12);
}

TEST(Engine, AnnealedArrivalsHaveTheirMeanAndAreRedrawn) {
    golden::Case c = golden::named("annealed");
    const auto a = make_cpu_engine(c.network, {1, ""});
    a->advance(500);
    c.network.seeds.noise += 1;
    const auto b = make_cpu_engine(c.network, {1, ""});
    b->advance(500);
    EXPECT_NE(a->digest(), b->digest());
    EXPECT_NEAR(static_cast<double>(a->spikes()), static_cast<double>(b->spikes()), 0.05 * static_cast<double>(a->spikes()));
}

TEST(Engine, OrderOfTheFileDoesNotMatter) {
    const golden::Case c = golden::named("excitatory_inhibitory");
    Network n = c.network;
    std::swap(n.populations[0], n.populations[1]);
    for (Projection& p : n.projections) {
        p.source = 1 - p.source;
        p.target = 1 - p.target;
    }
    for (Stimulus& s : n.stimuli) s.target = 1 - s.target;
    std::reverse(n.projections.begin(), n.projections.end());
    const auto a = make_cpu_engine(c.network, {2, ""}), b = make_cpu_engine(n, {1, ""});
    a->advance(600);
    b->advance(600);
    EXPECT_EQ(a->digest(), b->digest());
    std::stringstream sa, sb;
    a->save(sa);
    b->save(sb);
    EXPECT_EQ(sa.str(), sb.str());
}

TEST(Engine, RecordingChangesNothingAndCountsEverySpike) {
    for (const golden::Case& c : golden::cases()) {
        const auto a = make_cpu_engine(c.network, {1, ""}), b = make_cpu_engine(c.network, {2, ""});
        a->advance(300);
        std::vector<PopulationBins> bins;
        std::uint64_t delivered = 0, calls = 0;
        std::vector<std::uint64_t> per_bin;
        b->set_spike_sink([&](std::size_t, std::int64_t step, std::span<const std::uint32_t> ids) {
            delivered += ids.size();
            ++calls;
            per_bin.resize(static_cast<std::size_t>(step / 30) + 1, 0);
            per_bin[static_cast<std::size_t>(step / 30)] += ids.size();
            for (std::size_t i = 1; i < ids.size(); ++i) ASSERT_LT(ids[i - 1], ids[i]);
        });
        b->record(10, 30, {true, true, true}, bins);
        EXPECT_EQ(calls, 300 * c.network.populations.size()) << c.name;   // also in steps without spikes
        EXPECT_EQ(a->digest(), b->digest()) << c.name;
        std::uint64_t counted = 0;
        for (std::size_t k = 0; k < 10; ++k) {
            std::uint64_t in_bin = 0;
            for (const PopulationBins& p : bins) in_bin += p.spike_count[k];
            EXPECT_EQ(in_bin, k < per_bin.size() ? per_bin[k] : 0);
            counted += in_bin;
        }
        EXPECT_EQ(counted, b->spikes());
        EXPECT_EQ(delivered, b->spikes());
    }
}

class Checkpoint : public testing::TestWithParam<std::size_t> {};

TEST_P(Checkpoint, GoesOnBitForBitAtAnyStep) {
    const golden::Case c = golden::cases()[GetParam()];
    const auto whole = make_cpu_engine(c.network, {1, ""});
    whole->advance(317);
    for (std::int64_t at : {std::int64_t{0}, std::int64_t{1}, std::int64_t{5}, std::int64_t{200}}) {
        const auto first = make_cpu_engine(c.network, {2, c.formats.front()}), second = make_cpu_engine(c.network, {3, c.formats.back()});
        first->advance(at);
        std::stringstream file;
        first->save(file);
        second->advance(13);   // whatever it did before is replaced
        second->load(file);
        EXPECT_EQ(second->step(), at);
        second->advance(317 - at);
        first->advance(317 - at);   // saving does not disturb
        EXPECT_EQ(second->digest(), whole->digest()) << c.name << " at " << at;
        EXPECT_EQ(first->digest(), whole->digest()) << c.name << " at " << at;
        std::stringstream a, b;
        second->save(a);
        whole->save(b);
        EXPECT_EQ(a.str(), b.str());
    }
}

INSTANTIATE_TEST_SUITE_P(Golden, Checkpoint, testing::Range(std::size_t{0}, golden::cases().size()));

TEST(Checkpoint, DamagedOrForeignOnesAreRefused) {
    const golden::Case c = golden::named("erdos_renyi");
    const auto engine = make_cpu_engine(c.network, {1, ""});
    engine->advance(50);
    const std::uint64_t before = engine->digest();
    std::stringstream file;
    engine->save(file);
    const std::string good = file.str();
    for (std::size_t at = 0; at < good.size(); at += 97) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 0x10);
        std::stringstream in(bad);
        EXPECT_THROW(engine->load(in), IoError) << at;
    }
    for (std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{40}, good.size() - 1}) {
        std::stringstream in(good.substr(0, size));
        EXPECT_THROW(engine->load(in), IoError) << size;
    }
    EXPECT_EQ(engine->digest(), before);
    Network other = c.network;
    other.seeds.graph += 1;
    std::stringstream in(good);
    EXPECT_THROW(make_cpu_engine(other, {1, ""})->load(in), ConfigurationError);
}

TEST(Memory, IsEstimatedWithinReason) {
    Network n = golden::named("erdos_renyi").network;
    n.populations[0].size = 200000;
    n.projections[0].topology.mean_indegree = 100;
    const MemoryEstimate e = estimate_memory(n);
    EXPECT_DOUBLE_EQ(e.synapses, 2e7);
    EXPECT_GT(e.bytes, 2e7 * 2);
    EXPECT_LT(e.bytes, 2e7 * 6);
    EXPECT_GT(available_memory(), 1e8);
}

}  // namespace
}  // namespace spikemass
