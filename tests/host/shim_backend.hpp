#pragma once
// A backend whose device is made of fibers, and engines that fail: stand in for a GPU.

#include <memory>
#include <string>
#include <utility>

#include "host/backend.hpp"
#include "host/gpu/ensemble.hpp"
#include "host/gpu/reference_engine.hpp"
#include "host/gpu/shim_device.hpp"

namespace spikemass::test {

inline std::shared_ptr<gpu::ShimDevice> shim_device() { return std::make_shared<gpu::ShimDevice>(gpu::ShimDevice::Layout{2, 32}); }

inline Device shim_part(const std::string& name = "shim", std::size_t together = 4) {
    Device d;
    d.name = name;
    d.memory_bytes = 4e9;
    d.block_bytes = shim_device()->shared_limit();
    d.together = together;
    d.engine = [](const Network& n) { return std::make_unique<gpu::ReferenceEngine<gpu::ShimDevice>>(n, shim_device()); };
    d.ensemble = [] { return std::make_unique<gpu::EnsembleOn<gpu::ShimDevice>>(shim_device()); };
    return d;
}

inline Backend shim_backend(std::size_t together = 4, std::size_t devices = 1) {
    Backend b;
    b.name = "cuda";
    b.reason = "a test";
    for (std::size_t i = 0; i < devices; ++i) b.devices.push_back(shim_part("shim", together));
    return b;
}

/// Does what the inner one does, and throws in the first recorded chunk.
template <class Failure>
class FailingEngine final : public Engine {
public:
    FailingEngine(std::unique_ptr<Engine> inner, Failure failure) : inner_(std::move(inner)), failure_(std::move(failure)) {}
    void advance(std::int64_t steps) override { inner_->advance(steps); }
    void record(std::int64_t, std::int64_t, const RecordFlags&, std::vector<PopulationBins>&) override { throw failure_; }
    void set_spike_sink(SpikeSink sink) override { inner_->set_spike_sink(std::move(sink)); }
    std::int64_t step() const override { return inner_->step(); }
    std::uint64_t digest() const override { return inner_->digest(); }
    std::uint64_t spikes() const override { return inner_->spikes(); }
    const std::vector<ProjectionFacts>& projections() const override { return inner_->projections(); }
    std::string strategy() const override { return inner_->strategy(); }
    double capped_fraction() const override { return inner_->capped_fraction(); }
    double capped_rate_bound() const override { return inner_->capped_rate_bound(); }
    void save(std::ostream& out) const override { inner_->save(out); }
    void load(std::istream& in) override { inner_->load(in); }

private:
    std::unique_ptr<Engine> inner_;
    Failure failure_;
};

/// Calls before_record(networks added) ahead of every launch.
class WatchedEnsemble final : public Ensemble {
public:
    WatchedEnsemble(std::unique_ptr<Ensemble> inner, std::function<void(const std::vector<Network>&)> before_record) : inner_(std::move(inner)), before_record_(std::move(before_record)) {}
    Engine& add(const Network& n) override {
        networks_.push_back(n);
        return inner_->add(n);
    }
    void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<std::vector<PopulationBins>>& out) override {
        before_record_(networks_);
        inner_->record(bins, steps_per_bin, flags, out);
    }
    std::string strategy() const override { return inner_->strategy(); }

private:
    std::unique_ptr<Ensemble> inner_;
    std::function<void(const std::vector<Network>&)> before_record_;
    std::vector<Network> networks_;
};

}  // namespace spikemass::test
