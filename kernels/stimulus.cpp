#include "kernels/stimulus.hpp"

#include <initializer_list>
#include <string>

#include "models/base/error.hpp"
#include "models/base/math.hpp"
#include "models/base/random.hpp"

namespace spikemass {
namespace {

/// Time in steps; whole numbers of steps are recognised in spite of rounding.
double in_steps(double t, double dt) {
    const double x = t / dt, whole = math::round(x);
    return math::abs(x - whole) <= 1e-9 + 0x1p-50 * math::abs(x) ? whole : x;
}

struct Interval {
    double from, to;
    double length() const { return to > from ? to - from : 0.0; }
};
Interval intersection(Interval a, Interval b) { return {a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to}; }

/// Pieces [start + k period, start + k period + width), k = 0, 1, ..., against a window of time in steps.
struct Train {
    double start, period, width, dt;
    Interval window;
    // One piece more on either side: recognising whole steps moves edges by less than that.
    double first() const { return math::max(math::floor((window.from * dt - start - width) / period) - 1.0, 0.0); }
    double last() const { return math::floor((window.to * dt - start) / period) + 1.0; }
    double overlap(double k) const {
        const double onset = start + k * period;
        const double offset = width == period ? start + (k + 1.0) * period : onset + width;   // touching pieces share an edge
        return intersection(window, {in_steps(onset, dt), in_steps(offset, dt)}).length();
    }
};

double mean_of_pulses(const Stimulus& s, double dt, Interval active) {
    if (active.length() == 0.0) return 0.0;
    const Train train{s.start, s.period, s.width, dt, active};
    const double first = train.first(), count = train.last() - first + 1.0, edge = 4.0;
    const bool many = count > 4.0 * edge;                             // those away from the edges of the window lie inside it
    double on = many ? (count - 2.0 * edge) * (s.width / dt) : 0.0;
    for (double k = 0.0; k < count; k += 1.0) {
        if (many && k == edge) k = count - edge;
        on += train.overlap(first + k);
    }
    return s.amplitude * on;
}

double mean_of_samples(const Stimulus& s, double dt, Interval active) {
    if (active.length() == 0.0) return 0.0;
    const Train train{s.start, s.interval, s.interval, dt, active};
    const double last = math::min(train.last(), static_cast<double>(s.values.size()) - 1.0);
    double sum = 0.0;
    for (double k = train.first(); k <= last; k += 1.0) sum += s.values[static_cast<std::size_t>(math::to_int(k))] * train.overlap(k);
    return sum;
}

double mean_of_sine(const Stimulus& s, double dt, Interval active) {
    const double length = active.length();
    if (length == 0.0) return 0.0;
    const double middle = 0.5 * (active.from + active.to) * dt, half_turns = s.frequency * length * dt;
    constexpr double pi = 0x1.921fb54442d18p+1;
    const double attenuation = half_turns == 0.0 ? 1.0 : math::sinpi(half_turns) / (pi * half_turns);
    return length * (s.offset + s.amplitude * (attenuation * math::sinpi(2.0 * s.frequency * (middle - s.start) + s.phase / pi)));
}

/// Cycles of a chirp t after its start.
double cycles(const Stimulus& s, double t) {
    const double length = s.stop - s.start, ratio = s.final_frequency / s.frequency;
    if (!s.logarithmic) return t * (s.frequency + 0.5 * (s.final_frequency - s.frequency) * (t / length));
    return ratio == 1.0 ? s.frequency * t : s.frequency * length * ((math::pow(ratio, t / length) - 1.0) / math::log(ratio));
}
double frequency(const Stimulus& s, double t) {
    const double part = t / (s.stop - s.start);
    return s.logarithmic ? s.frequency * math::pow(s.final_frequency / s.frequency, part) : s.frequency + (s.final_frequency - s.frequency) * part;
}

/// As a sine of the frequency in the middle: what that leaves out is the change of frequency within the step, of second order.
double mean_of_chirp(const Stimulus& s, double dt, Interval active) {
    const double length = active.length();
    if (length == 0.0) return 0.0;
    constexpr double pi = 0x1.921fb54442d18p+1;
    const double t = 0.5 * (active.from + active.to) * dt - s.start, half_turns = frequency(s, t) * length * dt;
    const double attenuation = half_turns == 0.0 ? 1.0 : math::sinpi(half_turns) / (pi * half_turns);
    return length * (s.offset + s.amplitude * (attenuation * math::sinpi(2.0 * cycles(s, t) + s.phase / pi)));
}

double mean_of_ramp(const Stimulus& s, double dt, Interval step, Interval active) {
    const double start = in_steps(s.start, dt), stop = in_steps(s.stop, dt), length = active.length();
    double sum = 0.0;
    if (length > 0.0) {
        const double middle = (0.5 * (active.from + active.to) - start) / (stop - start);   // linear: the mean is the middle's value
        sum = length * (s.from + (s.amplitude - s.from) * middle);
    }
    if (s.hold) sum += s.amplitude * intersection(step, {stop, step.to}).length();
    return sum;
}

/// a <= b in spite of rounding.
bool reached(double a, double b) { return a <= b || a - b <= 0x1p-44 * (math::abs(a) + math::abs(b)); }

/// Number of the piece of `period` that t lies in; negative before the start.
double piece(const Stimulus& s, double t, double period) {
    const double k = math::floor((t - s.start) / period);
    return reached(s.start + (k + 1.0) * period, t) ? k + 1.0 : k;
}

std::string quoted(const Stimulus& s) { return "stimulus \"" + s.name + "\": "; }

/// Adds term(stimulus) over the stimuli of a population in order of (name key, place in the file).
template <class Term> double sum_by_key(const Network& network, std::size_t population, Term term) {
    double sum = 0.0;
    const Stimulus* previous = nullptr;
    std::uint64_t previous_key = 0;
    for (;;) {
        const Stimulus* next = nullptr;
        std::uint64_t next_key = 0;
        for (const Stimulus& s : network.stimuli) {
            const std::uint64_t key = name_key(s.name);
            const bool after = previous == nullptr || key > previous_key || (key == previous_key && &s > previous);
            if (s.target == population && after && (next == nullptr || key < next_key)) next = &s, next_key = key;
        }
        if (next == nullptr) return sum;
        sum += term(*next);
        previous = next, previous_key = next_key;
    }
}

}  // namespace

void check_stimulus(const Stimulus& s) {
    for (double x : {s.start, s.stop, s.amplitude, s.from, s.period, s.width, s.frequency, s.phase, s.offset, s.interval, s.final_frequency, s.intensity, s.scale, s.sd, s.tau, s.rate, s.weight})
        if (!(math::abs(x) < math::infinity<double>())) throw ConfigurationError(quoted(s) + "one of its numbers is not finite; give finite numbers.");
    for (double x : s.values)
        if (!(math::abs(x) < math::infinity<double>())) throw ConfigurationError(quoted(s) + "one of its samples is not finite; give finite numbers.");
    if (s.stop < s.start)
        throw ConfigurationError(quoted(s) + "stop = " + std::to_string(s.stop) + " comes before start = " + std::to_string(s.start) + "; give stop >= start.");
    if (s.kind == StimulusKind::pulse_train && !(s.period > 0.0 && s.width >= 0.0 && s.width <= s.period))
        throw ConfigurationError(quoted(s) + "a pulse_train has period = " + std::to_string(s.period) + ", width = " + std::to_string(s.width) +
                                 "; it needs period > 0 and 0 <= width <= period.");
    if (s.kind == StimulusKind::ramp && !(s.stop > s.start && s.stop < 1e300))
        throw ConfigurationError(quoted(s) + "a ramp needs a stop after its start; give the time at which it reaches its amplitude.");
    if (s.kind == StimulusKind::chirp && !(s.stop > s.start && s.stop < 1e300))
        throw ConfigurationError(quoted(s) + "a chirp needs a stop after its start; give the time at which it reaches its final frequency.");
    if (s.kind == StimulusKind::chirp && !(s.frequency > 0.0 && s.final_frequency > 0.0))
        throw ConfigurationError(quoted(s) + "a chirp goes from frequency = " + std::to_string(s.frequency) + " to " + std::to_string(s.final_frequency) + "; both must be > 0.");
    if (s.intensity < 0.0 || s.scale < 0.0 || s.sd < 0.0 || s.rate < 0.0 || (s.kind == StimulusKind::ornstein_uhlenbeck && !(s.tau > 0.0)))
        throw ConfigurationError(quoted(s) + "a noise needs intensity, scale, sd and rate >= 0, and ornstein_uhlenbeck a tau > 0.");
    if (s.kind == StimulusKind::samples && !(s.interval > 0.0))
        throw ConfigurationError(quoted(s) + "samples have interval = " + std::to_string(s.interval) + "; it must be > 0.");
}

double step_mean(const Stimulus& s, double dt, std::int64_t step) {
    const Interval window{static_cast<double>(step), static_cast<double>(step) + 1.0};
    const Interval active = intersection(window, {in_steps(s.start, dt), in_steps(s.stop, dt)});
    switch (s.kind) {
        case StimulusKind::step: return s.amplitude * active.length();
        case StimulusKind::pulse_train: return mean_of_pulses(s, dt, active);
        case StimulusKind::ramp: return mean_of_ramp(s, dt, window, active);
        case StimulusKind::sine: return mean_of_sine(s, dt, active);
        case StimulusKind::samples: return mean_of_samples(s, dt, active);
        case StimulusKind::chirp: return mean_of_chirp(s, dt, active);
        case StimulusKind::white_noise:
        case StimulusKind::ornstein_uhlenbeck:
        case StimulusKind::poisson: break;
    }
    return 0.0;
}

double value(const Stimulus& s, double t) {
    const bool held = s.kind == StimulusKind::ramp && s.hold && reached(s.stop, t);
    if (held) return s.amplitude;
    if (!reached(s.start, t) || reached(s.stop, t)) return 0.0;
    switch (s.kind) {
        case StimulusKind::step: return s.amplitude;
        case StimulusKind::pulse_train: {
            const double k = piece(s, t, s.period);
            return s.width == s.period || !reached(s.start + k * s.period + s.width, t) ? s.amplitude : 0.0;
        }
        case StimulusKind::ramp: return s.from + (s.amplitude - s.from) * ((t - s.start) / (s.stop - s.start));
        case StimulusKind::sine:
            return s.offset + s.amplitude * math::sinpi(2.0 * s.frequency * (t - s.start) + s.phase / 0x1.921fb54442d18p+1);
        case StimulusKind::samples: {
            const double k = math::max(piece(s, t, s.interval), 0.0);
            return k < static_cast<double>(s.values.size()) ? s.values[static_cast<std::size_t>(math::to_int(k))] : 0.0;
        }
        case StimulusKind::chirp: return s.offset + s.amplitude * math::sinpi(2.0 * cycles(s, t - s.start) + s.phase / 0x1.921fb54442d18p+1);
        case StimulusKind::white_noise:
        case StimulusKind::ornstein_uhlenbeck:
        case StimulusKind::poisson: break;
    }
    return 0.0;
}

double input_mean(const Network& network, std::size_t population, std::int64_t step) {
    return sum_by_key(network, population, [&](const Stimulus& s) { return step_mean(s, network.dt, step); });
}

double input_value(const Network& network, std::size_t population, double t) {
    return sum_by_key(network, population, [&](const Stimulus& s) { return value(s, t); });
}

double mean_input(const Network& network, std::size_t population, std::int64_t step) {
    const double tau = network.populations[population].tau;
    const Interval window{static_cast<double>(step), static_cast<double>(step) + 1.0};
    return sum_by_key(network, population, [&](const Stimulus& s) {
        if (s.kind != StimulusKind::poisson) return step_mean(s, network.dt, step);
        return s.weight * s.rate * tau * intersection(window, {in_steps(s.start, network.dt), in_steps(s.stop, network.dt)}).length();
    });
}

}  // namespace spikemass
