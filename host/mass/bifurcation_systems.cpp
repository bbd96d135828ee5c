#include "host/mass/bifurcation_systems.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/SVD>
#include <fmt/format.h>

#include "host/mass/normal_forms.hpp"
#include "host/mass/steady_states.hpp"
#include "models/base/error.hpp"

namespace spikemass::mass {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXcd;
using Eigen::VectorXd;

std::vector<double> no_input(const MassModel& model) { return std::vector<double>(model.populations().size(), 0.0); }

/// Right-hand side without its derivatives.
VectorXd right_hand_side(const MassModel& model, const VectorXd& y) {
    MassModel::Workspace<double> workspace(model);
    std::vector<double> delayed(model.projections().size());
    for (std::size_t j = 0; j < delayed.size(); ++j) delayed[j] = model.rate(y.data(), model.projections()[j].source);
    VectorXd result(y.size());
    model.derivative(y.data(), delayed.data(), no_input(model).data(), result.data(), workspace);
    return result;
}

}  // namespace

Family::Family(NetworkAt networks, MassOptions options, std::vector<Interval> ranges)
    : networks_(std::move(networks)), options_(std::move(options)), ranges_(std::move(ranges)) {}

std::shared_ptr<const MassModel> Family::model(const std::vector<double>& at) const {
    for (std::size_t k = 0; k < ranges_.size(); ++k)
        if (!ranges_[k].contains(at[k])) return nullptr;
    for (const auto& [parameters, model] : recent_)
        if (parameters == at) return model;
    auto model = std::make_shared<const MassModel>(networks_(at), options_);
    const auto size = static_cast<Index>(model->size());
    if (size_ == 0) size_ = size;
    if (size != size_)
        throw ConfigurationError(fmt::format("Continuation: the mass has {} equations at one value of the parameter and {} at another ({}), and a branch "
                                             "needs one number of them. Choose a range in which the network keeps its structure.", size_, size, at[0]));
    recent_.emplace_front(at, std::move(model));
    if (recent_.size() > 8) recent_.pop_back();
    return recent_.front().second;
}

std::vector<double> BifurcationSystem::parameters(const VectorXd& x) const {
    std::vector<double> result = held_;
    for (std::size_t k = 0; k < free_; ++k) result[k] = x[n() + static_cast<Index>(k)];
    return result;
}

VectorXcd BifurcationSystem::q(const VectorXd& x) const {
    return x.segment(first_extra(), n()).cast<std::complex<double>>() + std::complex<double>(0.0, 1.0) * x.segment(first_extra() + n(), n()).cast<std::complex<double>>();
}

Linearisation BifurcationSystem::linearisation(const MassModel& model, const VectorXd& x) const { return linearise(model, state(x), no_input(model)); }

bool BifurcationSystem::inside(const VectorXd& x) const {
    const auto at = model(x);
    if (!at) return false;
    for (const auto& a : at->populations())
        for (std::size_t k = 0; k < a.densities(); ++k)
            if (!(x[static_cast<Index>(a.first + 2 * k)] > -1e-12)) return false;
    return true;
}

/// The state counts as one unknown, however many classes or hidden variables make it up.
VectorXd BifurcationSystem::scale(Index extra) const {
    VectorXd result = VectorXd::Ones(first_extra() + extra);
    result.head(n()) = state_scale_ * std::sqrt(static_cast<double>(n()));
    for (std::size_t k = 0; k < free_; ++k) result[n() + static_cast<Index>(k)] = family_->ranges()[k].high - family_->ranges()[k].low;
    return result;
}

System BifurcationSystem::steady() const {
    System system{scale(0), {}, {}, {}};
    system.residual = [self = *this](const VectorXd& x) -> std::optional<VectorXd> {
        const auto model = self.model(x);
        if (!model) return std::nullopt;
        return right_hand_side(*model, x.head(self.n())).cwiseProduct(time_scales(*model));
    };
    system.jacobian = [self = *this, system](const VectorXd& x) {
        const auto model = self.model(x);
        MatrixXd result(self.n(), x.size());
        result.leftCols(self.n()) = time_scales(*model).asDiagonal() * steady_jacobian(*model, self.linearisation(*model, x));
        for (Index k = self.n(); k < x.size(); ++k) {   // the network is no function that could be differentiated exactly
            const double step = 1e-5 * system.scale[k];
            VectorXd low = x, high = x;
            low[k] -= step, high[k] += step;
            std::optional<VectorXd> below = system.residual(low), above = system.residual(high);
            if (!below) low = x, below = system.residual(x);
            if (!above) high = x, above = system.residual(x);
            result.col(k) = (*above - *below) / (high[k] - low[k]);
        }
        return result;
    };
    return system;
}

