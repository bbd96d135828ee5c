#include "host/output/run_variables.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "host/output/netcdf.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

using layout::Shape;
using layout::Type;
using layout::VariableSpec;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t series_chunk_elements = std::size_t{1} << 20;

nc_type storage_type(Type type, bool wide_counts) {
    switch (type) {
        case Type::count: return wide_counts ? NC_UINT64 : NC_UINT;
        case Type::f32: return NC_FLOAT;
        case Type::f64: return NC_DOUBLE;
        case Type::i8: return NC_BYTE;
        case Type::i64: return NC_INT64;
        case Type::u64: return NC_UINT64;
        case Type::text: return NC_STRING;
    }
    return NC_NAT;
}

}  // namespace

RunVariables::RunVariables(int group, const SweepHeader& header, const std::string& run_dimension, std::size_t n_runs, const std::string& coordinates, bool wide_counts)
    : group_(group), header_(header), trials_(static_cast<std::size_t>(header.trials)), bins_(static_cast<std::size_t>(header.n_bins())),
      wide_counts_(wide_counts), status_(n_runs * trials_, 0), message_(n_runs * trials_), warnings_(n_runs * trials_),
      delay_(n_runs * header.projections.size(), nan) {
    for (const auto& spec : layout::run_variables) {
        if (!layout::is_present(spec.presence, header)) continue;
        define(spec, run_dimension, coordinates);
        if (spec.shape == Shape::run || spec.shape == Shape::run_projection || spec.shape == Shape::run_population) {
            const auto n = n_runs * trials_ * (spec.shape == Shape::run ? 1 : spec.shape == Shape::run_population ? header.populations.size() : header.projections.size());
            if (spec.type == Type::u64) unsigned_[spec.name].assign(n, 0);
            if (spec.type == Type::f64) real_[spec.name].assign(n, nan);
        }
    }
}

void RunVariables::write(std::size_t run, std::size_t trial, const std::optional<TrialRecord>& record) {
    const auto r = run * trials_ + trial;
    if (record) {
        status_[r] = static_cast<std::int8_t>(record->status);
        message_[r] = record->message;
        unsigned_["seed_graph"][r] = record->seeds.graph;
        unsigned_["seed_init"][r] = record->seeds.init;
        unsigned_["seed_noise"][r] = record->seeds.noise;
    }
    const bool ok = record && record->status == TrialStatus::ok;
    write_counts(run, trial, ok ? &record->result : nullptr);
    if (!ok) return;
    const auto& result = record->result;
    warnings_[r] = fmt::format("{}", fmt::join(result.warnings, "\n"));
    write_series(run, trial, "rate", result, &PopulationBins::rate, layout::rate_scale(header_.time_unit));
    for (const auto& [name, mv] : {std::pair{"v", false}, std::pair{"v_mV", true}})
        if (id_.contains(name)) write_series(run, trial, name, result, &PopulationBins::v, 1.0, [&, mv = mv](std::size_t p) { return layout::in_millivolts(header_, p) == mv; });
    if (header_.record.order_parameter) {
        write_series(run, trial, "z_re", result, &PopulationBins::z_re, 1.0);
        write_series(run, trial, "z_im", result, &PopulationBins::z_im, 1.0);
    }
    unsigned_["digest"][r] = result.digest;
    unsigned_["steps"][r] = static_cast<std::uint64_t>(result.steps);
    unsigned_["spikes"][r] = result.spikes;
    real_["capped_fraction"][r] = result.capped_fraction;
    real_["capped_rate_bound"][r] = result.capped_rate_bound * layout::rate_scale(header_.time_unit);
    for (std::size_t p = 0; header_.record.statistics && p < result.statistics.size(); ++p)
        for (const auto& number : spike_statistics_list) real_[number.name][r * header_.populations.size() + p] = result.statistics[p].*number.member;
    const auto n_projections = header_.projections.size();
    for (std::size_t j = 0; j < n_projections; ++j) {
        const auto& facts = result.projections[j];
        const auto at = r * n_projections + j;
        unsigned_["synapses"][at] = facts.synapses;
        unsigned_["graph_checksum"][at] = facts.graph_checksum;
        real_["k_mean"][at] = facts.k_mean;
        real_["k_var"][at] = facts.k_var;
        real_["degree_correlation"][at] = facts.degree_correlation;
        real_["weight"][at] = facts.weight;
        real_["weight_unit"][at] = facts.weight_unit > 0.0 ? facts.weight_unit : nan;
        delay_[run * n_projections + j] = facts.effective_delay;
    }
}

