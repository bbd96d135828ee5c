#include "host/input/synapse_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <vector>

#include "host/output/graph_file.hpp"
#include "models/base/arithmetic.hpp"
#include "models/base/error.hpp"
#include "models/base/random.hpp"

namespace spikemass::input {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t n = 701;

/// More synapses than several pieces hold, rows of very different lengths (some empty), and one pair twice.
struct Edges {
    std::vector<std::uint64_t> start{0};
    std::vector<std::uint32_t> source, target;
    std::vector<double> weight;

    explicit Edges(bool weighted) {
        for (std::uint32_t s = 0; s < n; ++s) {
            const std::uint64_t length = s % 7 == 0 ? 0 : s < 3 ? 3 : (s * 37) % 700 * 4;
            for (std::uint64_t i = 0; i < length; ++i) {
                source.push_back(s);
                target.push_back(static_cast<std::uint32_t>(i * n / length));
                if (weighted) weight.push_back(0.1 * static_cast<double>(mix64(source.size()) % 1000) - 30.0);
            }
            start.push_back(source.size());
        }
    }
};

class SynapseFileTest : public testing::TestWithParam<bool> {
protected:
    fs::path file = fs::temp_directory_path() / ("input-test-" + std::to_string(::getpid()) + ".h5");
    Edges edges{GetParam()};
    void SetUp() override {
        output::GraphWriter out(file);
        out.add({"EE", "E", "E", edges.start, edges.target, edges.weight});
        out.close();
    }
    void TearDown() override { fs::remove(file); }
};

TEST_P(SynapseFileTest, EverySynapseComesInOrder) {
    const auto opened = open_synapses(file, "", n, n);
    Edges got(false);
    got.source.clear(), got.target.clear();
    std::size_t blocks = 0;
    opened->read([&](const SynapseBlock& b) {
        got.source.insert(got.source.end(), b.source.begin(), b.source.end());
        got.target.insert(got.target.end(), b.target.begin(), b.target.end());
        got.weight.insert(got.weight.end(), b.weight.begin(), b.weight.end());
        ++blocks;
    });
    EXPECT_GT(blocks, 4u);   // pieces go round
    EXPECT_EQ(got.source, edges.source);
    EXPECT_EQ(got.target, edges.target);
    EXPECT_EQ(got.weight, edges.weight);
}

/// Facts as plain loops find them.  Equality, of sums of floating-point numbers too: they are part of the network.
TEST_P(SynapseFileTest, Facts) {
    const auto opened = open_synapses(file, "", n, n);
    std::vector<std::uint32_t> indegree(n, 0);
    std::vector<double> absolute(n, 0.0);
    std::uint64_t checksum = 0;
    double sum = 0, squares = 0, largest = 0;
    for (std::size_t i = 0; i < edges.source.size(); ++i) {
        ++indegree[edges.target[i]];
        const std::uint64_t pair = mix64(mix64(edges.source[i]) + edges.target[i]);
        if (!GetParam()) {
            checksum += pair;
            continue;
        }
        const double w = edges.weight[i] + 0.0, d = w - edges.weight[0];
        checksum += mix64(pair + math::bits(w));
        sum += d;
        squares += d * d;
        largest = std::max(largest, std::abs(w));
        absolute[edges.target[i]] += std::abs(w);
    }
    const auto count = static_cast<double>(edges.source.size());
    EXPECT_EQ(opened->synapses, edges.source.size());
    EXPECT_EQ(opened->indegree, indegree);
    EXPECT_EQ(opened->checksum, checksum);
    EXPECT_EQ(opened->weighted, GetParam());
    EXPECT_EQ(opened->sorted, !GetParam());   // several synapses of one pair: their weights have no order
    if (!GetParam()) return;
    EXPECT_EQ(opened->mean_weight, edges.weight[0] + sum / count);
    EXPECT_EQ(opened->weight_sd, std::sqrt(squares / count - (sum / count) * (sum / count)));
    EXPECT_EQ(opened->largest_weight, largest);
    EXPECT_EQ(opened->largest_sum, *std::max_element(absolute.begin(), absolute.end()));
}

TEST_P(SynapseFileTest, AReaderThatThrowsEndsTheReading) {
    const auto opened = open_synapses(file, "", n, n);
    EXPECT_THROW(opened->read([](const SynapseBlock&) { throw IoError("enough."); }), IoError);
    std::uint64_t count = 0;
    opened->read([&](const SynapseBlock& b) { count += b.source.size(); });
    EXPECT_EQ(count, edges.source.size());
}

TEST_P(SynapseFileTest, AFileThatIsWrittenToAfterItWasCheckedIsRefused) {
    const auto opened = open_synapses(file, "", n, n);
    fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
    const auto ignore = [](const SynapseBlock&) {};
    EXPECT_THROW(opened->read(ignore), IoError);
    EXPECT_NE(open_synapses(file, "", n, n), opened);   // it is checked again
    EXPECT_NO_THROW(open_synapses(file, "", n, n)->read(ignore));
}

INSTANTIATE_TEST_SUITE_P(Weights, SynapseFileTest, testing::Bool());

}  // namespace
}  // namespace spikemass::input
