#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/dataset_frame.hpp"
#include "host/output/files.hpp"
#include "host/output/hdf5_lock.hpp"
#include "host/output/journal.hpp"
#include "host/output/layout.hpp"
#include "host/output/netcdf.hpp"
#include "host/output/run_variables.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace {

/// [time][population], or [point][time][population] where it differs between points.
void write_stimulus(int root, const SweepHeader& h, const nc::Dimension& point) {
    std::vector<nc::Dimension> dimensions = {*nc::find_dimension(root, "time"), *nc::find_dimension(root, "population")};
    const bool per_point = h.stimulus.size() > 1 && std::any_of(h.stimulus.begin(), h.stimulus.end(), [&](const auto& s) { return s != h.stimulus.front(); });
    if (per_point) dimensions.insert(dimensions.begin(), point);
    const auto n = h.populations.size(), bins = static_cast<std::size_t>(h.n_bins());
    std::vector<double> values;
    for (std::size_t p = 0; p < (per_point ? h.stimulus.size() : 1); ++p)
        for (std::size_t b = 0; b < bins; ++b)
            for (std::size_t k = 0; k < n; ++k) values.push_back(h.stimulus.empty() ? 0.0 : h.stimulus[p][k][b]);
    nc::put(root, nc::define_variable(root, "stimulus", NC_DOUBLE, dimensions, "1", "sum of the stimuli, mean over each bin"), values);
}

std::vector<std::int64_t> flattened(const std::vector<std::vector<std::int64_t>>& rows) {
    std::vector<std::int64_t> out;
    for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
    return out;
}

/// The sizes of a reference run are those of the points that it belongs to.
std::vector<std::int64_t> reference_sizes(const SweepHeader& h) {
    std::vector<std::vector<std::int64_t>> rows(static_cast<std::size_t>(h.n_references()), std::vector<std::int64_t>(h.populations.size(), 0));
    for (std::size_t p = 0; p < h.reference_index.size(); ++p)
        if (h.reference_index[p] >= 0) rows[static_cast<std::size_t>(h.reference_index[p])] = h.n_neurons[p];
    return flattened(rows);
}

std::optional<TrialRecord> checked(const SweepHeader& header, const TrialSource& source, const TrialId& id) {
    auto record = source(id);
    if (record) check_record(header, *record);
    return record;
}

}  // namespace

std::uint64_t dataset_size_bound(const SweepHeader& h) {
    constexpr std::uint64_t fixed = std::uint64_t{1} << 20;   // names, attributes and HDF5's own tables
    const auto runs = static_cast<std::uint64_t>(h.n_points() + h.n_references()) * static_cast<std::uint64_t>(h.trials);
    const auto cells = static_cast<std::uint64_t>(h.n_bins()) * h.populations.size();
    const std::uint64_t series = 12 + (h.record.v ? 4 : 0) + (h.record.order_parameter ? 8 : 0);   // bytes per cell; counts may need 8
    const auto per_run = series * cells + series * cells / 50 + 4096 + 128 * h.projections.size() + (h.record.statistics ? 8 * std::size(spike_statistics_list) * h.populations.size() : 0);   // deflate may add a little
    return fixed + runs * per_run + std::max<std::uint64_t>(1, h.stimulus.size()) * 8 * cells + 64 * static_cast<std::uint64_t>(h.n_bins()) +
           h.network_toml.size() + h.resolved.dump().size() + 256 * static_cast<std::uint64_t>(h.n_points()) * (1 + h.axes.size());
}

void write_dataset(const std::filesystem::path& path, const SweepHeader& h, const TrialSource& source, bool wide_counts) {
    const auto lock = hdf5_lock();
    h.check();
    PartFile part(path);
    part.reserve(dataset_size_bound(h));
    auto file = nc::File::create(part.path());
    part.reserve(dataset_size_bound(h));
    const int root = file.id();
    const auto point = define_frame(root, h);
    const auto names = layout::axis_names(h.axes);
    write_stimulus(root, h, point);

    RunVariables runs(root, h, "point", h.points.size(), fmt::format("{}", fmt::join(names, " ")), wide_counts);
    for (std::int64_t p = 0; p < h.n_points(); ++p)
        for (std::int64_t t = 0; t < h.trials; ++t)
            runs.write(static_cast<std::size_t>(p), static_cast<std::size_t>(t), checked(h, source, {RunKind::point, h.representative(p), t}));
    runs.finish(flattened(h.n_neurons));

    if (h.n_references() > 0) {
        const int group = define_reference_frame(root, h, point);
        RunVariables references(group, h, "reference_point", static_cast<std::size_t>(h.n_references()), "", wide_counts);
        for (std::int64_t r = 0; r < h.n_references(); ++r)
            for (std::int64_t t = 0; t < h.trials; ++t)
                references.write(static_cast<std::size_t>(r), static_cast<std::size_t>(t), checked(h, source, {RunKind::reference, r, t}));
        references.finish(reference_sizes(h));
    }
    file.close();
    part.commit_with_checksum();
}

void write_dataset(const std::filesystem::path& path, const SweepHeader& header, const TrialRecord& record) {
    bool wide = false;
    for (const auto& bins : record.result.populations)
        for (const auto count : bins.spike_count) wide = wide || count > std::numeric_limits<std::uint32_t>::max();
    write_dataset(path, header, [&](const TrialId& id) { return id == record.id ? std::optional(record) : std::nullopt; }, wide);
}

}  // namespace spikemass::output
