#include "host/mass/mass_model.hpp"

#include <string_view>

#include "host/mass/afferents.hpp"
#include "host/mass/closure_file.hpp"
#include "host/mass/quadrature.hpp"

namespace spikemass::mass {

namespace {

/// (k - K)/K of a Lorentzian in-degree truncated to [0, 2K], at the quantile u.
double truncated_quantile(double u, double relative_half_width) {
    return relative_half_width * std::tan((2.0 * u - 1.0) * std::atan(1.0 / relative_half_width));
}

/// Classes of in-degree of one population: the product of a normal and a quantile axis, each only where some afferent needs it.
void split_into_classes(MassModel::PopulationLayout& a, std::span<MassModel::ProjectionLayout> projections,
                        std::span<const closures::Afferent> afferents) {
    bool binomial = false, lorentzian = false;
    for (const closures::Afferent& afferent : afferents) {
        binomial |= afferent.in_degrees == closures::InDegrees::binomial && afferent.indegree_variance > 0.0;
        lorentzian |= afferent.in_degrees == closures::InDegrees::lorentzian && afferent.indegree_half_width > 0.0;
    }
    const std::size_t share = binomial && lorentzian ? 2 : 1;
    using closures::DegreeClasses;
    const Quadrature normal = binomial ? gauss_hermite(DegreeClasses::hermite_nodes / share) : Quadrature{{0.0}, {1.0}};
    const Quadrature quantile = lorentzian ? gauss_legendre(DegreeClasses::quantile_nodes / share) : Quadrature{{0.5}, {1.0}};
    for (std::size_t j = 0; j < afferents.size(); ++j) {
        const closures::Afferent& afferent = afferents[j];
        if (afferent.in_degrees == closures::InDegrees::binomial)
            projections[j].relative_sd = std::sqrt(afferent.indegree_variance) / afferent.mean_indegree;
        if (afferent.in_degrees == closures::InDegrees::lorentzian && afferent.indegree_half_width > 0.0)
            for (double u : quantile.node)
                projections[j].quantile_deviation.push_back(truncated_quantile(u, afferent.indegree_half_width / afferent.mean_indegree));
    }
    a.class_weight.clear();
    a.class_normal.clear();
    a.class_quantile.clear();
    for (std::size_t n = 0; n < normal.node.size(); ++n)
        for (std::size_t q = 0; q < quantile.node.size(); ++q) {
            a.class_weight.push_back(normal.weight[n] * quantile.weight[q]);
            a.class_normal.push_back(normal.node[n]);
            a.class_quantile.push_back(q);
        }
}

}  // namespace

template <>
MassModel::BasicMassModel(const Network& network, const MassOptions& options) : closure_(find_closure(options.closure)) {
    require_closure(network, std::visit([](const auto& c) { return std::string_view(c.name); }, closure_));
    require_lasting_noise(network);
    const bool classes = std::visit([](const auto& c) { return c.degree_classes; }, closure_);
    for (std::size_t i = 0; i < network.populations.size(); ++i) {
        const Population& population = network.populations[i];
        require_exact_mass(population);
        PopulationLayout a;
        a.name = population.name;
        a.eta = population.eta.center;
        a.delta = half_width(network, i);
        a.noise = noise_intensity(network, i);
        a.tau = population.tau;
        a.class_weight = {1.0};
        a.class_normal = {0.0};
        a.class_quantile = {0};
        a.poles = poles_of(population);
        if (a.poles.size > 0) {
            a.class_weight.clear();
            for (int k = 0; k < a.poles.size; ++k) a.class_weight.push_back(a.poles.weight[static_cast<std::size_t>(k)].re);
        }
        a.afferent_begin = afferents_.size();
        for (std::size_t p = 0; p < network.projections.size(); ++p) {
            const Projection& projection = network.projections[p];
            if (projection.target != i) continue;
            ProjectionLayout layout;
            layout.index = p;
            layout.source = projection.source;
            layout.target = i;
            layout.lags = mass_lags(network, projection, options.ideal_delay);
            layout.synapse_tau = synapse_times(projection.synapse).tau;
            layout.synapse_rise = synapse_times(projection.synapse).rise;
            projections_.push_back(layout);
            afferents_.push_back(make_afferent(network, projection));
        }
        a.afferent_end = afferents_.size();
        const std::span<const closures::Afferent> afferents(afferents_.data() + a.afferent_begin, a.afferent_end - a.afferent_begin);
        if (classes) split_into_classes(a, std::span(projections_).subspan(a.afferent_begin, afferents.size()), afferents);
        a.first = size_;
        a.hidden = a.first + 2 * a.classes();
        a.hidden_size = std::visit([&](const auto& c) { return c.hidden_size(afferents); }, closure_);
        size_ = a.hidden + a.hidden_size;
        populations_.push_back(std::move(a));
        rates_before_.push_back(population.initial.rate);
    }
    for (ProjectionLayout& projection : projections_)
        if (projection.synapse_tau > 0.0) {
            projection.synapse = size_;
            size_ += projection.synapse_rise > 0.0 ? 2 : 1;
        }

    initial_state_ = initial_state_of(network);
}

template <>
models::Complex<double> MassModel::order_parameter(const double* y, std::size_t population) const {
    const PopulationLayout& a = populations_[population];
    if (a.poles.size > 0) return models::pole_kuramoto(a.poles, y + a.first);
    models::Complex<double> sum{};
    for (std::size_t k = 0; k < a.classes(); ++k) sum = sum + models::kuramoto(y[a.first + 2 * k], y[a.first + 2 * k + 1]) * a.class_weight[k];
    return sum;
}

}  // namespace spikemass::mass
