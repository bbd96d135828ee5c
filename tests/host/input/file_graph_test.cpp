// Graphs that the CPU builder makes of files, against plain loops over what was written.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <tuple>
#include <vector>

#include "host/cpu/graph.hpp"
#include "host/input/synapse_file.hpp"
#include "host/output/graph_file.hpp"
#include "models/base/random.hpp"

namespace spikemass::input {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t n_sources = 61, n_targets = 70001;   // of 16-bit rows several blocks

/// Sorted files are copied into place, others are counted and sorted: both are one graph.
class FileGraph : public testing::TestWithParam<std::tuple<bool, bool, cpu::Format, int>> {};

TEST_P(FileGraph, HoldsWhatWasWritten) {
    const auto [sorted, weighted, format, threads] = GetParam();
    const fs::path file = fs::temp_directory_path() / ("file-graph-test-" + std::to_string(::getpid()) + ".h5");
    std::vector<std::uint64_t> start{0};
    std::vector<std::uint32_t> target, written, indegree(n_targets, 0);
    std::vector<double> weight, written_weight;
    for (std::uint32_t s = 0; s < n_sources; ++s) {
        const std::uint32_t length = s % 5 == 1 ? 0 : 1 + s * 97 % 20011;
        for (std::uint32_t i = 0; i < length; ++i) {
            target.push_back(static_cast<std::uint32_t>(static_cast<std::uint64_t>(i) * n_targets / length));
            weight.push_back(static_cast<double>(mix64(target.size()) % 4001) / 64.0 - 20.0);
            ++indegree[target.back()];
        }
        start.push_back(target.size());
        for (std::uint64_t i = 0; i < length; ++i) {
            const std::uint64_t from = sorted ? start[s] + i : start[s + 1] - 1 - i;
            written.push_back(target[from]);
            written_weight.push_back(weight[from]);
        }
    }
    if (!weighted) weight.clear(), written_weight.clear();
    {
        output::GraphWriter out(file);
        out.add({"EE", "E", "I", start, written, written_weight});
        out.close();
    }
    Projection p;
    p.name = "EI";
    p.topology.kind = TopologyKind::from_file;
    const auto source = open_synapses(file, "", n_sources, n_targets);
    EXPECT_EQ(source->sorted, sorted);
    p.topology.file = source;
    p.topology.mean_indegree = static_cast<double>(target.size()) / n_targets;
    p.topology.weight_factor = -0.5;
    p.strength_sd = 0.5 * source->weight_sd;
    ASSERT_EQ(p.strength_sd > 0.0, weighted);
    const cpu::Graph g = cpu::build_graph(p, {1, 2, 3}, n_sources, n_targets, false, cpu::best_isa(), {threads, format});
    fs::remove(file);

    EXPECT_EQ(g.synapses, target.size());
    EXPECT_EQ(g.indegree, indegree);
    EXPECT_TRUE(std::isnan(g.degree_correlation));
    const auto expect_rows = [&](const auto& rows) {
        ASSERT_EQ(rows.index.size(), target.size());
        ASSERT_EQ(rows.weight.size(), weighted ? target.size() : 0u);
        if (format == cpu::Format::rows16) ASSERT_GT(rows.blocks, 1u);
        std::size_t wrong = 0;
        for (std::size_t s = 0; s < n_sources; ++s) {
            EXPECT_EQ(rows.start(s * rows.blocks), start[s]);
            for (std::size_t b = 0; b < rows.blocks; ++b)
                for (std::uint64_t i = rows.start(s * rows.blocks + b); i < rows.start(s * rows.blocks + b + 1); ++i) {
                    wrong += rows.index[i] + b * static_cast<std::size_t>(rows.width) != target[i];
                    if (weighted) wrong += std::abs(rows.weight[i] * g.weight_unit + 0.5 * weight[i]) > 0.5 * g.weight_unit;
                }
        }
        EXPECT_EQ(wrong, 0u);
        EXPECT_EQ(rows.start(n_sources * rows.blocks), target.size());
    };
    format == cpu::Format::rows16 ? expect_rows(g.rows16) : expect_rows(g.rows32);
    const cpu::Graph other = [&] {
        output::GraphWriter out(file);
        out.add({"EE", "E", "I", start, target, weight});
        out.close();
        Projection q = p;
        q.topology.file = open_synapses(file, "", n_sources, n_targets);
        return cpu::build_graph(q, {1, 2, 3}, n_sources, n_targets, false, cpu::best_isa(), {1, cpu::Format::rows32});
    }();
    fs::remove(file);
    EXPECT_EQ(g.checksum, other.checksum);
}

INSTANTIATE_TEST_SUITE_P(Files, FileGraph, testing::Combine(testing::Bool(), testing::Bool(), testing::Values(cpu::Format::rows16, cpu::Format::rows32), testing::Values(1, 3)));

}  // namespace
}  // namespace spikemass::input
