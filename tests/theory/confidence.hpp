#pragma once
// Measured means with stated confidence.  A test that asks m questions allows each `allowed_errors(trials, m)` standard errors:
// if the theory is right, fresh seeds fail the whole test in fewer than one of a thousand runs (Bonferroni, Student t).

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "host/analysis/statistics.hpp"

namespace spikemass::theory {

constexpr double false_alarm = 1e-3;

inline double allowed_errors(std::size_t trials, int questions) {
    return analysis::student_t_quantile(1.0 - false_alarm / (2.0 * questions), static_cast<double>(trials - 1));
}

/// Prints measurement and theory and expects |measured - theory| <= errors * s.e. + margin.
inline void expect_theory(const char* what, const analysis::Estimate& measured, double theory, double errors, double margin = 0.0) {
    const double deviation = measured.value - theory;
    std::printf("  %-34s measured %.7g, s.e. %.2g (%zu trials), theory %.7g, deviation %+.2g = %+.1f s.e., allowed %.2g\n", what, measured.value,
                measured.standard_error, measured.samples, theory, deviation, deviation / measured.standard_error,
                errors * measured.standard_error + margin);
    EXPECT_LE(std::abs(deviation), errors * measured.standard_error + margin) << what;
}

/// Calls run(trial) for every trial, several at a time.
inline void for_each_trial(int trials, const std::function<void(int)>& run) {
    const int workers = std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, trials);
    std::vector<std::thread> threads;
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(workers));
    for (int w = 0; w < workers; ++w)
        threads.emplace_back([&, w] {
            try {
                for (int t = w; t < trials; t += workers) run(t);
            } catch (...) {
                failures[static_cast<std::size_t>(w)] = std::current_exception();
            }
        });
    for (std::thread& t : threads) t.join();
    for (const std::exception_ptr& f : failures)
        if (f) std::rethrow_exception(f);
}

}  // namespace spikemass::theory
