#include "host/compare/cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "kernels/stimulus.hpp"
#include "models/base/error.hpp"

namespace spikemass {

namespace {

using analysis::Cell;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double settle_tau = 4.0, steady_tau = 4.0, onset_tau = 5.0, relax_tau = 40.0;
constexpr double steady_disagreement = 0.05, transient_disagreement = 0.10;   // of a trial from the mean; of the mean's standard error
constexpr double least_v = 0.1;

/// Means over the trials that are there; shapes [population][bin].
struct Means {
    std::vector<std::vector<double>> r, v, square;   ///< dimensionless; square: of the standard error of (pi r, v)
    std::vector<std::vector<std::vector<double>>> trial_r, trial_v;   ///< [population][trial][bin]
};

Means means_of(const analysis::PointData& d) {
    Means m;
    for (std::size_t p = 0; p < d.populations.size(); ++p) {
        const analysis::Traces& t = d.spiking.populations[p];
        const std::size_t bins = t.rate[0].size();
        auto &r = m.r.emplace_back(bins, 0.0), &v = m.v.emplace_back(bins, 0.0), &square = m.square.emplace_back(bins, 0.0);
        auto &trial_r = m.trial_r.emplace_back(), &trial_v = m.trial_v.emplace_back();
        for (std::size_t k = 0; k < t.rate.size(); ++k) {
            if (!std::isfinite(t.rate[k][0]) || !std::isfinite(t.v[k][0])) continue;
            trial_r.push_back(t.rate[k]);
            trial_v.push_back(t.v[k]);
            for (double& x : trial_r.back()) x *= d.populations[p].tau;
        }
        const auto trials = static_cast<double>(trial_r.size());
        for (std::size_t k = 0; k < trial_r.size(); ++k)
            for (std::size_t b = 0; b < bins; ++b) {
                r[b] += trial_r[k][b] / trials;
                v[b] += trial_v[k][b] / trials;
            }
        if (trials > 1)
            for (std::size_t k = 0; k < trial_r.size(); ++k)
                for (std::size_t b = 0; b < bins; ++b) square[b] += (std::pow(std::numbers::pi * (trial_r[k][b] - r[b]), 2) + std::pow(trial_v[k][b] - v[b], 2)) / (trials - 1) / trials;
    }
    return m;
}

class Builder {
public:
    Builder(const analysis::PointData& data, const Configuration& c, const std::vector<std::string>& closures, bool ideal_delay, std::string name)
        : data_(data), c_(c), closures_(closures), ideal_delay_(ideal_delay), name_(std::move(name)), m_(means_of(data)) {}

    std::vector<Cell> build() {
        for (const auto& t : m_.trial_r)
            if (t.empty()) return {};
        const std::size_t bins = m_.r[0].size();
        std::vector<std::vector<double>> inputs;
        for (const analysis::PopulationFacts& f : data_.populations) inputs.push_back(f.stimulus.empty() ? std::vector<double>(bins, 0.0) : f.stimulus);
        const analysis::InputStructure structure = analysis::analyse_input(inputs, bins, data_.bin, data_.start, {settle_tau * tau(), steady_tau * tau()});
        for (const analysis::Window& w : structure.stationary)
            if (w.settled) steady(w.last - in_bins(steady_tau), w.last);
        for (const analysis::Edge& e : structure.edges) {
            const std::size_t middle = std::min(e.next, e.bin + in_bins(onset_tau));
            stretch("onset", e.bin, middle);
            if (e.next > middle + in_bins(1.0)) stretch("late", middle, e.next);
        }
        for (const Stimulus& s : c_.network.stimuli) {
            if (s.kind == StimulusKind::step || is_noise(s.kind)) continue;
            const double first = std::max(0.0, s.start - data_.start), last = std::min(static_cast<double>(bins) * data_.bin, s.stop - data_.start);
            if (last > first) stretch(c_.resolved.at("stimulus").at(s.name).at("kind").get<std::string>(), index(first), index(last));
        }
        return std::move(cells_);
    }

private:
    double tau() const { return data_.populations[0].tau; }
    std::size_t in_bins(double taus) const { return static_cast<std::size_t>(std::llround(taus * tau() / data_.bin)); }
    std::size_t index(double time) const { return static_cast<std::size_t>(std::llround(time / data_.bin)); }
    Cell begin(const char* column, std::size_t first, std::size_t last) const {
        return {column, fmt::format("{}, {:.4g} to {:.4g}", name_, data_.start + static_cast<double>(first) * data_.bin, data_.start + static_cast<double>(last) * data_.bin), 0.0, false, {}, {}, {}};
    }
    static double mean(const std::vector<double>& x, std::size_t first, std::size_t last) {
        double sum = 0.0;
        for (std::size_t b = first; b < last; ++b) sum += x[b];
        return sum / static_cast<double>(last - first);
    }

