#include "kernels/stimulus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "models/base/error.hpp"
#include "models/base/math.hpp"
#include "models/base/random.hpp"

namespace spikemass {
namespace {

const long double pi = std::acos(-1.0L);

Stimulus stimulus(StimulusKind kind, double start, double stop, double amplitude) {
    Stimulus s;
    s.name = "s";
    s.kind = kind;
    s.start = start;
    s.stop = stop;
    s.amplitude = amplitude;
    return s;
}
Stimulus pulses(double start, double period, double width, double amplitude, double stop = 1e300) {
    Stimulus s = stimulus(StimulusKind::pulse_train, start, stop, amplitude);
    s.period = period;
    s.width = width;
    return s;
}
Stimulus ramp(double start, double stop, double from, double amplitude, bool hold) {
    Stimulus s = stimulus(StimulusKind::ramp, start, stop, amplitude);
    s.from = from;
    s.hold = hold;
    return s;
}
Stimulus sine(double start, double stop, double amplitude, double frequency, double phase, double offset) {
    Stimulus s = stimulus(StimulusKind::sine, start, stop, amplitude);
    s.frequency = frequency;
    s.phase = phase;
    s.offset = offset;
    return s;
}
Stimulus samples(double start, double stop, double interval, std::vector<double> values) {
    Stimulus s = stimulus(StimulusKind::samples, start, stop, 0.0);
    s.interval = interval;
    s.values = std::move(values);
    return s;
}

/// The integral from the beginning to t, in long double, straight from the definitions.
long double integral(const Stimulus& s, long double t) {
    const long double end = std::min<long double>(t, s.stop), x = end - s.start;
    long double sum = 0;
    if (x > 0) switch (s.kind) {
        case StimulusKind::step: sum = s.amplitude * x; break;
        case StimulusKind::pulse_train:
            for (long long k = 0; k * (long double)s.period < x; ++k) sum += s.amplitude * std::min<long double>(s.width, x - k * (long double)s.period);
            break;
        case StimulusKind::ramp: sum = s.from * x + (s.amplitude - s.from) * x * x / 2 / ((long double)s.stop - s.start); break;
        case StimulusKind::sine: {
            const long double w = 2 * pi * s.frequency;
            sum = s.offset * x + (s.frequency == 0 ? s.amplitude * std::sin((long double)s.phase) * x : s.amplitude * (std::cos((long double)s.phase) - std::cos(w * x + s.phase)) / w);
            break;
        }
        case StimulusKind::samples:
            for (std::size_t k = 0; k < s.values.size() && k * (long double)s.interval < x; ++k)
                sum += s.values[k] * std::min<long double>(s.interval, x - k * (long double)s.interval);
            break;
        default: break;   // the chirp has a test of its own, noise no mean
    }
    if (s.kind == StimulusKind::ramp && s.hold && t > s.stop) sum += s.amplitude * (t - s.stop);
    return sum;
}

std::vector<Stimulus> examples() {
    return {stimulus(StimulusKind::step, 0.317, 1.8123, 3.0),
            pulses(0.1234, 0.31415, 0.1, 2.0, 2.7),
            pulses(0.0, 0.01, 0.0037, 5.0),                    // several pulses in a step
            pulses(0.05, 0.0011, 0.0004, 5.0, 3.02),           // many
            pulses(0.123, 0.31, 0.31, 2.0, 2.0),
            ramp(0.217, 2.5113, -1.0, 4.0, false), ramp(0.217, 2.5113, -1.0, 4.0, true),
            sine(0.21, 3.3, 2.0, 0.7, 0.4, -0.3), sine(0.0, 1e300, 2.0, 35.7, -1.4, 0.1), sine(0.11, 2.0, 2.0, 0.0, 0.5, 1.0),
            samples(0.13, 1e300, 0.17, {1.0, -2.0, 3.5, 0.0, 7.0}), samples(0.13, 0.9, 0.0123, std::vector<double>(300, 2.0))};
}

TEST(StepMean, OfAChirp) {
    for (const bool logarithmic : {false, true}) {
        Stimulus s = sine(0.21, 3.3, 2.0, 0.7, 0.4, -0.3);
        s.kind = StimulusKind::chirp;
        s.final_frequency = 4.5;
        s.logarithmic = logarithmic;
        EXPECT_NO_THROW(check_stimulus(s));
        const auto frequency = [&](double t) { return logarithmic ? 0.7 * std::pow(4.5 / 0.7, t / 3.09) : 0.7 + (4.5 - 0.7) * t / 3.09; };
        double cycles = 0.0, at = 0.0;   // the frequency, integrated
        for (double t = 0.0; t < 3.09; t += 1e-4) {
            if (std::abs(t - at) < 1e-9) {
                EXPECT_NEAR(value(s, 0.21 + t), -0.3 + 2.0 * std::sin(2.0 * std::acos(-1.0) * cycles + 0.4), 1e-5) << t;
                at += 0.1;
            }
            cycles += 1e-4 * frequency(t + 5e-5);
        }
        constexpr double dt = 0.01;
        // What is left out: amplitude pi f' dt^2/12 at most, f' = 2.71 (logarithmic) or 1.23.
        const double left_out = 2.0 * std::acos(-1.0) * (logarithmic ? 4.5 * std::log(4.5 / 0.7) / 3.09 : 3.8 / 3.09) * dt * dt / 12.0;
        for (int step = 0; step < 340; ++step) {
            double mean = 0.0;
            for (int k = 0; k < 200; ++k) mean += value(s, (step + (k + 0.5) / 200.0) * dt) / 200.0;
            EXPECT_NEAR(step_mean(s, dt, step), mean, left_out + 2e-6) << step;
        }
        s.stop = 1e300;
        EXPECT_THROW(check_stimulus(s), ConfigurationError);
    }
}

TEST(StepMean, IsTheMeanOfTheDefinition) {
    for (const Stimulus& s : examples()) {
        EXPECT_NO_THROW(check_stimulus(s));
        for (const double dt : {0.02, 0.1, 0.0637, 0.5}) {
            for (int step = 0; step * dt < 4.0; ++step) {
                const long double exact = (integral(s, (step + 1) * (long double)dt) - integral(s, step * (long double)dt)) / dt;
                EXPECT_NEAR(step_mean(s, dt, step), static_cast<double>(exact), 3e-12) << static_cast<int>(s.kind) << " dt " << dt << " step " << step;
            }
        }
    }
}

TEST(StepMean, IsExactlyZeroOrFullWhenEdgesLieOnSteps) {
    for (const double dt : {2e-3, 1e-3, 5e-3, 0.1, 0.02, 1.0 / 3.0}) {
        for (const std::int64_t first : {1LL, 7LL, 3'000LL, 5'000'001LL, 12'345'678LL}) {
            const double start = static_cast<double>(first) * dt, stop = static_cast<double>(first + 5) * dt;
            const double edges[][2] = {{start, stop}, {std::nextafter(start, 0), std::nextafter(stop, 0)}, {std::nextafter(start, 1e300), std::nextafter(stop, 1e300)}};
            for (const auto& edge : edges) {
                const Stimulus s = stimulus(StimulusKind::step, edge[0], edge[1], 3.7);
                for (std::int64_t n = first - 1; n <= first + 6; ++n) EXPECT_EQ(step_mean(s, dt, n), n >= first && n < first + 5 ? 3.7 : 0.0) << dt << " " << n;
            }
            // pulses of 2 steps every 5, and samples of 3 steps
            const Stimulus train = pulses(start, 5.0 * dt, 2.0 * dt, 3.7);
            const Stimulus table = samples(start, 1e300, 3.0 * dt, {0.1, 0.2, 0.3});
            const Stimulus held = ramp(start, stop, 1.0, 3.7, true);
            for (std::int64_t k = 0; k < 40; ++k) {
                EXPECT_EQ(step_mean(train, dt, first + k), k % 5 < 2 ? 3.7 : 0.0) << dt << " " << first << " " << k;
                EXPECT_EQ(step_mean(table, dt, first + k), k < 9 ? table.values[k / 3] : 0.0) << dt << " " << first << " " << k;
                if (k >= 5) { EXPECT_EQ(step_mean(held, dt, first + k), 3.7); }
            }
        }
    }
}

TEST(StepMean, PulseTrainStaysOnItsStepsForLong) {
    const double dt = 0.002;
    const Stimulus s = pulses(10.0, 0.1, 0.01, 1.0);   // 5 of 50 steps
    for (std::int64_t k = 0; k < 200'000; k += 997)
        for (std::int64_t j = -1; j < 51; ++j) ASSERT_EQ(step_mean(s, dt, 5000 + 50 * k + j), j >= 0 && j % 50 < 5 ? 1.0 : (k == 0 && j < 0 ? 0.0 : (j + 50) % 50 < 5 ? 1.0 : 0.0));
}

TEST(StepMean, TouchingPulsesLeaveNoGap) {
    const Stimulus s = pulses(0.0137, 0.0313, 0.0313, 3.7);
    for (int n = 1; n < 2000; ++n) EXPECT_EQ(step_mean(s, 0.02, n), 3.7) << n;
}

TEST(StepMean, DefaultStopIsNever) {
    const Stimulus s = stimulus(StimulusKind::step, 0.0, 1e300, 2.5);
    EXPECT_EQ(step_mean(s, 1e-3, 0), 2.5);
    EXPECT_EQ(step_mean(s, 1e-3, 1'000'000'000'000), 2.5);
    EXPECT_EQ(step_mean(s, 1e-300, 5), 2.5);
}

TEST(StepMean, EmptyIntervalsAndListsAreZero) {
    EXPECT_EQ(step_mean(stimulus(StimulusKind::step, 1.0, 1.0, 2.5), 0.1, 10), 0.0);
    EXPECT_EQ(step_mean(samples(0.0, 1e300, 0.1, {}), 0.1, 0), 0.0);
    EXPECT_EQ(step_mean(pulses(0.0, 0.1, 0.0, 2.0), 0.1, 0), 0.0);
    EXPECT_EQ(value(samples(0.0, 1e300, 0.1, {}), 0.05), 0.0);
}

TEST(Value, IsTheLimitOfTheMeanFromTheRight) {
    for (const Stimulus& s : examples())
        for (double t = 0.00731; t < 3.5; t += 0.0503) {
            const long double h = 1e-7L;
            EXPECT_NEAR(value(s, t), static_cast<double>((integral(s, t + h) - integral(s, t)) / h), 1e-4) << static_cast<int>(s.kind) << " t " << t;
        }
}

TEST(Value, IsRightContinuousAtEdgesInSpiteOfRounding) {
    const Stimulus step = stimulus(StimulusKind::step, 0.3, 0.7, 2.0), table = samples(0.3, 1e300, 0.1, {1, 2, 3, 4}), train = pulses(0.3, 0.2, 0.1, 2.0);
    const double sum3 = 0.1 + 0.2, sum7 = 0.1 * 7;        // 0.30000000000000004, 0.7000000000000001
    EXPECT_EQ(value(step, 0.3), 2.0);
    EXPECT_EQ(value(step, sum3), 2.0);
    EXPECT_EQ(value(step, std::nextafter(0.3, 0.0)), 2.0);
    EXPECT_EQ(value(step, 0.7), 0.0);
    EXPECT_EQ(value(step, sum7), 0.0);
    EXPECT_EQ(value(step, std::nextafter(0.7, 0.0)), 0.0);
    EXPECT_EQ(value(step, 0.699999), 2.0);
    EXPECT_EQ(value(step, 0.299999), 0.0);
    for (int k = 0; k < 4; ++k)
        for (const double t : {0.3 + k * 0.1, std::nextafter(0.3 + k * 0.1, 0.0), std::nextafter(0.3 + k * 0.1, 1.0)}) {
            EXPECT_EQ(value(table, t), k + 1.0) << t;
            EXPECT_EQ(value(train, t), k % 2 ? 0.0 : 2.0) << t;
        }
    const Stimulus held = ramp(0.0, 0.3, 1.0, 2.0, true), cut = ramp(0.0, 0.3, 1.0, 2.0, false);
    EXPECT_EQ(value(held, sum3), 2.0);
    EXPECT_EQ(value(cut, sum3), 0.0);
    EXPECT_EQ(value(held, 0.0), 1.0);
}

TEST(InputMean, AddsTheStimuliOfAPopulationInOrderOfTheirKeys) {
    Network network;
    network.dt = 0.1;
    network.populations.resize(2);
    const double amplitudes[] = {1e16, 1.0, -1e16, 3.0};   // the sum depends on the order
    for (int k = 0; k < 4; ++k) {
        Stimulus s = stimulus(StimulusKind::step, 0.0, 1e300, amplitudes[k]);
        s.name = "stimulus " + std::to_string(k);
        s.target = k == 3 ? 1 : 0;
        network.stimuli.push_back(s);
    }
    std::vector<Stimulus> ordered(network.stimuli.begin(), network.stimuli.begin() + 3);
    std::sort(ordered.begin(), ordered.end(), [](const Stimulus& a, const Stimulus& b) { return name_key(a.name) < name_key(b.name); });
    double expected = 0.0;
    for (const Stimulus& s : ordered) expected += s.amplitude;
    std::sort(network.stimuli.begin(), network.stimuli.end(), [](const Stimulus& a, const Stimulus& b) { return a.name < b.name; });
    do {
        EXPECT_EQ(input_mean(network, 0, 3), expected);
        EXPECT_EQ(input_value(network, 0, 0.3), expected);
        EXPECT_EQ(input_mean(network, 1, 3), 3.0);
    } while (std::next_permutation(network.stimuli.begin(), network.stimuli.end(), [](const Stimulus& a, const Stimulus& b) { return a.name < b.name; }));
    network.stimuli.clear();
    EXPECT_EQ(input_mean(network, 0, 3), 0.0);
}

TEST(CheckStimulus, NamesWhatIsWrong) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto message = [](const Stimulus& s) -> std::string {
        try {
            check_stimulus(s);
        } catch (const ConfigurationError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_NE(message(stimulus(StimulusKind::step, 2.0, 1.0, 1.0)).find("stimulus \"s\": stop"), std::string::npos);
    EXPECT_NE(message(stimulus(StimulusKind::step, 0.0, 1.0, nan)).find("finite"), std::string::npos);
    EXPECT_NE(message(pulses(0.0, 0.0, 0.0, 1.0)).find("period > 0"), std::string::npos);
    EXPECT_NE(message(pulses(0.0, 1.0, 1.5, 1.0)).find("width <= period"), std::string::npos);
    EXPECT_NE(message(pulses(0.0, 1.0, -0.5, 1.0)), "");
    EXPECT_NE(message(ramp(0.0, 1e300, 0.0, 1.0, false)).find("ramp"), std::string::npos);
    EXPECT_NE(message(ramp(1.0, 1.0, 0.0, 1.0, false)).find("ramp"), std::string::npos);
    EXPECT_NE(message(samples(0.0, 1.0, 0.0, {1.0})).find("interval"), std::string::npos);
    EXPECT_NE(message(samples(0.0, 1.0, 0.1, {1.0, nan})).find("samples"), std::string::npos);
}

// Inputs feed every spike: the same bits everywhere.
TEST(StepMean, CommittedHash) {
    std::uint64_t hash = 0, place = 0;
    for (const Stimulus& s : examples())
        for (const double dt : {0.02, 0.0637})
            for (int step = 0; step < 400; ++step) {
                hash += mix64(mix64(place++) ^ math::bits(step_mean(s, dt, step)));
                hash += mix64(mix64(place++) ^ math::bits(value(s, step * dt)));
            }
    EXPECT_EQ(hash, 0x74137c8e45507ce3u);
}

}  // namespace
}  // namespace spikemass
