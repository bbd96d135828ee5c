// What devices push: ensembles, and runs that begin again elsewhere.

#include "models/base/error.hpp"
#include "tests/host/live/support.hpp"
#include "tests/host/shim_backend.hpp"

namespace spikemass::test {
namespace {

std::string small() {
    std::string text = sweep_toml;
    for (const auto& [from, to] : {std::pair{"warmup    = 1.0", "warmup    = 0.7"}, {"duration  = 2.0", "duration  = 0.4"}, {"size   = 300", "size   = 101"}, {"trials    = 3", "trials    = 2"},
                                   {"dt        = 0.01", "dt        = 0.02"}})
        text.replace(text.find(from), std::string(from).size(), to);
    return text;
}

/// Throws in the second recorded launch of its first ensembles, when bins have been pushed already.
class BreaksLate final : public Ensemble {
public:
    BreaksLate(std::unique_ptr<Ensemble> inner, DeviceError error) : inner_(std::move(inner)), error_(std::move(error)) {}
    Engine& add(const Network& n) override { return inner_->add(n); }
    void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<std::vector<PopulationBins>>& out) override {
        if (!out.empty()) throw error_;   // the warm-up goes nowhere, so these are recorded bins
        inner_->record(std::min<std::int64_t>(bins, 1), steps_per_bin, flags, out);
        if (bins > 1) throw error_;
    }
    std::string strategy() const override { return inner_->strategy(); }

private:
    std::unique_ptr<Ensemble> inner_;
    DeviceError error_;
};

TEST(LiveOnDevices, EnsemblesPushEveryRun) {
    const Folder folder;
    SweepOptions o;
    o.live = {"rates", "compare"};
    o.backend = shim_backend(4, 2);
    EXPECT_EQ(live_run(folder / "out", small(), o).done, 10);
    expect_live_is_dataset(folder / "out");
}

TEST(LiveOnDevices, RunsThatBeginAgainAreForgottenFirst) {
    for (const bool lost : {false, true}) {
        const Folder folder;
        SweepOptions o;
        o.live = {"rates"};
        o.backend = shim_backend(10, 2);
        o.backend.devices[0].ensemble = [lost, make = o.backend.devices[0].ensemble] { return std::make_unique<BreaksLate>(make(), DeviceError("broke in the middle", lost)); };
        const SweepOutcome outcome = live_run(folder / "out", small(), o);
        EXPECT_EQ(outcome.done, 10) << outcome.message;
        EXPECT_TRUE(outcome.warnings.empty());
        expect_live_is_dataset(folder / "out");
    }
}

TEST(LiveOnDevices, AFailedRunHasNoBins) {
    const Folder folder;
    SweepOptions o;
    o.live = {"rates"};
    o.backend = shim_backend(1);
    int runs = 0;
    o.backend.devices[0].engine = [&, make = o.backend.devices[0].engine](const Network& n) -> std::unique_ptr<Engine> {
        if (++runs == 4) return std::make_unique<FailingEngine<CapacityError>>(make(n), CapacityError("device memory ran out"));
        return make(n);
    };
    EXPECT_EQ(live_run(folder / "out", small(), o).failed, 1);
    expect_live_is_dataset(folder / "out");
}

}  // namespace
}  // namespace spikemass::test
