#pragma once
// Strategy A on any device: many different networks in one launch, each in one block (kernels/device/ensemble.hpp).

#include <algorithm>
#include <span>
#include <vector>

#include "host/gpu/engine.hpp"
#include "host/gpu/reference_engine.hpp"

namespace spikemass::gpu {

/// Steps `bins` bins of every network and appends them to out [network][population]: what engine->record would give for each, bit for bit.
/// All engines must be of `device`.  Errors: CapacityError for a network that does not fit into a block.
template <class Device>
void record_together(Device& device, std::span<ReferenceEngine<Device>* const> engines, std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags,
                     std::vector<std::vector<PopulationBins>>& out) {
    using Reference = ReferenceEngine<Device>;
    out.resize(engines.size());
    if (engines.empty()) return;
    std::vector<typename Reference::EnsembleTables> tables(engines.size());
    std::vector<device::EnsembleNetwork> networks;
    unsigned state = 0, counts = 0, populations = 0, scalars = 0;
    for (std::size_t i = 0; i < engines.size(); ++i) {
        networks.push_back(engines[i]->prepare_ensemble(bins, steps_per_bin, flags, device.block_warps(), tables[i]));
        state = std::max(state, tables[i].state_size);
        counts = std::max(counts, tables[i].counts_size);
        populations = std::max(populations, static_cast<unsigned>(networks.back().populations.size()));
        scalars = std::max(scalars, static_cast<unsigned>(engines[i]->scalar_terms()));
    }
    arch::Carve carve;
    device::EnsembleLayout(carve, state, counts, populations, scalars);
    if (carve.bytes() > device.shared_limit())
        throw CapacityError("ensemble: a network needs " + std::to_string(carve.bytes()) + " bytes of shared memory, and a block of " + device.name() + " has " +
                            std::to_string(device.shared_limit()) + ". Run large networks one by one.");
    typename Device::template Array<device::EnsembleNetwork> uploaded(device, networks.size());
    device.upload(uploaded, networks.data(), networks.size());
    typename Device::template Array<std::uint32_t> queue(device, 1);
    const auto launch = [&]<bool v, bool z>() {
        device.launch_blocks(device::Ensemble<v, z>{uploaded.view(), queue.view(), bins, steps_per_bin, static_cast<float>(1.0 / static_cast<double>(steps_per_bin)), state, counts, populations, scalars},
                             engines.size(), carve.bytes());
    };
    if (flags.v) flags.order_parameter ? launch.template operator()<true, true>() : launch.template operator()<true, false>();
    else flags.order_parameter ? launch.template operator()<false, true>() : launch.template operator()<false, false>();
    for (std::size_t i = 0; i < engines.size(); ++i) engines[i]->finish_ensemble(bins, steps_per_bin, flags, device.block_warps(), tables[i], out[i]);
}

template <class Device>
class EnsembleOn final : public Ensemble {
public:
    explicit EnsembleOn(std::shared_ptr<Device> device) : device_(std::move(device)) {}
    Engine& add(const Network& network) override {
        owned_.push_back(std::make_unique<ReferenceEngine<Device>>(network, device_));
        engines_.push_back(owned_.back().get());
        return *owned_.back();
    }
    void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<std::vector<PopulationBins>>& out) override {
        record_together<Device>(*device_, engines_, bins, steps_per_bin, flags, out);
    }
    std::string strategy() const override { return "A/" + device_->name(); }

private:
    std::shared_ptr<Device> device_;
    std::vector<std::unique_ptr<ReferenceEngine<Device>>> owned_;
    std::vector<ReferenceEngine<Device>*> engines_;
};

}  // namespace spikemass::gpu