void RunVariables::finish(const std::vector<std::int64_t>& n_neurons) {
    for (const auto& [name, values] : unsigned_) nc::put(group_, id_.at(name), values);
    for (const auto& [name, values] : real_) nc::put(group_, id_.at(name), values);
    nc::put(group_, id_.at("status"), status_);
    nc::put(group_, id_.at("message"), message_);
    nc::put(group_, id_.at("warnings"), warnings_);
    nc::put(group_, id_.at("n_neurons"), n_neurons);
    if (!delay_.empty()) nc::put(group_, id_.at("effective_delay"), delay_);
}

void RunVariables::define(const VariableSpec& spec, const std::string& run_dimension, const std::string& coordinates) {
    std::vector<nc::Dimension> dimensions;
    for (const auto& name : layout::dimension_names(spec.shape, run_dimension)) dimensions.push_back(*nc::find_dimension(group_, name));
    std::vector<std::size_t> chunk;
    if (spec.shape == Shape::series)   // a trial is one chunk
        chunk = {1, 1, std::clamp<std::size_t>(series_chunk_elements / dimensions[3].size, 1, dimensions[2].size), dimensions[3].size};
    const int id = nc::define_variable(group_, spec.name, storage_type(spec.type, wide_counts_), dimensions, unit_name(spec.unit, header_.time_unit),
                                       spec.long_name, chunk);
    if (!coordinates.empty()) nc::put_attribute(group_, id, "coordinates", coordinates);
    if (spec.name == std::string("status")) {
        nc::put_attribute(group_, id, "flag_values", std::vector<std::int8_t>{0, 1, 2});
        nc::put_attribute(group_, id, "flag_meanings", std::string("missing ok failed"));
    }
    id_[spec.name] = id;
}

void RunVariables::write_series(std::size_t run, std::size_t trial, const char* name, const RunResult& result, std::vector<double> PopulationBins::*member, double scale,
                                const std::function<bool(std::size_t)>& has) {
    const auto n = header_.populations.size();
    std::vector<float> values(bins_ * n, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t p = 0; p < n; ++p) {
        const auto& series = result.populations[p].*member;
        if (has && !has(p)) continue;
        for (std::size_t b = 0; b < series.size(); ++b) values[b * n + p] = static_cast<float>(series[b] * scale);
    }
    nc::put_slab(group_, id_.at(name), {run, trial, 0, 0}, slab_count(), values);
}

void RunVariables::write_counts(std::size_t run, std::size_t trial, const RunResult* result) {
    const auto n = header_.populations.size();
    std::vector<std::uint64_t> values(bins_ * n, 0);
    for (std::size_t p = 0; result && p < n; ++p) {
        const auto& series = result->populations[p].spike_count;
        for (std::size_t b = 0; b < series.size(); ++b) {
            if (!wide_counts_ && series[b] > std::numeric_limits<std::uint32_t>::max())
                throw Error(ExitCode::runtime, "a spike count does not fit into 32 bits: the dataset must be written with wide counts.");
            values[b * n + p] = series[b];
        }
    }
    nc::put_slab(group_, id_.at("spike_count"), {run, trial, 0, 0}, slab_count(), values);
}

}  // namespace spikemass::output
