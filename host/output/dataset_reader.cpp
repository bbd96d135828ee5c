#include <cmath>
#include <algorithm>
#include <map>
#include <type_traits>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/dataset_check.hpp"
#include "host/output/files.hpp"
#include "host/output/hdf5_lock.hpp"
#include "host/output/layout.hpp"
#include "host/output/netcdf.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

using layout::Shape;

namespace {

nc::Variable variable(int group, const std::string& name) {
    auto v = nc::find_variable(group, name);
    if (!v) throw IoError(fmt::format("the dataset lacks the variable {}.", name));
    return *v;
}

std::vector<AxisValue> read_axis(int root, const nc::Variable& v) {
    const auto as_values = [](const auto& values, auto convert) {
        std::vector<AxisValue> out;
        for (const auto& x : values) out.emplace_back(convert(x));
        return out;
    };
    switch (v.type) {
        case NC_STRING: return as_values(nc::get_strings(root, v), [](const std::string& x) { return x; });
        case NC_BYTE: return as_values(nc::get_integers(root, v), [](std::int64_t x) { return x != 0; });
        case NC_DOUBLE: return as_values(nc::get_doubles(root, v), [](double x) { return x; });
        default: return as_values(nc::get_integers(root, v), [](std::int64_t x) { return x; });
    }
}

template <class T>
std::vector<std::vector<T>> rows(const std::vector<T>& flat, std::size_t width) {
    std::vector<std::vector<T>> out;
    for (std::size_t i = 0; i < flat.size(); i += width) out.emplace_back(flat.begin() + static_cast<std::ptrdiff_t>(i), flat.begin() + static_cast<std::ptrdiff_t>(i + width));
    return out;
}

/// [time][population] or [point][time][population] in the file.
std::vector<std::vector<std::vector<double>>> read_stimulus(int root, std::size_t bins, std::size_t populations) {
    const auto flat = nc::get_doubles(root, variable(root, "stimulus"));
    if (std::all_of(flat.begin(), flat.end(), [](double x) { return x == 0.0; })) return {};
    std::vector<std::vector<std::vector<double>>> out(flat.size() / (bins * populations), std::vector(populations, std::vector<double>(bins)));
    for (std::size_t p = 0; p < out.size(); ++p)
        for (std::size_t b = 0; b < bins; ++b)
            for (std::size_t k = 0; k < populations; ++k) out[p][k][b] = flat[(p * bins + b) * populations + k];
    return out;
}

void read_attributes(int root, SweepHeader& h) {
    const auto text = [&](const char* name) { return nc::text_attribute(root, NC_GLOBAL, name).value_or(""); };
    const auto number = [&](const char* name) { return nc::number_attribute(root, NC_GLOBAL, name).value_or(0.0); };
    h.network_toml = text("network_file");
    h.resolved = nlohmann::ordered_json::parse(text("resolved_configuration"));
    h.sha256 = text("resolved_sha256");
    h.time_unit = text("time_unit");
    h.tau_ms = nc::number_attributes(root, NC_GLOBAL, "tau_ms");
    h.dt = number("dt");
    h.bin = number("bin");
    h.warmup = number("warmup");
    h.duration = number("duration");
    h.provenance = {text("program_version"), text("git_commit"), text("backend"), text("device"), text("compiler"), static_cast<int>(number("graph_recipe"))};
}

RunArrays read_runs(int group, double rate_scale, bool series) {
    RunArrays a;
    const std::map<std::string, std::vector<double>*> real = {
        {"rate", &a.rate}, {"v", &a.v}, {"z_re", &a.z_re}, {"z_im", &a.z_im}, {"capped_fraction", &a.capped_fraction},
        {"capped_rate_bound", &a.capped_rate_bound}, {"k_mean", &a.k_mean}, {"k_var", &a.k_var}, {"degree_correlation", &a.degree_correlation}, {"weight", &a.weight}, {"weight_unit", &a.weight_unit},
        {"effective_delay", &a.effective_delay}};
    const std::map<std::string, std::vector<std::uint64_t>*> counts = {
        {"spike_count", &a.spike_count}, {"digest", &a.digest}, {"seed_graph", &a.seed_graph}, {"seed_init", &a.seed_init}, {"seed_noise", &a.seed_noise},
        {"steps", &a.steps}, {"spikes", &a.spikes}, {"synapses", &a.synapses}, {"graph_checksum", &a.graph_checksum}};
    for (const auto& spec : layout::run_variables) {
        const auto v = nc::find_variable(group, spec.name);
        if (!v || (spec.shape == Shape::series && !series)) continue;
        if (const auto target = real.find(spec.name); target != real.end()) {
            *target->second = nc::get_doubles(group, *v);
            if (spec.unit == layout::Unit::rate && rate_scale != 1.0)
                for (auto& x : *target->second) x /= rate_scale;
        } else if (const auto count = counts.find(spec.name); count != counts.end()) {
            *count->second = nc::get_unsigned(group, *v);
        }
    }
    if (const auto mv = nc::find_variable(group, "v_mV"); mv && series) {   // a population is in one of the two
        const std::vector<double> values = nc::get_doubles(group, *mv);
        if (a.v.empty()) a.v = values;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (std::isnan(a.v[i])) a.v[i] = values[i];
    }
    for (const auto& number : spike_statistics_list) {
        const auto v = nc::find_variable(group, number.name);
        if (!v) continue;
        const auto values = nc::get_doubles(group, *v);
        a.statistics.resize(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) a.statistics[i].*number.member = values[i];
    }
    a.warnings = nc::get_strings(group, variable(group, "warnings"));
    a.message = nc::get_strings(group, variable(group, "message"));
    a.n_neurons = nc::get_integers(group, variable(group, "n_neurons"));
    for (const auto s : nc::get_integers(group, variable(group, "status"))) a.status.push_back(static_cast<TrialStatus>(s));
    return a;
}

Dataset read_verified(const std::filesystem::path& path, bool series) {
    const auto file = nc::File::open(path);
    const int root = file.id();
    check_structure(root, path);
    Dataset out;
    out.path = path;
    auto& h = out.header;
    try {
        read_attributes(root, h);
    } catch (const nlohmann::json::exception& e) {
        throw IoError(fmt::format("{}: its resolved configuration is no JSON ({}); {}", path.string(), e.what(), dataset_remedy(path)));
    }
    h.populations = nc::get_strings(root, variable(root, "population"));
    if (h.tau_ms.size() == 1) h.tau_ms.resize(h.populations.size(), h.tau_ms.front());
    if (const auto v = nc::find_variable(root, "projection")) h.projections = nc::get_strings(root, *v);
    const auto trials = nc::get_integers(root, variable(root, "trial"));
    h.trials = static_cast<std::int64_t>(trials.size());
    h.first_trial = trials.front();
    out.time = nc::get_doubles(root, variable(root, "time"));
    h.record.v = nc::find_variable(root, "v").has_value() || nc::find_variable(root, "v_mV").has_value();
    h.record.order_parameter = nc::find_variable(root, "z_re").has_value();
    h.record.statistics = nc::find_variable(root, "isi_cv").has_value();
    h.same_as = nc::get_integers(root, variable(root, "same_as"));
    h.points.resize(h.same_as.size());
    for (const auto& v : nc::variables(root)) {
        const auto axis = nc::text_attribute(root, v.id, "path");
        if (!axis) continue;
        h.axes.push_back(*axis);
        h.axis_units.push_back(nc::text_attribute(root, v.id, "units").value_or("1"));
        out.axis_names.push_back(v.name);
        const auto values = read_axis(root, v);
        for (std::size_t p = 0; p < h.points.size(); ++p) h.points[p].push_back(values[p]);
    }
    h.n_neurons = rows(nc::get_integers(root, variable(root, "n_neurons")), h.populations.size());
    h.stimulus = read_stimulus(root, out.time.size(), h.populations.size());
    const auto scale = layout::rate_scale(h.time_unit);
    out.runs = read_runs(root, scale, series);
    for (const auto& [name, id] : nc::groups(root)) {
        if (name != layout::reference_group) {
            out.groups.push_back(name);
            continue;
        }
        h.reference_index = nc::get_integers(id, variable(id, "reference_index"));
        out.references = read_runs(id, scale, series);
    }
    return out;
}

}  // namespace

Dataset read_dataset(const std::filesystem::path& path, bool series) {
    const auto lock = hdf5_lock();
    verify_checksum(path, dataset_remedy(path));
    return reading(path, [&] { return read_verified(path, series); });
}

}  // namespace spikemass::output
