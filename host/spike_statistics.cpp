#include "host/spike_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/picks.hpp"
#include "models/base/random.hpp"

namespace spikemass {

namespace {

/// sum (x - mean x)^2 times n, exact: n sum x^2 - (sum x)^2.
double scaled_deviation(std::uint64_t n, std::uint64_t squares, std::uint64_t sum) {
    return static_cast<double>(static_cast<unsigned __int128>(n) * squares - static_cast<unsigned __int128>(sum) * sum);
}

double sample_variance(std::uint64_t n, std::uint64_t squares, std::uint64_t sum) {
    return scaled_deviation(n, squares, sum) / (static_cast<double>(n) * static_cast<double>(n - 1));
}

double sample_variance(const std::vector<std::uint64_t>& x) {
    double mean = 0, squares = 0;
    for (const std::uint64_t v : x) mean += static_cast<double>(v);
    mean /= static_cast<double>(x.size());
    for (const std::uint64_t v : x) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    return squares / static_cast<double>(x.size() - 1);
}

/// Mean and standard deviation of numbers that come one by one (Welford).
struct Spread {
    double n = 0, mean_ = 0, squares = 0;
    void add(double x) {
        const double d = x - mean_;
        mean_ += d / ++n;
        squares += d * (x - mean_);
    }
    double mean() const { return n > 0 ? mean_ : SpikeStatistics::nan; }
    double sd() const { return n > 1 ? std::sqrt(squares / (n - 1)) : SpikeStatistics::nan; }
};

}  // namespace

SpikeTrainStatistics::SpikeTrainStatistics(std::int64_t neurons, std::int64_t steps, std::int64_t steps_per_bin, std::int64_t steps_per_window, std::span<const std::uint32_t> sample)
    : neurons_(static_cast<std::size_t>(neurons)), steps_per_bin_(static_cast<std::uint32_t>(steps_per_bin)), steps_per_window_(static_cast<std::uint32_t>(steps_per_window)),
      windows_(static_cast<std::uint32_t>(steps / steps_per_window)), sample_(sample.begin(), sample.end()), sample_counts_(sample.size(), 0),
      products_(sample.size() * (sample.size() + 1) / 2, 0) {
    for (std::size_t i = 0; i < sample_.size(); ++i) neurons_[sample_[i]].sample = static_cast<std::uint32_t>(i + 1);
}

double SpikeTrainStatistics::bytes(std::int64_t neurons, std::int64_t steps, std::int64_t steps_per_bin, std::int64_t steps_per_window, std::int64_t sample) {
    const auto n = static_cast<double>(std::min(neurons, sample));
    constexpr double growth = 2;   // of vectors, at most
    return sizeof(Neuron) * static_cast<double>(neurons) + growth * 8 * (static_cast<double>(steps / steps_per_bin) + static_cast<double>(steps / steps_per_window)) + 4 * n * (n + 1) + 12 * n;
}

void SpikeTrainStatistics::add(std::span<const std::uint32_t> ids) {
    ++step_;
    constexpr std::size_t ahead = 16;   // neurons of a sparse step are cache misses each
    const bool counting = window_ <= windows_;
    for (std::size_t k = 0; k < ids.size(); ++k) {
        if (k + ahead < ids.size()) __builtin_prefetch(&neurons_[ids[k + ahead]], 1);
        Neuron& n = neurons_[ids[k]];
        if (n.spikes == 0) {
            n.first = step_;
        } else {
            const std::uint32_t interval = step_ - n.last;
            n.interval_squares += static_cast<std::uint64_t>(interval) * interval;
            if (n.spikes > 1) {
                const double a = n.interval, b = interval, ratio = (a - b) / (a + b);
                n.variation += static_cast<std::uint64_t>(ratio * ratio * 0x1p32 + 0.5);
            }
            n.interval = interval;
        }
        n.last = step_;
        ++n.spikes;
        if (n.bin != bin_) {
            n.bin = bin_;
            n.in_bin = 0;
        }
        bin_squares_ += 2 * std::uint64_t{n.in_bin++} + 1;
        if (!counting) continue;
        if (n.window != window_) {
            n.window = window_;
            n.in_window = 0;
        }
        n.count_squares += 2 * std::uint64_t{n.in_window++} + 1;
        ++n.counted;
        if (n.sample) ++sample_counts_[n.sample - 1];
    }
    in_bin_ += ids.size();
    in_window_ += ids.size();
    if (step_ % steps_per_bin_ == 0) {
        per_bin_.push_back(in_bin_);
        in_bin_ = 0;
        ++bin_;
    }
    if (counting && step_ % steps_per_window_ == 0) close_window();
}

void SpikeTrainStatistics::close_window() {
    per_window_.push_back(in_window_);
    in_window_ = 0;
    ++window_;
    sample_active_.clear();
    for (std::uint32_t i = 0; i < sample_counts_.size(); ++i)
        if (sample_counts_[i] > 0) sample_active_.push_back(i);
    for (std::size_t a = 0; a < sample_active_.size(); ++a) {
        const std::size_t i = sample_active_[a];
        const std::uint64_t count = sample_counts_[i];
        std::uint64_t* row = &products_[i * (i + 1) / 2];
        if (2 * sample_active_.size() > sample_counts_.size())   // most fired: a loop without indices is the faster one
            for (std::size_t j = 0; j <= i; ++j) row[j] += count * sample_counts_[j];
        else
            for (std::size_t b = 0; b <= a; ++b) row[sample_active_[b]] += count * sample_counts_[sample_active_[b]];
    }
    std::fill(sample_counts_.begin(), sample_counts_.end(), 0);
}

SpikeStatistics SpikeTrainStatistics::result() const {
    SpikeStatistics s;
    intervals(s);
    counts(s);
    pairs(s);
    synchrony(s);
    return s;
}

void SpikeTrainStatistics::intervals(SpikeStatistics& s) const {
    Spread cv, lv;
    for (const Neuron& n : neurons_) {
        if (n.spikes < least_intervals + 1) continue;
        const std::uint64_t m = n.spikes - 1, sum = n.last - n.first;
        cv.add(std::sqrt(sample_variance(m, n.interval_squares, sum)) * static_cast<double>(m) / static_cast<double>(sum));
        lv.add(3.0 * static_cast<double>(n.variation) * 0x1p-32 / static_cast<double>(m - 1));
    }
    s.isi_cv = cv.mean();
    s.isi_cv_sd = cv.sd();
    s.isi_lv = lv.mean();
    s.isi_lv_sd = lv.sd();
    s.isi_neurons = cv.n;
}

void SpikeTrainStatistics::counts(SpikeStatistics& s) const {
    const auto windows = per_window_.size();
    if (windows < 2) return;
    Spread fano, variance;
    for (const Neuron& n : neurons_) {
        const double v = sample_variance(windows, n.count_squares, n.counted);
        variance.add(v);
        if (n.counted > 0) fano.add(v * static_cast<double>(windows) / n.counted);
    }
    s.fano_factor = fano.mean();
    s.fano_factor_sd = fano.sd();
    s.fano_neurons = fano.n;
    s.count_variance = variance.mean();
    if (neurons_.size() < 2) return;
    const double n = variance.n, pairs = n * (n - 1), of_sum = sample_variance(per_window_);
    s.count_covariance = (of_sum - n * variance.mean()) / pairs;
    s.count_covariance_se = std::sqrt(2.0 / static_cast<double>(windows - 1)) * of_sum / pairs;
}

void SpikeTrainStatistics::pairs(SpikeStatistics& s) const {
    const auto windows = per_window_.size();
    if (windows < 2) return;
    struct Varying {
        std::size_t place;
        std::uint64_t sum;
        double norm;   // 1/sqrt(W sum c^2 - (sum c)^2)
    };
    std::vector<Varying> varying;
    Spread rho;
    for (std::size_t i = 0; i < sample_.size(); ++i) {
        const Neuron& n = neurons_[sample_[i]];
        const double deviation = scaled_deviation(windows, n.count_squares, n.counted);
        if (deviation == 0.0) continue;
        const Varying self{i, n.counted, 1.0 / std::sqrt(deviation)};
        const std::uint64_t* row = &products_[i * (i + 1) / 2];
        for (const Varying& other : varying) {
            const auto product = static_cast<__int128>(windows) * row[other.place] - static_cast<__int128>(self.sum) * other.sum;
            rho.add(static_cast<double>(product) * self.norm * other.norm);
        }
        varying.push_back(self);
    }
    const auto n = static_cast<double>(varying.size());
    s.correlation_neurons = n;
    s.count_correlation = rho.mean();
    s.count_correlation_sd = rho.sd();
    if (rho.n > 0) s.count_correlation_se = std::sqrt(2.0 / static_cast<double>(windows - 1)) * (1.0 + (n - 1.0) * rho.mean()) / (n - 1.0);
}

void SpikeTrainStatistics::synchrony(SpikeStatistics& s) const {
    const auto bins = static_cast<double>(per_bin_.size());
    if (per_bin_.size() < 2) return;
    unsigned __int128 totals = 0;
    for (const Neuron& n : neurons_) totals += static_cast<std::uint64_t>(n.spikes) * n.spikes;
    const double variances = (static_cast<double>(bin_squares_) - static_cast<double>(totals) / bins) / (bins - 1.0);
    if (variances > 0.0) s.synchrony = std::sqrt(sample_variance(per_bin_) / (static_cast<double>(neurons_.size()) * variances));
}

SpikeStatisticsRecorder::SpikeStatisticsRecorder(const Network& network, const RunPlan& plan) {
    for (const Population& p : network.populations) {
        // A name with a slash is no population's: these picks are nobody else's.
        const RandomKey key = random_key(network.seeds.init, name_key(p.name + "/statistics"), Stream::picks);
        std::vector<std::uint32_t> sample;
        kernels::PickSet set;
        set.reserve(p.size);
        kernels::distinct_picks(set, key, 0, 0, std::min(plan.statistics_sample, p.size), p.size, [&](std::uint32_t id) { sample.push_back(id); });
        populations_.emplace_back(p.size, plan.bins * plan.steps_per_bin, plan.steps_per_bin, plan.statistics_window, sample);
    }
}

std::vector<SpikeStatistics> SpikeStatisticsRecorder::result() const {
    std::vector<SpikeStatistics> out;
    for (const SpikeTrainStatistics& p : populations_) out.push_back(p.result());
    return out;
}

double SpikeStatisticsRecorder::bytes(const Network& network, const RunPlan& plan) {
    double sum = 0;
    for (const Population& p : network.populations)
        sum += SpikeTrainStatistics::bytes(p.size, plan.bins * plan.steps_per_bin, plan.steps_per_bin, plan.statistics_window, plan.statistics_sample);
    return sum;
}

}  // namespace spikemass