    void steady(std::size_t first, std::size_t last) {
        Cell cell = begin("steady", first, last);
        const std::size_t populations = data_.populations.size();
        std::vector<mass::MassState> from;
        std::vector<double> input;
        double size = 0.0, noise = 0.0, largest = 0.0;
        const std::int64_t step = c_.plan.warmup_steps + static_cast<std::int64_t>(last - 1) * c_.plan.steps_per_bin;
        for (std::size_t p = 0; p < populations; ++p) {
            const double r = mean(m_.r[p], first, last), v = mean(m_.v[p], first, last);
            from.push_back({r / data_.populations[p].tau, v});
            input.push_back(input_mean(c_.network, p, step));
            size += std::pow(std::numbers::pi * r, 2) + v * v;
        }
        const std::size_t trials = m_.trial_r[0].size();
        for (std::size_t k = 0; k < trials; ++k) {
            double square = 0.0;
            for (std::size_t p = 0; p < populations; ++p)
                square += std::pow(std::numbers::pi * (mean(m_.trial_r[p][k], first, last) - from[p].rate * data_.populations[p].tau), 2) + std::pow(mean(m_.trial_v[p][k], first, last) - from[p].v, 2);
            if (trials > 1) noise += square / static_cast<double>((trials - 1) * trials);
            largest = std::max(largest, square);
        }
        cell.noise = std::sqrt(noise / size);
        cell.trials_disagree = std::sqrt(largest / size) > steady_disagreement;
        for (const std::string& closure : closures_) {
            double square = 0.0, rate = 0.0, potential = 0.0;
            try {
                if (!cell.trials_disagree) {
                    const auto to = mass::relax(c_.network, {closure, ideal_delay_}, from, input, relax_tau * tau(), steady_tau * tau());
                    for (std::size_t p = 0; p < populations; ++p) {
                        const double dr = (to[p].rate - from[p].rate) * data_.populations[p].tau, dv = to[p].v - from[p].v;
                        square += std::pow(std::numbers::pi * dr, 2) + dv * dv;
                        rate += std::pow(dr / (from[p].rate * data_.populations[p].tau), 2) / static_cast<double>(populations);
                        potential += std::pow(dv / std::max(std::abs(from[p].v), least_v), 2) / static_cast<double>(populations);
                    }
                }
            } catch (const DivergenceError&) {
                square = rate = potential = nan;
            }
            cell.error.push_back(std::sqrt(square / size));
            cell.rate_error.push_back(std::sqrt(rate));
            cell.v_error.push_back(std::sqrt(potential));
        }
        cells_.push_back(std::move(cell));
    }

    void stretch(const std::string& column, std::size_t first, std::size_t last) {
        Cell cell = begin(column.c_str(), first, last);
        double size = 0.0, noise = 0.0;
        std::vector<double> square(closures_.size(), 0.0);
        for (std::size_t p = 0; p < data_.populations.size(); ++p)
            for (std::size_t b = first; b < last; ++b) {
                const double r = m_.r[p][b], v = m_.v[p][b];
                size += std::pow(std::numbers::pi * r, 2) + v * v;
                noise += m_.square[p][b];
                for (std::size_t k = 0; k < closures_.size(); ++k) {
                    const analysis::Traces& level = data_.levels[k].populations[p];
                    square[k] += std::pow(std::numbers::pi * (level.rate[0][b] * data_.populations[p].tau - r), 2) + std::pow(level.v[0][b] - v, 2);
                }
            }
        cell.noise = std::sqrt(noise / size);
        cell.trials_disagree = cell.noise > transient_disagreement;
        for (const double x : square) cell.error.push_back(std::sqrt(x / size));
        cell.rate_error.assign(closures_.size(), nan);
        cell.v_error = cell.rate_error;
        cells_.push_back(std::move(cell));
    }

    const analysis::PointData& data_;
    const Configuration& c_;
    const std::vector<std::string>& closures_;
    bool ideal_delay_;
    std::string name_;
    Means m_;
    std::vector<Cell> cells_;
};

}  // namespace

std::vector<analysis::Cell> cells_of(const analysis::PointData& data, const Configuration& configuration, const std::vector<std::string>& closures, bool ideal_delay, const std::string& name) {
    for (const analysis::Traces& t : data.spiking.populations)
        if (t.rate.empty() || t.v.empty()) return {};
    return Builder(data, configuration, closures, ideal_delay, name).build();
}

}  // namespace spikemass