System BifurcationSystem::fold() const {
    System system{scale(n()), {}, {}, {}};
    system.residual = [self = *this](const VectorXd& x) -> std::optional<VectorXd> {
        const auto model = self.model(x);
        if (!model) return std::nullopt;
        const Linearisation at = self.linearisation(*model, x);
        const VectorXd rows = time_scales(*model), phi = self.phi(x);
        VectorXd f(2 * self.n() + 1);
        f << at.value.cwiseProduct(rows), (steady_jacobian(*model, at) * phi).cwiseProduct(rows), phi.squaredNorm() - 1.0;
        return f;
    };
    system.jacobian = [plain = system](const VectorXd& x) { return difference_jacobian(plain, x); };
    return system;
}

System BifurcationSystem::hopf(const VectorXcd& reference) const {
    System system{scale(2 * n() + 1), {}, {}, {}};
    const auto phase = std::make_shared<VectorXcd>(reference);
    system.residual = [self = *this, phase](const VectorXd& x) -> std::optional<VectorXd> {
        const auto model = self.model(x);
        if (!model) return std::nullopt;
        const Linearisation at = self.linearisation(*model, x);
        const VectorXd rows = time_scales(*model);
        const VectorXcd q = self.q(x), turned = characteristic_matrix(*model, at, {0.0, self.omega(x)}) * q;
        VectorXd f(3 * self.n() + 2);
        f << at.value.cwiseProduct(rows), turned.real().cwiseProduct(rows), turned.imag().cwiseProduct(rows), q.squaredNorm() - 1.0, phase->dot(q).imag();
        return f;
    };
    system.jacobian = [plain = system](const VectorXd& x) { return difference_jacobian(plain, x); };
    system.reached = [self = *this, phase](const VectorXd& x) { *phase = self.q(x); };
    return system;
}

VectorXd BifurcationSystem::fold_guess(const VectorXd& x, const VectorXd& direction) const {
    VectorXd result(first_extra() + n());
    result << x.head(first_extra()), direction.head(n()).normalized();
    return result;
}

std::optional<VectorXd> BifurcationSystem::hopf_guess(const VectorXd& x) const {
    const auto at = model(x);
    const Linearisation linear = linearisation(*at, x);
    std::complex<double> root;
    double nearest = 1e300;
    for (const auto& lambda : characteristic_roots(*at, linear))
        if (lambda.imag() > 0.0 && std::abs(lambda.real()) < nearest) nearest = std::abs(lambda.real()), root = lambda;
    if (nearest == 1e300) return std::nullopt;
    const Eigen::JacobiSVD<Eigen::MatrixXcd> svd(characteristic_matrix(*at, linear, root), Eigen::ComputeFullV);
    const VectorXcd q = svd.matrixV().col(n() - 1);
    VectorXd result(first_extra() + 2 * n() + 1);
    result << x.head(first_extra()), q.real(), q.imag(), root.imag();
    return result;
}

VectorXd BifurcationSystem::left_null_vector(const VectorXd& x, const VectorXd& like) const {
    const auto at = model(x);
    const Eigen::JacobiSVD<MatrixXd> svd(steady_jacobian(*at, linearisation(*at, x)), Eigen::ComputeFullU);
    const VectorXd psi = svd.matrixU().col(n() - 1);
    return like.size() > 0 && psi.dot(like) < 0.0 ? VectorXd(-psi) : psi;
}

double BifurcationSystem::cusp_test(const VectorXd& x, const VectorXd& psi) const {
    return fold_coefficient(*model(x), state(x), phi(x), left_null_vector(x, psi));
}

double BifurcationSystem::bogdanov_takens_test(const VectorXd& x, const VectorXd& psi) const {
    const auto at = model(x);
    const VectorXcd image = characteristic_matrix(*at, linearisation(*at, x), 0.0, 1) * phi(x).cast<std::complex<double>>();
    return left_null_vector(x, psi).dot(image.real());
}

}  // namespace spikemass::mass
