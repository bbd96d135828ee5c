#pragma once
// What bench/gpu/dense_baseline.hpp compares.  Apart from it because nvcc reads this one.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/device/reference.hpp"
#include "models/base/error.hpp"
#include "tests/gpu/spmv_oracle.hpp"

namespace spikemass::bench {

/// Both orders of one graph.
struct BaselineGraph {
    std::vector<std::uint64_t> start;    ///< [source + 1]
    std::vector<std::uint32_t> target;   ///< [synapse], ascending in each row
    testing::GraphByTarget by_target;    ///< sources ascend for each target
};

/// Something that turns lists of spikes into counts of targets.
class Way {
public:
    virtual ~Way() = default;
    virtual std::size_t columns() const = 0;                                         ///< lists of one call
    virtual void set(const std::vector<std::vector<std::uint32_t>>& spikes) = 0;     ///< [column]; counts are zero afterwards
    virtual void run(std::int64_t calls) = 0;                                        ///< returns when all are done
    virtual std::vector<std::uint32_t> counts(std::int64_t calls) const = 0;         ///< [column][target] of one call, after set and run(calls).  Errors: DeviceError where the calls cannot have been alike
};

/// The kernel of strategy R on a device (host/gpu/reference_engine.hpp says what that is), as the engine launches it.  In the engine the update zeroes the
/// counts that it reads; here they add up over the calls, which shows one that went missing.
template <class Device>
class ScatterWay final : public Way {
public:
    ScatterWay(std::shared_ptr<Device> device, const BaselineGraph& g)
        : device_(std::move(device)), neurons_(g.start.size() - 1), start_(*device_, g.start.size()), ids_(*device_, neurons_), size_(*device_, 1),
          counts_(*device_, neurons_) {
        device_->upload(start_, g.start.data(), g.start.size());
        if (neurons_ <= 65536) put(target16_, g.target);   // as the engine stores them
        else put(target32_, g.target);
    }
    std::size_t columns() const override { return 1; }
    void set(const std::vector<std::vector<std::uint32_t>>& spikes) override {
        const auto n = static_cast<std::uint32_t>(spikes.at(0).size());
        const std::vector<std::uint32_t> zeros(neurons_, 0);
        device_->upload(ids_, spikes[0].data(), n);
        device_->upload(size_, &n, 1);
        device_->upload(counts_, zeros.data(), zeros.size());
    }
    void run(std::int64_t calls) override {
        for (std::int64_t i = 0; i < calls; ++i)
            if (target16_.size()) scatter(target16_);
            else scatter(target32_);
        std::uint32_t done = 0;
        device_->download(counts_, &done, 1);   // waits
    }
    std::vector<std::uint32_t> counts(std::int64_t calls) const override {
        std::vector<std::uint32_t> all(neurons_);
        device_->download(counts_, all.data(), all.size());
        for (std::uint32_t& x : all) {
            if (x % static_cast<std::uint64_t>(calls) != 0) throw DeviceError("scatter: " + std::to_string(x) + " spikes arrived in " + std::to_string(calls) + " equal steps.");
            x /= static_cast<std::uint32_t>(calls);
        }
        return all;
    }

private:
    template <class T>
    using Array = typename Device::template Array<T>;

    template <class Target>
    void put(Array<Target>& to, const std::vector<std::uint32_t>& from) {
        const std::vector<Target> targets(from.begin(), from.end());
        to = Array<Target>(*device_, targets.size());
        device_->upload(to, targets.data(), targets.size());
    }
    template <class Target>
    void scatter(Array<Target>& target) {
        device_->launch(device::Scatter<Target>{{ids_.view(), size_.view()}, start_.view(), target.view(), {}, counts_.view()}, neurons_ * arch::warp_size);
    }

    std::shared_ptr<Device> device_;
    std::size_t neurons_;
    Array<std::uint64_t> start_;
    Array<std::uint16_t> target16_;
    Array<std::uint32_t> target32_, ids_, size_, counts_;
};

/// ScatterWay on the first GPU.
std::unique_ptr<Way> scatter_on_gpu(const BaselineGraph&);

}  // namespace spikemass::bench
