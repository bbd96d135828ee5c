#pragma once
// --live fit=mpr: the parameters of every point's mass, as soon as its trials are there.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/fit/fit.hpp"
#include "host/live/consumers.hpp"

namespace spikemass {

/// Fits a point by itself once all its trials are whole, on threads of its own, and at the end the points of which trials failed.  Writes live_fit.json by rename, at most once a
/// second and at the end.  Values are taken as the dataset stores them, trials in their order, and the fit is that of `spikemass fit DATASET --each`: so are the results, bit for bit.
class RunningFit final : public LiveConsumer {
public:
    /// `model`: mpr, or a closure.  Throws ConfigurationError, IoError (a closure file).
    RunningFit(const LiveContext& context, const std::string& model);
    ~RunningFit() override;
    std::string name() const override { return "fit=" + model_; }
    void begin() override;
    void take(const RateChunk& chunk) override;
    void finish(bool all) override;
    std::string line() const override;

    /// As `spikemass fit --each --json` without dataset and seconds; "complete" first.
    nlohmann::ordered_json json(bool complete) const;
    static std::uint64_t size_bound(const output::SweepHeader& header);

private:
    struct Point {
        std::vector<fit::Trial> trials;          ///< [trial]
        std::vector<std::int64_t> have;          ///< [trial]: bins
        int changes = 0;                         ///< a fit of older values is dropped
        bool asked = false;
        std::optional<fit::Fit> fit;
    };
    void ask(std::int64_t point);                ///< with the lock
    fit::Recording recording(std::int64_t index, const Point& point) const;
    void work();
    void write(bool complete);
    void stop();
    void rethrow();

    LiveContext context_;
    std::string model_;
    std::filesystem::path path_;
    fit::FitOptions options_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::int64_t, Point> points_;       ///< by representative
    std::deque<std::int64_t> waiting_;
    std::vector<std::thread> workers_;
    std::atomic<bool> stop_{false};
    bool last_ = false;                          ///< nothing more will be asked
    std::mutex writing_;
    std::exception_ptr failure_;
    std::optional<std::chrono::steady_clock::time_point> written_;
};

}  // namespace spikemass
