#include "host/analysis/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace spikemass::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Mean of E and sqrt(mean E^2 - mean noise^2) of one column.
struct Column {
    double sum = 0.0, squares = 0.0, noise_squares = 0.0;
    std::size_t points = 0;
    void add(double error, double noise) {
        sum += error;
        squares += error * error;
        noise_squares += std::isfinite(noise) ? noise * noise : 0.0;
        ++points;
    }
    double mean() const { return points ? sum / static_cast<double>(points) : nan; }
    double net() const { return points ? std::sqrt(std::max(0.0, squares - noise_squares) / static_cast<double>(points)) : nan; }
};

double combine(double a, double b) {
    if (std::isnan(a)) return b;
    if (std::isnan(b)) return a;
    return std::sqrt(0.5 * (a * a + b * b));
}

const LevelScore* score_of(const PointScores& point, const std::string& level) {
    const auto found = std::find_if(point.levels.begin(), point.levels.end(), [&](const LevelScore& s) { return s.level == level; });
    return found == point.levels.end() ? nullptr : &*found;
}

/// Whether any level has this number at the point: if none has, the point lacks it (no stationary window, no edge).
bool applies(const PointScores& point, double LevelScore::*column) {
    return std::any_of(point.levels.begin(), point.levels.end(), [&](const LevelScore& s) { return std::isfinite(s.*column); });
}

}  // namespace

PointScores scores_of(const PointComparison& comparison, bool flagged) {
    return {comparison.scores, flagged || comparison.trials_disagree, flagged || comparison.transients_disagree};
}

std::vector<RankedLevel> rank_levels(const std::vector<PointScores>& points) {
    std::vector<std::string> names;
    for (const auto& point : points)
        for (const auto& s : point.levels)
            if (std::find(names.begin(), names.end(), s.level) == names.end()) names.push_back(s.level);

    std::vector<RankedLevel> result;
    for (const auto& name : names) {
        Column steady, shift, transient;
        std::size_t missing = 0;
        bool rate_only = false;
        for (const auto& point : points) {
            const LevelScore* s = score_of(point, name);
            const auto take = [&](Column& column, bool excluded, double LevelScore::*error, double LevelScore::*noise) {
                if (excluded || !applies(point, error)) return true;
                if (!s || !std::isfinite(s->*error)) return false;
                column.add(s->*error, s->*noise);
                return true;
            };
            const bool has_steady = take(steady, point.excluded, &LevelScore::steady, &LevelScore::steady_noise);
            const bool has_shift = take(shift, point.excluded, &LevelScore::shift, &LevelScore::steady_noise);
            const bool has_transient = take(transient, point.transients_excluded, &LevelScore::transient, &LevelScore::transient_noise);
            missing += !has_steady || !has_shift || !has_transient;
            rate_only = rate_only || (s && s->rate_only);
        }
        const double stationary = shift.points ? shift.mean() : steady.mean();
        result.push_back({name, steady.mean(), shift.mean(), transient.mean(), steady.net(), shift.net(), transient.net(), combine(stationary, transient.mean()),
                          std::max({steady.points, shift.points, transient.points}), missing, rate_only});
    }
    std::stable_sort(result.begin(), result.end(), [](const RankedLevel& a, const RankedLevel& b) {
        if (std::isnan(a.score) != std::isnan(b.score)) return std::isnan(b.score);
        if (a.missing != b.missing) return a.missing < b.missing;
        return a.score < b.score;
    });
    return result;
}

}  // namespace spikemass::analysis
