#include "host/output/sonata.hpp"

#include <algorithm>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "host/export/export.hpp"
#include "host/output/files.hpp"
#include "host/output/sweep_folder.hpp"
#include "models/base/error.hpp"

namespace spikemass::handover {

namespace fs = std::filesystem;

namespace {

struct SpikeFile {
    std::size_t point = 0, trial = 0;
    fs::path path;
};

/// One per point and trial that is ok; equal points share the files of the first.
std::vector<SpikeFile> files_of(const output::Dataset& d) {
    std::vector<SpikeFile> files;
    const auto trials = static_cast<std::size_t>(d.header.trials);
    for (std::size_t p = 0; p < static_cast<std::size_t>(d.header.n_points()); ++p)
        for (std::size_t t = 0; t < trials; ++t)
            if (d.runs.status[p * trials + t] == output::TrialStatus::ok)
                files.push_back({p, t, output::spikes_folder(d.path.parent_path()) / output::spike_file_name(d.header.representative(static_cast<std::int64_t>(p)), static_cast<std::int64_t>(t))});
    return files;
}

/// Spikes of every population, in the dataset's order, after the file was found to be whole and this dataset's.
std::vector<std::uint64_t> verified(const output::Dataset& d, const SpikeFile& f) {
    const output::SweepHeader& h = d.header;
    const auto refuse = [&](const std::string& what) { throw IoError(fmt::format("{}: {}; it is damaged or of another sweep. Delete it, and run the sweep again with --spikes.", f.path.string(), what)); };
    const output::SpikeFileContent content = output::read_spike_file(f.path);
    if (!content.time_unit.empty() && content.time_unit != h.time_unit) refuse(fmt::format("its times are in {}, those of the dataset in {}", content.time_unit, h.time_unit));
    if (content.populations.size() != h.populations.size()) refuse(fmt::format("it has {} populations, the dataset {}", content.populations.size(), h.populations.size()));
    std::vector<std::uint64_t> spikes;
    const std::size_t run = f.point * static_cast<std::size_t>(h.trials) + f.trial, bins = d.time.size(), populations = h.populations.size();
    for (std::size_t a = 0; a < populations; ++a) {
        const auto found = std::find_if(content.populations.begin(), content.populations.end(), [&](const auto& p) { return p.name == h.populations[a]; });
        if (found == content.populations.end()) refuse(fmt::format("it has no population {}", h.populations[a]));
        std::uint64_t counted = 0;
        for (std::size_t b = 0; b < bins; ++b) counted += d.runs.spike_count[(run * bins + b) * populations + a];
        if (found->spikes != counted) refuse(fmt::format("population {} has {} spikes in it and {} in the dataset", h.populations[a], found->spikes, counted));
        if (counted > 0 && found->largest_id >= static_cast<std::uint64_t>(d.runs.n_neurons[f.point * populations + a])) refuse(fmt::format("population {} has a neuron {} in it and {} neurons in the dataset", h.populations[a], found->largest_id, d.runs.n_neurons[f.point * populations + a]));
        spikes.push_back(counted);
    }
    return spikes;
}

}  // namespace

SonataSummary export_sonata(const output::Dataset& d, const fs::path& folder) {
    const std::vector<SpikeFile> files = files_of(d);
    if (files.empty()) throw ConfigurationError(fmt::format("{}: none of its runs is ok. Finish the sweep with `spikemass sweep --resume`; `spikemass status` lists failures.", d.path.string()));
    const auto there = static_cast<std::size_t>(std::count_if(files.begin(), files.end(), [](const SpikeFile& f) { return fs::exists(f.path); }));
    if (there == 0)
        throw ConfigurationError(fmt::format("{}: no spikes were recorded ({} holds none of its runs). Run the sweep into a new folder with `spikemass sweep NET.toml --spikes --out DIR`: the same seeds give the same spikes. What `spikemass run --spikes` writes is SONATA already.", d.path.string(), output::spikes_folder(d.path.parent_path()).string()));
    if (there < files.size()) {
        const auto missing = std::find_if(files.begin(), files.end(), [](const SpikeFile& f) { return !fs::exists(f.path); });
        throw IoError(fmt::format("{}: {} of {} files of spikes are not there; the first is of {}, trial {}. Put them there (those of shards that were merged lie in the shards' own folders), or run the sweep again with --spikes into a new folder.", missing->path.string(), files.size() - there, files.size(), describe_point(d, missing->point), d.header.first_trial + static_cast<std::int64_t>(missing->trial)));
    }
    if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder))) throw ConfigurationError(fmt::format("--out {}: is not an empty folder. Name a new one.", folder.string()));

    SonataSummary summary;
    summary.notes = unusable_runs(d);
    std::uint64_t bytes = 0;
    std::string table = "file,point";
    for (const std::string& name : d.axis_names) table += "," + csv_field(name);
    table += ",trial,seed_graph,seed_init,seed_noise,digest";
    for (const std::string& name : d.header.populations) table += "," + csv_field("spikes_" + name);
    table += "\n";
    std::set<fs::path> copied;
    for (const SpikeFile& f : files) {
        const std::size_t run = f.point * static_cast<std::size_t>(d.header.trials) + f.trial;
        table += fmt::format("{},{}", f.path.filename().string(), f.point);
        for (const output::AxisValue& v : d.header.points[f.point]) table += "," + csv_field(v);
        table += fmt::format(",{},{},{},{},{:016x}", d.header.first_trial + static_cast<std::int64_t>(f.trial), d.runs.seed_graph[run], d.runs.seed_init[run], d.runs.seed_noise[run], d.runs.digest[run]);
        const bool again = !copied.insert(f.path).second;
        for (const std::uint64_t n : verified(d, f)) {
            table += fmt::format(",{}", n);
            if (!again) summary.spikes += n;
        }
        table += "\n";
        if (!again) bytes += fs::file_size(f.path);
    }
    output::check_disk_space(folder, bytes + table.size());
    output::check_writable(folder);
    for (const fs::path& source : copied) {
        output::PartFile part(folder / source.filename());
        std::error_code error;
        if (!fs::copy_file(source, part.path(), fs::copy_options::overwrite_existing, error)) throw IoError(fmt::format("{}: cannot be copied to {}: {}.", source.string(), folder.string(), error.message()));
        part.commit();
    }
    output::write_file(folder / "runs.csv", table);   // last: a folder with it is complete
    summary.files = copied.size();
    return summary;
}

}  // namespace spikemass::handover
