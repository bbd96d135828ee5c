#include "host/export/local_derivative.hpp"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>

namespace spikemass::handover {

LocalDerivative::LocalDerivative(int order, int window, double spacing) : order_(static_cast<std::size_t>(order)), window_(static_cast<std::size_t>(window)), spacing_(spacing) {}

std::vector<double> LocalDerivative::weights(int order, std::size_t bins, std::size_t at) {
    const double scale = std::max(1.0, static_cast<double>(bins) / 2.0);   // keeps powers near 1
    Eigen::MatrixXd powers(static_cast<Eigen::Index>(bins), order + 1);
    for (Eigen::Index k = 0; k < powers.rows(); ++k) {
        const double x = (static_cast<double>(k) - static_cast<double>(at)) / scale;
        for (Eigen::Index j = 0; j < powers.cols(); ++j) powers(k, j) = std::pow(x, static_cast<double>(j));
    }
    // Minimum-norm solution of powers^T w = e_1 / scale: the row of the pseudo-inverse that gives the slope at `at`.
    const Eigen::VectorXd w = powers.transpose().completeOrthogonalDecomposition().solve(Eigen::VectorXd(Eigen::VectorXd::Unit(powers.cols(), 1) / scale));
    return {w.data(), w.data() + w.size()};
}

std::vector<double> LocalDerivative::operator()(std::span<const double> y, std::span<const Stretch> stretches) const {
    std::vector<double> slope(y.size(), std::numeric_limits<double>::quiet_NaN());
    std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> known;
    for (const Stretch& s : stretches) {
        const std::size_t length = s.last - s.first, bins = std::min(window_, length);
        if (length <= order_) continue;
        for (std::size_t i = s.first; i < s.last; ++i) {
            const std::size_t centred = i >= s.first + bins / 2 ? i - bins / 2 : s.first, begin = std::min(centred, s.last - bins);
            auto& w = known[{bins, i - begin}];
            if (w.empty()) w = weights(static_cast<int>(order_), bins, i - begin);
            double sum = 0.0;
            for (std::size_t k = 0; k < bins; ++k) sum += w[k] * y[begin + k];
            slope[i] = sum / spacing_;
        }
    }
    return slope;
}

}  // namespace spikemass::handover
