#include "host/output/sweep_folder.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace fs = std::filesystem;

fs::path shard_path(const fs::path& file, int shard, int shards) {
    return shards <= 1 ? file : file.parent_path() / fmt::format("{}-{}-of-{}{}", file.stem().string(), shard, shards, file.extension().string());
}
fs::path journal_path(const fs::path& folder, int shard, int shards) { return shard_path(folder / "journal.sqlite", shard, shards); }
fs::path dataset_path(const fs::path& folder) { return folder / "dataset.nc"; }
std::string spike_file_name(std::int64_t point, std::int64_t trial) { return fmt::format("point{:05}_trial{:03}.h5", point, trial); }
fs::path spikes_folder(const fs::path& folder) { return folder / "spikes"; }

std::vector<fs::path> find_journals(const fs::path& folder) {
    std::vector<fs::path> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with("journal") && name.ends_with(".sqlite") && Journal::holds_sweep(entry.path())) out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

fs::path resolve_dataset(const fs::path& path) {
    if (!fs::exists(path)) throw IoError(fmt::format("{}: no such file or folder; give a sweep's folder or a dataset file.", path.string()));
    if (!fs::is_directory(path)) return path;
    if (fs::exists(dataset_path(path))) return dataset_path(path);
    if (!find_journals(path).empty())
        throw IoError(fmt::format("{}: the sweep has no dataset yet; build it from what is finished with `spikemass status --write {}`.", path.string(), path.string()));
    throw IoError(fmt::format("{}: is not the folder of a sweep (no journal and no dataset.nc).", path.string()));
}

void prepare_folder(const fs::path& folder, const SweepHeader& header) {
    check_writable(folder);
    write_file(folder / "network.toml", header.network_toml);
    write_file(folder / "resolved.json", header.resolved.dump(2) + "\n");
}

SweepResults::SweepResults(const fs::path& folder) {
    for (const auto& path : find_journals(folder)) journals_.push_back(Journal::open(path));
    if (journals_.empty()) throw IoError(fmt::format("{}: is not the folder of a sweep: it has no journal; start one with `spikemass sweep NET.toml --out {}`.", folder.string(), folder.string()));
    for (std::size_t i = 0; i < journals_.size(); ++i) {
        if (journals_[i].header().sha256 != header().sha256)
            throw ConfigurationError(fmt::format("{} and {} belong to different configurations; keep one sweep per folder. Differences:\n{}", journals_[0].path().string(),
                                                 journals_[i].path().string(), configuration_difference(header().resolved, journals_[i].header().resolved)));
        for (auto& [id, state] : journals_[i].states()) {
            const auto known = states_.find(id);
            if (known != states_.end() && (known->second.status == TrialStatus::ok || state.status != TrialStatus::ok)) continue;
            states_[id] = state;
            where_[id] = i;
        }
    }
}

std::optional<TrialRecord> SweepResults::load(const TrialId& id) const {
    const auto found = where_.find(id);
    return found == where_.end() ? std::nullopt : journals_[found->second].load(id);
}

void write_sweep_dataset(const fs::path& folder) {
    const SweepResults results(folder);
    std::uint64_t largest = 0;
    for (const auto& journal : results.journals()) largest = std::max(largest, journal.largest_spike_count());
    write_dataset(dataset_path(folder), results.header(), [&](const TrialId& id) { return results.load(id); }, largest > std::numeric_limits<std::uint32_t>::max());
}

SweepStatus sweep_status(const fs::path& folder) {
    const SweepResults results(folder);
    SweepStatus s;
    s.points = results.header().n_points();
    s.trials = results.header().trials;
    s.references = results.header().n_references();
    for (const auto& id : planned_trials(results.header())) {
        ++s.planned;
        const auto found = results.states().find(id);
        if (found == results.states().end()) {
            ++s.missing;
            continue;
        }
        const auto& state = found->second;
        s.build_seconds += state.build_seconds;
        s.wall_seconds += state.wall_seconds;
        if (state.status == TrialStatus::ok) ++s.done;
        else ++s.failed, s.failures.push_back({id, state.message});
    }
    for (const auto& journal : results.journals())
        s.journals.push_back({journal.path(), Journal::being_written(journal.path()), journal.last_writer().value_or(Journal::Writer{})});
    s.dataset = fs::exists(dataset_path(folder)) ? "present" : "none";
    return s;
}

nlohmann::ordered_json to_json(const SweepStatus& s) {
    nlohmann::ordered_json j = {{"points", s.points}, {"trials", s.trials}, {"references", s.references}, {"planned", s.planned}, {"done", s.done},
                                {"failed", s.failed}, {"missing", s.missing}, {"build_seconds", s.build_seconds}, {"wall_seconds", s.wall_seconds},
                                {"dataset", s.dataset}};
    j["failures"] = nlohmann::ordered_json::array();
    for (const auto& f : s.failures)
        j["failures"].push_back({{"kind", f.id.kind == RunKind::point ? "point" : "reference"}, {"index", f.id.index}, {"trial", f.id.trial}, {"message", f.message}});
    j["journals"] = nlohmann::ordered_json::array();
    for (const auto& journal : s.journals)
        j["journals"].push_back({{"file", journal.path.filename().string()}, {"being_written", journal.being_written}, {"pid", journal.writer.pid},
                                 {"host", journal.writer.host}, {"since", journal.writer.since}});
    return j;
}

void merge_sweeps(const fs::path& target, const std::vector<fs::path>& sources) {
    if (sources.empty()) throw ConfigurationError("merge: no source folders are given.");
    const SweepResults first(sources.front());
    auto involved = sources;
    if (!find_journals(target).empty()) involved.push_back(target);
    for (const auto& source : involved) {   // all of them before anything is written
        const SweepResults results(source);
        if (results.header().sha256 != first.header().sha256)
            throw ConfigurationError(fmt::format("{} and {} belong to different configurations and cannot be merged. Differences:\n{}", sources.front().string(), source.string(),
                                                 configuration_difference(first.header().resolved, results.header().resolved)));
    }
    {
        check_writable(target);
        auto merged = Journal::resume(journal_path(target), first.header());
        prepare_folder(target, first.header());
        for (const auto& source : sources)
            for (const auto& path : find_journals(source))
                if (fs::weakly_canonical(path) != fs::weakly_canonical(merged.path())) merged.absorb(Journal::open(path));
    }
    write_sweep_dataset(target);
}

std::uint64_t estimate_output_bytes(const SweepHeader& h) {
    const auto runs = static_cast<std::uint64_t>(planned_trials(h).size());
    const auto cells = static_cast<std::uint64_t>(h.n_bins()) * h.populations.size();
    const std::uint64_t series = 2 + (h.record.v ? 1 : 0) + (h.record.order_parameter ? 2 : 0);   // counts and rate are always there
    const auto header = h.network_toml.size() + 2 * h.resolved.dump().size() + 9 * cells * h.stimulus.size();
    const auto journal = runs * (8 * series * cells + 8192 + 512 * h.projections.size() + (h.record.statistics ? 512 * h.populations.size() : 0)) + header;   // SQLite's pages are 4 KiB
    return journal + 2 * dataset_size_bound(h);
}

}  // namespace spikemass::output
