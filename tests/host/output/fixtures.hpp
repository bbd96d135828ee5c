#pragma once
// A small sweep with everything in it: two populations, three projections, axes of every type, equal points, references.

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/output/records.hpp"
#include "host/output/sha256.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/base/error.hpp"
#include "models/base/random.hpp"

namespace spikemass::output::test {

namespace fs = std::filesystem;

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (fs::temp_directory_path() / "spikemass_output_XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { std::error_code ignored; fs::remove_all(path_, ignored); }
    const fs::path& path() const { return path_; }
    fs::path operator/(const std::string& name) const { return path_ / name; }

private:
    fs::path path_;
};

inline SweepHeader make_header() {
    SweepHeader h;
    h.network_toml = "[run]\nseed = 1  # \"quoted\", \xc3\xa9\n";
    h.resolved = {{"run", {{"seed", 1}, {"dt", 0.02}}}, {"population", {{"E", {{"size", 1000}}}, {"I", {{"size", 250}}}}}};
    h.sha256 = sha256_hex(h.resolved.dump());
    h.dt = 0.02;
    h.bin = 0.1;
    h.warmup = 2.0;
    h.duration = 3.7;   // 37 bins: no round number
    h.record.v = true;
    h.record.order_parameter = true;
    h.record.statistics = true;
    h.axes = {"projection.EE.topology.mean_indegree", "projection.EE.topology.kind", "projection.EE.strength", "projection.EI.strength",
              "run.allow_capped", "population.E.tau_ms"};
    h.axis_units = {"1", "1", "1", "1", "1", "ms"};
    h.points = {{std::int64_t{10}, std::string("erdos_renyi"), 0.1, 1.0, true, 10.0},
                {std::int64_t{30}, std::string("fixed_indegree"), 1.0 / 3.0, 2.0, false, 20.0},
                {std::int64_t{10}, std::string("erdos_renyi"), 0.1, 1.0, true, 10.0}};
    h.trials = 2;
    h.populations = {"E", "I"};
    h.projections = {"EE", "EI", "IE"};
    h.n_neurons = {{1000, 250}, {2000, 250}, {1000, 250}};
    h.same_as = {0, 1, 0};
    h.reference_index = {0, 1, 0};
    h.stimulus = {std::vector(2, std::vector<double>(37, 0.0))};
    for (std::size_t b = 10; b < 20; ++b) h.stimulus[0][0][b] = 3.0;
    h.provenance = {"0.1.0", "0123abc", "cpu", "a processor", "g++ 12", 1};
    return h;
}

/// Numbers that depend on the id alone and use all bits.
inline TrialRecord make_record(const SweepHeader& h, const TrialId& id) {
    std::uint64_t state = mix64(static_cast<std::uint64_t>(id.kind) * 1000003u + static_cast<std::uint64_t>(id.index) * 1009u + static_cast<std::uint64_t>(id.trial) + 7u);
    const auto next = [&] { return state = mix64(state + 0x9e3779b97f4a7c15ull); };
    const auto real = [&] { return static_cast<double>(next() >> 11) * 0x1p-53; };
    TrialRecord record;
    record.id = id;
    record.seeds = {next(), next(), next()};
    auto& run = record.result;
    run.strategy = "omp";
    run.digest = next();
    run.steps = 285;
    run.synapses = 12345;
    run.spikes = next();
    run.build_seconds = real();
    run.wall_seconds = real();
    run.capped_fraction = real();
    run.capped_rate_bound = real();
    if (id.trial == 1) run.warnings = {"one sentence.", "another."};
    for (std::size_t p = 0; p < h.populations.size(); ++p) {
        auto& bins = run.populations.emplace_back();
        for (std::int64_t b = 0; b < h.n_bins(); ++b) {
            bins.spike_count.push_back(next() >> 32);
            bins.rate.push_back(real());
            if (h.record.v && p == 0) bins.v.push_back(real() - 0.5);   // population I lacks v: NaN in the dataset
            if (h.record.order_parameter) bins.z_re.push_back(real()), bins.z_im.push_back(-real());
        }
    }
    for (std::size_t p = 0; h.record.statistics && p < h.populations.size(); ++p) {
        SpikeStatistics& s = run.statistics.emplace_back();
        for (const auto& number : spike_statistics_list) s.*number.member = real();
        s.count_correlation_se = SpikeStatistics::nan;
    }
    for (std::size_t j = 0; j < h.projections.size(); ++j)
        run.projections.push_back({next(), real() * 100, real() * 10, j == 1 ? std::numeric_limits<double>::quiet_NaN() : 0.25 - static_cast<double>(j), next(), 0.02 * static_cast<double>(j + 1), real(), j == 1 ? 0x1p-12 : 0.0, "rows16"});
    return record;
}

inline bool same_bits(double a, double b) { return (std::isnan(a) && std::isnan(b)) || a == b; }

inline void expect_equal(const TrialRecord& a, const TrialRecord& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.message, b.message);
    EXPECT_EQ(a.seeds.graph, b.seeds.graph);
    EXPECT_EQ(a.seeds.init, b.seeds.init);
    EXPECT_EQ(a.seeds.noise, b.seeds.noise);
    const auto &x = a.result, &y = b.result;
    EXPECT_EQ(x.level, y.level);
    EXPECT_EQ(x.backend, y.backend);
    EXPECT_EQ(x.strategy, y.strategy);
    EXPECT_EQ(x.digest, y.digest);
    EXPECT_EQ(x.steps, y.steps);
    EXPECT_EQ(x.synapses, y.synapses);
    EXPECT_EQ(x.spikes, y.spikes);
    EXPECT_EQ(x.build_seconds, y.build_seconds);
    EXPECT_EQ(x.wall_seconds, y.wall_seconds);
    EXPECT_EQ(x.capped_fraction, y.capped_fraction);
    EXPECT_EQ(x.capped_rate_bound, y.capped_rate_bound);
    EXPECT_EQ(x.warnings, y.warnings);
    ASSERT_EQ(x.populations.size(), y.populations.size());
    for (std::size_t p = 0; p < x.populations.size(); ++p) {
        EXPECT_EQ(x.populations[p].spike_count, y.populations[p].spike_count);
        EXPECT_EQ(x.populations[p].rate, y.populations[p].rate);
        EXPECT_EQ(x.populations[p].v, y.populations[p].v);
        EXPECT_EQ(x.populations[p].z_re, y.populations[p].z_re);
        EXPECT_EQ(x.populations[p].z_im, y.populations[p].z_im);
    }
    ASSERT_EQ(x.statistics.size(), y.statistics.size());
    for (std::size_t p = 0; p < x.statistics.size(); ++p)
        for (const auto& number : spike_statistics_list) EXPECT_TRUE(same_bits(x.statistics[p].*number.member, y.statistics[p].*number.member)) << number.name;
    ASSERT_EQ(x.projections.size(), y.projections.size());
    for (std::size_t j = 0; j < x.projections.size(); ++j) {
        EXPECT_EQ(x.projections[j].synapses, y.projections[j].synapses);
        EXPECT_TRUE(same_bits(x.projections[j].k_mean, y.projections[j].k_mean));
        EXPECT_TRUE(same_bits(x.projections[j].k_var, y.projections[j].k_var));
        EXPECT_TRUE(same_bits(x.projections[j].degree_correlation, y.projections[j].degree_correlation));
        EXPECT_EQ(x.projections[j].graph_checksum, y.projections[j].graph_checksum);
        EXPECT_EQ(x.projections[j].effective_delay, y.projections[j].effective_delay);
        EXPECT_EQ(x.projections[j].weight, y.projections[j].weight);
        EXPECT_EQ(x.projections[j].weight_unit, y.projections[j].weight_unit);
        EXPECT_EQ(x.projections[j].format, y.projections[j].format);
    }
}

/// The message of the Error that `body` throws, and its exit code; fails the test if it throws none.
template <class Body>
std::string error_of(ExitCode expected, Body&& body) {
    try {
        body();
    } catch (const Error& e) {
        EXPECT_EQ(static_cast<int>(e.code()), static_cast<int>(expected)) << e.what();
        return e.what();
    }
    ADD_FAILURE() << "no error was thrown";
    return {};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Standard output of a shell command; `status` receives its exit status.
inline std::string output_of(const std::string& command, int* status = nullptr) {
    std::string out;
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (!pipe) return out;
    std::array<char, 4096> buffer;
    for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) out.append(buffer.data(), n);
    const int code = ::pclose(pipe);
    if (status) *status = WIFEXITED(code) ? WEXITSTATUS(code) : -1;
    return out;
}

inline bool command_works(const std::string& command) {
    int status = -1;
    output_of(command, &status);
    return status == 0;
}

/// Files below a folder whose name ends in ".part", or anything that a probe leaves.
inline std::vector<std::string> leftovers(const fs::path& folder) {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(".part") || name.starts_with(".writable")) out.push_back(name);
    }
    return out;
}

}  // namespace spikemass::output::test
