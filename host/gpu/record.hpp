#pragma once
// What steps leave behind for the host, in both strategies: words of chunk after chunk in a ring of two halves on the device.  While a chunk runs, the half of
// the one before is copied to pinned memory, and the host folds it into bins.  Bins and chunks need not fit: a bin may span many chunks, a chunk may hold many bins.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "host/spiking/setup.hpp"
#include "kernels/device/arch.hpp"
#include "kernels/network.hpp"
#include "kernels/observables.hpp"

namespace spikemass::gpu {

/// Where things stand in the words of a chunk, for one network:
///   u32 [step of the chunk][population]                       spikes
///   u32 [bin that ends in it][population][observable][2]      sums over the neurons, 64 bits, low half first; units: 2^-30
/// observable: v, re z, im z, those that are recorded.
struct RecordShape {
    std::int64_t steps_per_bin = 1, steps = 0;   ///< steps: of a chunk, all but the last one
    std::size_t populations = 0, bins = 0, observables = 0;

    RecordShape(std::size_t populations, std::int64_t total_steps, std::int64_t steps_per_bin, const RecordFlags& flags, std::int64_t chunk_steps)
        : steps_per_bin(steps_per_bin), steps(std::min(total_steps, chunk_steps)), populations(populations), bins(static_cast<std::size_t>((steps + steps_per_bin - 1) / steps_per_bin)),
          observables((flags.v ? 1u : 0u) + (flags.order_parameter ? 2u : 0u)) {}
    std::size_t spike_words() const { return static_cast<std::size_t>(steps) * populations; }
    std::size_t words() const { return spike_words() + 2 * bins * populations * observables; }
    /// First word of the sum.
    std::size_t sum(std::size_t bin, std::size_t population, std::size_t observable) const { return spike_words() + 2 * ((bin * populations + population) * observables + observable); }
};

/// Bins of one network out of its chunks, which come in order.
class BinFold {
public:
    BinFold(const Network& network, const RecordFlags& flags, const RecordShape& shape) : network_(&network), flags_(flags), shape_(shape), counts_(shape.populations, 0) {}

    /// Appends the bins that end among the `steps` steps of a chunk to out [population] (null: nowhere).  Returns the chunk's spikes.
    std::uint64_t add(const std::uint32_t* words, std::int64_t steps, std::vector<PopulationBins>* out) {
        std::uint64_t spikes = 0;
        std::size_t bin = 0;
        const std::uint32_t* row = words;
        for (std::int64_t k = 0; k < steps; ++k) {
            for (std::uint64_t& c : counts_) {
                spikes += *row;
                c += *row++;
            }
            if (++in_bin_ < shape_.steps_per_bin) continue;
            if (out) append(words, bin++, *out);
            std::fill(counts_.begin(), counts_.end(), 0);
            in_bin_ = 0;
        }
        return spikes;
    }

private:
    void append(const std::uint32_t* words, std::size_t bin, std::vector<PopulationBins>& out) const {
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            const Population& p = network_->populations[i];
            const auto n = static_cast<double>(p.size);
            std::size_t observable = 0;
            const auto mean = [&] {
                const std::uint32_t* sum = words + shape_.sum(bin, i, observable++);
                return static_cast<double>(static_cast<std::int64_t>(static_cast<std::uint64_t>(sum[1]) << 32 | sum[0])) / 0x1p30 / n;
            };
            PopulationBins& b = out[i];
            b.spike_count.push_back(counts_[i]);
            b.rate.push_back(static_cast<double>(counts_[i]) / (n * static_cast<double>(shape_.steps_per_bin) * network_->dt));
            if (flags_.v) b.v.push_back(mean() * (p.tau / network_->dt));
            if (flags_.order_parameter) {
                const double re = mean(), im = mean();
                if (!spiking::has_phase(p)) continue;
                b.z_re.push_back(re);
                b.z_im.push_back(im);
            }
        }
    }

    const Network* network_;
    RecordFlags flags_;
    RecordShape shape_;
    std::vector<std::uint64_t> counts_;   ///< of the bin that is open
    std::int64_t in_bin_ = 0;
};

/// The two halves: begin(), launches, end() for every chunk, drain() at last.  fold(words, steps) gets the chunks in order, each when the copy of its half has been waited
/// for.  That wait, one per chunk, also frees the half for the chunk after the next; meanwhile the device has a chunk to run.
template <class Device>
class RecordRing {
public:
    /// Room for chunks of `words`.  A call that ended in an exception may have left a copy in flight, which nobody wants any more.
    void reserve(Device& device, std::size_t words) {
        if (const auto left = std::exchange(pending_, {})) device.wait(host_[left->half]);
        if (words <= words_) return;
        words_ = 0;
        for (std::size_t half = 0; half < 2; ++half) {
            device_[half] = {};   // before a larger one is asked for
            device_[half] = typename Device::template Array<std::uint32_t>(device, words);
            host_[half] = typename Device::template Pinned<std::uint32_t>(device, words);
        }
        words_ = words;
    }
    /// The half that the next chunk writes, zeroed.
    arch::Global<std::uint32_t> begin(Device& device, std::size_t words) {
        now_ = 1 - now_;
        device.zero(device_[now_], words);
        return {device_[now_].view().data(), words};
    }
    /// All launches of the chunk stand in the queue: its half is copied after them, the one before is folded.
    template <class Fold>
    void end(Device& device, std::size_t words, std::int64_t steps, Fold&& fold) {
        device.download_later(device_[now_], host_[now_], words);
        take(device, std::exchange(pending_, Chunk{now_, steps}), fold);
    }
    template <class Fold>
    void drain(Device& device, Fold&& fold) { take(device, std::exchange(pending_, {}), fold); }

private:
    struct Chunk {
        std::size_t half;
        std::int64_t steps;
    };
    template <class Fold>
    void take(Device& device, const std::optional<Chunk>& chunk, Fold&& fold) {
        if (!chunk) return;
        device.wait(host_[chunk->half]);
        fold(host_[chunk->half].data(), chunk->steps);
    }

    std::array<typename Device::template Array<std::uint32_t>, 2> device_;
    std::array<typename Device::template Pinned<std::uint32_t>, 2> host_;
    std::size_t words_ = 0, now_ = 0;
    std::optional<Chunk> pending_;   ///< copied or about to be, not folded yet
};

}  // namespace spikemass::gpu
