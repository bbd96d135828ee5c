#pragma once
// Strategy A on any device: many different networks in one launch, each in one block (kernels/device/ensemble.hpp).  Beside what strategy R wants of a device:
//   device.launch_blocks(kernel, blocks, shared bytes)   joins the queue; device.shared_limit(): bytes of a block

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/gpu/engine.hpp"
#include "host/gpu/record.hpp"
#include "host/gpu/reference_engine.hpp"

namespace spikemass::gpu {

template <class Device>
class EnsembleOn final : public Ensemble {
public:
    explicit EnsembleOn(std::shared_ptr<Device> device) : device_(std::move(device)), queue_(*device_, 1) {}
    Engine& add(const Network& network) override {
        engines_.push_back(std::make_unique<ReferenceEngine<Device>>(network, device_));
        return *engines_.back();
    }

    /// In launches of at most device.chunk_steps(); while one runs, the record of the one before is folded and the stimuli of the next one are computed.
    void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<std::vector<PopulationBins>>& out) override {
        out.resize(engines_.size());
        for (std::size_t i = 0; i < engines_.size(); ++i) out[i].resize(engines_[i]->network().populations.size());
        const std::int64_t total = bins * steps_per_bin;
        if (engines_.empty() || total <= 0) return;

        Block block;
        std::vector<device::EnsembleNetwork> networks;
        std::vector<BinFold> folds;
        std::vector<std::pair<std::size_t, std::size_t>> rows;   // (network, population) of the stimuli
        std::size_t words = 0;
        bool general = false;
        for (std::size_t i = 0; i < engines_.size(); ++i) {
            const Network& network = engines_[i]->network();
            const auto& tables = engines_[i]->ensemble_tables(flags);
            general |= tables.general;
            block.widen(tables.state_size, tables.counts_size, static_cast<unsigned>(network.populations.size()), static_cast<unsigned>(engines_[i]->scalar_terms()));
            const RecordShape shape(network.populations.size(), total, steps_per_bin, flags, device_->chunk_steps());
            folds.emplace_back(network, flags, shape);
            device::EnsembleNetwork& n = networks.emplace_back(engines_[i]->ensemble_network());
            n.spikes = words;
            n.sums = words + shape.spike_words();
            n.stimuli = rows.size();
            words += shape.words();
            for (std::size_t population : tables.stimulated) rows.emplace_back(i, population);
        }
        const std::size_t shared_bytes = block.bytes();
        if (shared_bytes > device_->shared_limit())
            throw CapacityError("ensemble: a network needs " + std::to_string(shared_bytes) + " bytes of shared memory, and a block of " + device_->name() + " has " +
                                std::to_string(device_->shared_limit()) + ". Run large networks one by one.");
        const std::int64_t chunk = std::min(total, device_->chunk_steps());
        make_room(networks_, networks.size());
        make_room(stimuli_, rows.size() * static_cast<std::size_t>(chunk));
        record_.reserve(*device_, words);
        device_->upload_later(networks_, networks.data(), networks.size());
        const auto fold = [&](const std::uint32_t* record, std::int64_t steps) {
            for (std::size_t i = 0; i < engines_.size(); ++i) engines_[i]->add_spikes(folds[i].add(record + networks[i].spikes, steps, &out[i]));
        };
        std::vector<float> stimuli;
        for (std::int64_t done = 0; done < total;) {
            const std::int64_t steps = std::min(chunk, total - done);
            stimuli.clear();
            for (std::int64_t k = 0; k < steps; ++k)
                for (const auto& [network, population] : rows) stimuli.push_back(engines_[network]->stimulus(population, k));
            device_->upload_later(stimuli_, stimuli.data(), stimuli.size());
            device_->zero(queue_, 1);
            const device::Global<std::uint32_t> record = record_.begin(*device_, words);
            constexpr std::int64_t never = std::int64_t{1} << 30;   // beyond every launch
            const auto launch = [&](auto k) {
                k.networks = {networks_.view().data(), networks.size()};
                k.queue = queue_.view();
                k.record = record;
                k.stimuli = stimuli_.view();
                k.stimulus_rows = static_cast<std::uint32_t>(rows.size());
                k.first = done;
                k.steps = static_cast<std::uint32_t>(steps);
                k.first_end = static_cast<std::uint32_t>(std::min(steps_per_bin - done % steps_per_bin, never));
                k.steps_per_bin = static_cast<std::uint32_t>(std::min(steps_per_bin, never));
                k.factor = static_cast<float>(1.0 / static_cast<double>(steps_per_bin));
                k.state_size = block.state, k.counts_size = block.counts, k.populations = block.populations, k.scalar_terms = block.scalars;
                device_->launch_blocks(k, networks.size(), shared_bytes);
            };
            const auto choose = [&]<bool v, bool z>() { general ? launch(device::GeneralEnsemble<v, z>{}) : launch(device::Ensemble<v, z>{}); };
            if (flags.v) flags.order_parameter ? choose.template operator()<true, true>() : choose.template operator()<true, false>();
            else flags.order_parameter ? choose.template operator()<false, true>() : choose.template operator()<false, false>();
            for (const auto& e : engines_) e->launched(steps);
            done += steps;
            record_.end(*device_, words, steps, fold);
        }
        record_.drain(*device_, fold);
    }
    std::string strategy() const override { return "A/" + device_->name(); }

private:
    template <class T>
    using Array = typename Device::template Array<T>;

    /// Sizes of the shared memory: of the largest network each.
    struct Block {
        unsigned state = 0, counts = 0, populations = 0, scalars = 0;
        void widen(unsigned s, unsigned c, unsigned p, unsigned t) {
            state = std::max(state, s);
            counts = std::max(counts, c);
            populations = std::max(populations, p);
            scalars = std::max(scalars, t);
        }
        std::size_t bytes() const {
            arch::Carve carve;
            device::EnsembleLayout(carve, state, counts, populations, scalars);
            return carve.bytes();
        }
    };
    template <class T>
    void make_room(Array<T>& array, std::size_t n) {
        if (array.size() >= n) return;
        array = {};   // before the larger one is asked for
        array = Array<T>(*device_, n);
    }

    std::shared_ptr<Device> device_;
    std::vector<std::unique_ptr<ReferenceEngine<Device>>> engines_;
    Array<device::EnsembleNetwork> networks_;
    Array<std::uint32_t> queue_;
    Array<float> stimuli_;
    RecordRing<Device> record_;
};

}  // namespace spikemass::gpu
