#pragma once
// Runs a faulty kernel, or its correction, under every schedule.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/device/shim.hpp"

namespace spikemass::device_test {

using namespace arch;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using shim::Fault;
using shim::FaultKind;
using shim::Options;
using shim::Order;

inline std::vector<Options> schedules() {
    std::vector<Options> all{{.order = Order::round_robin, .max_spins = 500}, {.order = Order::reverse, .max_spins = 500}};
    for (unsigned seed = 1; seed <= 10; ++seed) all.push_back({.seed = seed, .max_spins = 500});
    return all;
}

/// The message of the fault; every schedule must find it and call it the same.
template <class Kernel>
std::string fault_of(FaultKind kind, const Dims& dims, Kernel kernel = {}) {
    std::string message;
    for (const Options& options : schedules()) {
        std::vector<u32> memory(256);
        kernel.out = {memory.data(), memory.size()};
        try {
            shim::launch(kernel, dims, options);
            ADD_FAILURE() << Kernel::name << ": nothing found with order " << static_cast<int>(options.order) << ", seed " << options.seed;
        } catch (const Fault& fault) {
            EXPECT_EQ(fault.kind, kind) << fault.what();
            message = fault.what();
            EXPECT_EQ(message.rfind(std::string("kernel ") + Kernel::name, 0), 0u) << message;
        }
    }
    return message;
}
template <class Kernel>
void expect_fine(const Dims& dims, Kernel kernel = {}) {
    for (const Options& options : schedules()) {
        std::vector<u32> memory(256);
        kernel.out = {memory.data(), memory.size()};
        EXPECT_NO_THROW(shim::launch(kernel, dims, options)) << Kernel::name;
    }
}
inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

#define KERNEL(NAME)                              \
    static constexpr const char* name = NAME;     \
    static constexpr unsigned max_threads = 1024; \
    Global<u32> out {}

}  // namespace spikemass::device_test
