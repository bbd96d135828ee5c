#pragma once
// The functions of numerics_kernel.hpp on the host and on any device, and their comparison.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/gpu/programs/numerics_kernel.hpp"

namespace spikemass::numerics {

/// One function on one machine.
struct Sweep {
    std::string name;                 ///< "exp float32"
    unsigned log2_inputs = 0;         ///< of a full sweep
    /// Hashes of `count` blocks of 2^log2_block inputs from block `first` on, of 2^log2_inputs; words: null, or their results.
    std::function<std::vector<std::uint64_t>(std::uint64_t first, std::uint64_t count, unsigned log2_inputs, unsigned log2_block, std::vector<std::uint64_t>* words)> hashes;
    std::function<std::string(std::uint64_t k, unsigned log2_inputs)> input;   ///< in words, for people
};

/// Calls visit(name, function) for every function, always in the same order.
template <class Visit>
void for_each_function(Visit&& visit) {
    const auto both = [&]<template <class> class F>() {
        visit(std::string(F<float>::name) + " float32", F<float>{});
        visit(std::string(F<double>::name) + " float64", F<double>{});
    };
    const auto neuron = [&]<class M>() {
        visit(std::string(M::name) + " advance", Neuron<M, Part::advance>::make());
        visit(std::string(M::name) + " advance_observed", Neuron<M, Part::advance_observed>::make());
        visit(std::string(M::name) + " phasor", Neuron<M, Part::phasor>::make());
    };
    const auto f64 = [&]<class F>() { visit(std::string(F::name) + (std::string(F::name).starts_with("float") ? "" : " float64"), F{}); };
    neuron.template operator()<models::Qif>();
    neuron.template operator()<models::Theta>();
    visit(std::string(Synapse::name), Synapse::make());
    visit(std::string(LogPositiveNormal::name), LogPositiveNormal{});
    both.template operator()<Exp>();
    both.template operator()<Log>();
    both.template operator()<Divide>();
    both.template operator()<Reciprocal>();
    both.template operator()<SquareRoot>();
    both.template operator()<Fma>();
    both.template operator()<Unfused>();
    both.template operator()<Round>();
    both.template operator()<Floor>();
    both.template operator()<ToInt>();
    both.template operator()<Clamp>();
    both.template operator()<Sin>();
    both.template operator()<Cos>();
    both.template operator()<Tan>();
    both.template operator()<Atan>();
    both.template operator()<Pow>();
    f64.template operator()<Log1p<double>>();
    f64.template operator()<SinPi<double>>();
    f64.template operator()<CosPi<double>>();
    f64.template operator()<TanPi<double>>();
    f64.template operator()<CotPi<double>>();
    f64.template operator()<Atan2<double>>();
    f64.template operator()<FloatOf<double>>();
}

/// a, b, c and choice of input k, with their patterns.
std::string input_text(const Arguments<float>& x);
std::string input_text(const Arguments<double>& x);

/// Plain calls on so many threads of the host.
std::vector<Sweep> host_sweeps(int threads);

/// On a device (host/gpu/reference_engine.hpp says what that is).
template <class Device>
std::vector<Sweep> device_sweeps(std::shared_ptr<Device> device) {
    std::vector<Sweep> all;
    for_each_function([&]<class F>(const std::string& name, const F& function) {
        Sweep s;
        s.name = name;
        s.log2_inputs = F::log2_inputs;
        s.hashes = [device, function](std::uint64_t first, std::uint64_t count, unsigned log2_inputs, unsigned log2_block, std::vector<std::uint64_t>* words) {
            using Array = typename Device::template Array<std::uint64_t>;
            Array hashes(*device, count), results(*device, words ? count << log2_block : 0);
            device->launch(Hashes<F>{function, log2_inputs, log2_block, first, hashes.view(), results.view()}, count * arch::warp_size);
            std::vector<std::uint64_t> got(count);
            device->download(hashes, got.data(), got.size());
            if (words) {
                words->resize(results.size());
                device->download(results, words->data(), words->size());
            }
            return got;
        };
        all.push_back(std::move(s));
    });
    return all;
}

}  // namespace spikemass::numerics
