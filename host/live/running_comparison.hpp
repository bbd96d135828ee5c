#pragma once
// --live compare: running means of every point beside what its exact mass predicts.

#include <chrono>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "host/live/block_statistics.hpp"
#include "host/live/consumers.hpp"

namespace spikemass {

/// Writes live_compare.json by rename, at most once a second and at the end.  Values are taken as the dataset stores them (f32, its units), so that the end equals what the dataset gives.
class RunningComparison final : public LiveConsumer {
public:
    explicit RunningComparison(const LiveContext& context) : context_(context), path_(context.place("live_compare.json")) {}
    std::string name() const override { return "compare"; }
    void begin() override { write(false); }
    void take(const RateChunk& chunk) override;
    void finish(bool all) override { write(all); }
    std::string line() const override { return line_; }

    /// complete, rate_unit, points: see docs/cli.md.
    nlohmann::ordered_json json(bool complete) const;
    static std::uint64_t size_bound(const output::SweepHeader& header);

private:
    struct Mass {
        std::vector<double> rate, v;     ///< [population]: means over the recorded bins; empty where there is no mass
        std::string missing;             ///< why
    };
    struct Point {
        std::vector<BlockStatistics> rate, v;   ///< [population]
        Mass mass;
    };
    Point new_point(std::int64_t index) const;
    std::string summary() const;
    void write(bool complete);

    LiveContext context_;
    std::filesystem::path path_;
    std::map<std::int64_t, Point> points_;      ///< by representative
    std::string line_;
    std::optional<std::chrono::steady_clock::time_point> written_;
};

}  // namespace spikemass
