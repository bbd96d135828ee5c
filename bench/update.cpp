// The update of QIF neurons (Moebius flow, spike mask, digest) against the machine's triad.
// An update reads V and eta and writes V: 12 bytes, as an element of the triad, so the ratio of rates is the ratio of bandwidths.

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "bench/harness.hpp"
#include "bench/networks.hpp"
#include "bench/triad.hpp"
#include "host/cpu/buffer.hpp"
#include "host/cpu/floating_point.hpp"
#include "host/cpu/isa.hpp"
#include "kernels/parameters.hpp"
#include "models/base/random.hpp"
#include "models/neurons/qif.hpp"
#include "models/neurons/theta.hpp"

using namespace spikemass;
using namespace spikemass::bench;

namespace {

constexpr std::int64_t range_neurons = 16384;   // what the engine hands to one call

/// n neurons (QIF, or theta, which is the same neuron) in the asynchronous high state, driven as by an all-to-all projection;
/// optionally by counted spikes.
template <class M, NeuronKind kind>
class Neurons {
public:
    Neurons(std::int64_t n, double dt, bool counted) : eta_(size(n)), mask_(size(n) / 64 + 1), counts_(counted ? size(n) : 0), n_(n) {
        constexpr std::uint64_t pattern = 65536;
        for (int c = 0; c < M::columns; ++c) {
            columns_.emplace_back(size(n));
            pointers_.push_back(columns_.back().data());
        }
        const auto eta = draw_parameter({Distribution::lorentzian, high_center, 1.0, Draw::midpoint_quantiles}, pattern, 1, 1);
        const auto phase = initial_phases(pattern, 1, 1);
        for (std::int64_t i = 0; i < n; ++i) {
            const auto k = static_cast<std::size_t>(mix64(static_cast<std::uint64_t>(i)) % pattern);   // no period for branch predictors
            eta_[static_cast<std::size_t>(i)] = static_cast<float>(eta[k]);
            M::store(pointers_.data(), i, M::at_potential(initial_v({}, eta[k] + high_strength * high_rate, phase[k])));
        }
        step_ = M::prepare(dt);
        term_.kind = cpu::InputTerm::Kind::count16;
        term_.counts = counts_.data();
        term_.gain = 0.25f;
        args_.columns = pointers_.data();
        args_.eta = eta_.data();
        args_.stimulus = static_cast<float>(high_strength * high_rate);
        args_.terms = counted ? &term_ : nullptr;
        args_.n_terms = counted ? 1 : 0;
        args_.step = &step_;
        args_.mask = mask_.data();
        args_.population_key = 1;
    }
    Neurons(const Neurons&) = delete;
    Neurons& operator=(const Neurons&) = delete;

    /// One step; returns the spikes.
    std::uint64_t advance(const cpu::Isa& isa) {
        std::uint64_t spikes = 0;
        for (std::int64_t b = 0; b < n_; b += range_neurons) {
            args_.begin = b;
            args_.end = std::min(n_, b + range_neurons);
            spikes += isa.update[static_cast<int>(kind)](args_).spikes;
        }
        ++args_.step_number;
        return spikes;
    }

private:
    static std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }
    std::vector<cpu::Buffer<float>> columns_;
    std::vector<float*> pointers_;
    cpu::Buffer<float> eta_;
    cpu::Buffer<std::uint64_t> mask_;
    cpu::Buffer<std::uint16_t> counts_;
    std::int64_t n_;
    typename M::Step step_;
    cpu::InputTerm term_;
    cpu::UpdateArgs args_;
};

template <class M = models::Qif, NeuronKind kind = NeuronKind::qif>
void add_case(const cpu::Isa& isa, const std::string& place, std::int64_t n, double dt, bool counted) {
    const std::string name = std::string("update/") + isa.name + "/" + place + (dt == 0.02 ? "" : "/dt0.002") + (counted ? "/counted_input" : "") + (kind == NeuronKind::qif ? "" : std::string("/") + M::name);
    constexpr double bytes = 8.0 * M::columns + 4.0;   // state read and written, eta read
    add(name, [&isa, n, dt, counted]() -> Round {
        auto neurons = std::make_shared<Neurons<M, kind>>(n, dt, counted);
        auto triad = std::make_shared<Triad>(n);
        auto spikes = std::make_shared<std::uint64_t>(0), updates = std::make_shared<std::uint64_t>(0);
        const std::int64_t repeats = std::max<std::int64_t>(1, (1 << 17) / n);
        std::vector<Call> calls = triad->calls();
        const std::size_t triads = calls.size();
        calls.push_back([=, &isa] {
            for (std::int64_t k = 0; k < repeats; ++k) *spikes += neurons->advance(isa);
            *updates += static_cast<std::uint64_t>(repeats * n);
        });
        return [=] {
            const cpu::FloatingPointGuard guard;
            *spikes = *updates = 0;
            const std::vector<double> t = interleaved(calls);
            const double bandwidth = triad->gbs(t.data(), triads), per_second = static_cast<double>(n * repeats) / t[triads];
            const double firing = static_cast<double>(*spikes) / static_cast<double>(*updates) / dt;
            require(settings().tiny || std::abs(firing - high_rate) < 0.05 * high_rate || counted, "update: the neurons left the high state");
            return Numbers{{"of_triad", per_second * bytes * 1e-9 / bandwidth}, {"updates_per_s", per_second}, {"triad_gbs", bandwidth}, {"firing_rate", firing}};
        };
    });
}

}  // namespace

void register_benchmarks() {
    for (const cpu::Isa* isa : {&cpu::isa_v4, &cpu::isa_v3}) {
        if (isa == &cpu::isa_v4 && &cpu::best_isa() != isa) continue;
        add_case(*isa, "L2", Triad::l2(), 0.02, false);
        add_case(*isa, "DRAM", Triad::dram(), 0.02, false);
        add_case(*isa, "L1", Triad::l1(), 0.02, false);
        add_case(*isa, "L2", Triad::l2(), 0.002, false);
        add_case(*isa, "L2", Triad::l2(), 0.02, true);
        add_case<models::Theta, NeuronKind::theta>(*isa, "L2", Triad::l2() / 2, 0.02, false);
    }
}
