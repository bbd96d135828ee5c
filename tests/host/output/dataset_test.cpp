#include "host/output/dataset.hpp"

#include <limits>

#include "host/output/files.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

std::string python(const std::string& script, const fs::path& file) {
    return std::string("/usr/bin/python3 " SPIKEMASS_OUTPUT_TESTS "/") + script + " " + file.string();
}

/// Everything but (point 1, trial 1), which failed, and (reference 1, trial 0), which is missing.
TrialSource partial_source(const SweepHeader& h) {
    return [&h](const TrialId& id) -> std::optional<TrialRecord> {
        if (id == TrialId{RunKind::point, 1, 1}) return TrialRecord{id, TrialStatus::failed, "it diverged", {1, 2, 3}, {}};
        if (id == TrialId{RunKind::reference, 1, 0}) return std::nullopt;
        return make_record(h, id);
    };
}

void expect_runs(const SweepHeader& h, const RunArrays& a, RunKind kind, std::int64_t n_runs) {
    const auto source = partial_source(h);
    const auto bins = static_cast<std::size_t>(h.n_bins()), n = h.populations.size(), m = h.projections.size();
    for (std::int64_t run = 0; run < n_runs; ++run)
        for (std::int64_t t = 0; t < h.trials; ++t) {
            const auto r = static_cast<std::size_t>(run * h.trials + t);
            const auto record = source({kind, kind == RunKind::point ? h.representative(run) : run, t});
            EXPECT_EQ(a.status[r], record ? record->status : TrialStatus::missing);
            EXPECT_EQ(a.message[r], record ? record->message : "");
            EXPECT_EQ(a.seed_noise[r], record ? record->seeds.noise : 0);
            EXPECT_EQ(a.warnings[r], record && !record->result.warnings.empty() ? "one sentence.\nanother." : "");
            const bool ok = record && record->status == TrialStatus::ok;
            EXPECT_EQ(a.digest[r], ok ? record->result.digest : 0);
            EXPECT_EQ(a.spikes[r], ok ? record->result.spikes : 0);
            EXPECT_EQ(a.steps[r], ok ? 285u : 0u);
            for (std::size_t b = 0; b < bins; ++b)
                for (std::size_t p = 0; p < n; ++p) {
                    const auto i = (r * bins + b) * n + p;
                    if (!ok) {
                        EXPECT_EQ(a.spike_count[i], 0u);
                        EXPECT_TRUE(std::isnan(a.rate[i]) && std::isnan(a.v[i]) && std::isnan(a.z_re[i]) && std::isnan(a.z_im[i]));
                        continue;
                    }
                    const auto& x = record->result.populations[p];
                    EXPECT_EQ(a.spike_count[i], x.spike_count[b]);
                    EXPECT_EQ(a.rate[i], static_cast<double>(static_cast<float>(x.rate[b])));
                    EXPECT_TRUE(x.v.empty() ? std::isnan(a.v[i]) : a.v[i] == static_cast<double>(static_cast<float>(x.v[b])));
                    EXPECT_EQ(a.z_re[i], static_cast<double>(static_cast<float>(x.z_re[b])));
                    EXPECT_EQ(a.z_im[i], static_cast<double>(static_cast<float>(x.z_im[b])));
                }
            for (std::size_t j = 0; j < m; ++j) {
                const auto i = r * m + j;
                if (!ok) {
                    EXPECT_TRUE(std::isnan(a.k_mean[i]));
                    continue;
                }
                const auto& x = record->result.projections[j];
                EXPECT_EQ(a.synapses[i], x.synapses);
                EXPECT_EQ(a.k_mean[i], x.k_mean);
                EXPECT_EQ(a.k_var[i], x.k_var);
                EXPECT_TRUE(same_bits(a.degree_correlation[i], x.degree_correlation));
                EXPECT_EQ(a.weight[i], x.weight);
                EXPECT_TRUE(same_bits(a.weight_unit[i], x.weight_unit > 0 ? x.weight_unit : std::nan("")));
                EXPECT_EQ(a.graph_checksum[i], x.graph_checksum);
                EXPECT_EQ(a.effective_delay[static_cast<std::size_t>(run) * m + j], x.effective_delay);
            }
        }
}

TEST(Dataset, RoundTripIsExact) {
    const TemporaryFolder folder;
    const auto file = folder / "dataset.nc";
    const auto h = make_header();
    write_dataset(file, h, partial_source(h));
    EXPECT_TRUE(leftovers(folder.path()).empty());
    const auto d = read_dataset(file);
    EXPECT_EQ(d.header.network_toml, h.network_toml);
    EXPECT_EQ(d.header.resolved.dump(), h.resolved.dump());
    EXPECT_EQ(d.header.sha256, h.sha256);
    EXPECT_EQ(d.header.axes, h.axes);
    EXPECT_EQ(d.axis_names, (std::vector<std::string>{"mean_indegree", "kind", "EE_strength", "EI_strength", "allow_capped", "tau_ms"}));
    EXPECT_EQ(d.header.axis_units, h.axis_units);
    EXPECT_EQ(d.header.points, h.points);
    EXPECT_EQ(d.header.trials, h.trials);
    EXPECT_EQ(d.header.populations, h.populations);
    EXPECT_EQ(d.header.projections, h.projections);
    EXPECT_EQ(d.header.n_neurons, h.n_neurons);
    EXPECT_EQ(d.header.same_as, h.same_as);
    EXPECT_EQ(d.header.reference_index, h.reference_index);
    EXPECT_EQ(d.header.stimulus, h.stimulus);
    EXPECT_EQ(d.header.record.v, true);
    EXPECT_EQ(d.header.n_bins(), h.n_bins());
    EXPECT_EQ(d.header.provenance.device, h.provenance.device);
    ASSERT_EQ(d.time.size(), 37u);
    EXPECT_DOUBLE_EQ(d.time[0], 2.05);
    EXPECT_DOUBLE_EQ(d.time[36], 5.65);
    expect_runs(h, d.runs, RunKind::point, 3);
    expect_runs(h, d.references, RunKind::reference, 2);
    EXPECT_NO_THROW(validate_dataset(file));
}

TEST(Dataset, BytesDependOnTheRecordsAlone) {
    const TemporaryFolder folder;
    const auto h = make_header();
    write_dataset(folder / "a.nc", h, partial_source(h));
    ::sleep(1);   // no time stamps inside
    write_dataset(folder / "b.nc", h, partial_source(h));
    EXPECT_EQ(sha256_of_file(folder / "a.nc"), sha256_of_file(folder / "b.nc"));
}

TEST(Dataset, SingleRunInMilliseconds) {
    const TemporaryFolder folder;
    const auto file = folder / "run.nc";
    auto h = make_header();
    h.time_unit = "ms";
    h.tau_ms = {10.0, 10.0};
    h.axes.clear();
    h.axis_units.clear();
    h.points = {{}};
    h.n_neurons = {{1000, 250}};
    h.trials = 1;
    h.first_trial = 7;
    h.same_as.clear();
    h.reference_index.clear();
    h.projections.clear();   // no projection dimension at all
    h.record = {};
    auto record = make_record(h, {});
    write_dataset(file, h, record);
    const auto d = read_dataset(file);
    EXPECT_EQ(d.header.first_trial, 7);
    EXPECT_EQ(d.header.tau_ms, h.tau_ms);
    EXPECT_TRUE(d.header.projections.empty());
    EXPECT_TRUE(d.runs.v.empty() && d.runs.z_re.empty() && d.runs.k_mean.empty());
    EXPECT_EQ(d.runs.digest.at(0), record.result.digest);
    EXPECT_EQ(d.runs.rate.at(1), static_cast<double>(static_cast<float>(record.result.populations[1].rate[0] * 1000.0)) / 1000.0);
    const auto header = output_of("ncdump -h " + file.string());
    EXPECT_TRUE(contains(header, "rate:units = \"Hz\"")) << header;
    EXPECT_TRUE(contains(header, "time:units = \"ms\""));
    EXPECT_TRUE(contains(header, ":tau_ms = 10. ;"));
    h.tau_ms = {10.0, 5.0};
    write_dataset(file, h, record);
    EXPECT_TRUE(contains(output_of("ncdump -h " + file.string()), ":tau_ms = 10., 5. ;"));
    EXPECT_EQ(read_dataset(file).header.tau_ms, h.tau_ms);
}

TEST(Dataset, CountsAbove32BitsAreKept) {
    const TemporaryFolder folder;
    auto h = make_header();
    h.axes.clear();
    h.axis_units.clear();
    h.points = {{}};
    h.n_neurons = {{1, 1}};
    h.trials = 1;
    h.same_as.clear();
    h.reference_index.clear();
    auto record = make_record(h, {});
    record.result.populations[0].spike_count[5] = (std::uint64_t{1} << 40) + 1;
    write_dataset(folder / "wide.nc", h, record);
    EXPECT_EQ(read_dataset(folder / "wide.nc").runs.spike_count.at(5 * 2), (std::uint64_t{1} << 40) + 1);
    // Never truncated in silence, and nothing half-written.
    EXPECT_THROW(write_dataset(folder / "narrow.nc", h, [&](const TrialId&) { return record; }, false), Error);
    EXPECT_FALSE(fs::exists(folder / "narrow.nc"));
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST(Dataset, LongAttributesAndMixedAxes) {
    const TemporaryFolder folder;
    auto h = make_header();
    h.network_toml = std::string(300'000, '#');            // beyond HDF5's 64 KiB for attributes of fixed length
    h.resolved["long"] = std::string(300'000, 'x');
    h.axes = {"a.mixed", "a.number"};
    h.axis_units.clear();
    h.points = {{std::string("low"), std::int64_t{1}}, {2.5, 2.5}, {std::string("low"), std::int64_t{1}}};
    write_dataset(folder / "a.nc", h, partial_source(h));
    const auto d = read_dataset(folder / "a.nc");
    EXPECT_EQ(d.header.network_toml, h.network_toml);
    EXPECT_EQ(d.header.resolved, h.resolved);
    EXPECT_EQ(d.header.points[1][0], AxisValue(std::string("2.5")));
    EXPECT_EQ(d.header.points[0][1], AxisValue(1.0));
}

TEST(Dataset, SizeBoundHoldsForAnyShape) {
    const TemporaryFolder folder;
    for (const std::int64_t points : {1, 400})
        for (const double duration : {0.1, 100.0})
            for (const bool projections : {false, true}) {
                auto h = make_header();
                h.duration = duration;
                h.stimulus.clear();
                h.same_as.clear();
                h.points.assign(static_cast<std::size_t>(points), h.points[1]);
                h.n_neurons.assign(static_cast<std::size_t>(points), h.n_neurons[1]);
                h.reference_index.clear();
                for (std::int64_t p = 0; p < points; ++p) h.reference_index.push_back(p);
                if (!projections) h.projections.clear();
                write_dataset(folder / "a.nc", h, [&](const TrialId& id) { return make_record(h, id); });   // random bits do not compress
                EXPECT_LE(fs::file_size(folder / "a.nc"), dataset_size_bound(h)) << points << " points, duration " << duration;
            }
}

TEST(Dataset, APointMayHaveNoReference) {
    const TemporaryFolder folder;
    auto h = make_header();
    h.reference_index = {0, -1, 0};
    write_dataset(folder / "a.nc", h, partial_source(h));
    const auto d = read_dataset(folder / "a.nc");
    EXPECT_EQ(d.header.reference_index, h.reference_index);
    EXPECT_EQ(d.references.n_neurons, (std::vector<std::int64_t>{1000, 250}));
}

TEST(Dataset, StimulusPerPointWhereItDiffers) {
    const TemporaryFolder folder;
    auto h = make_header();
    h.stimulus.resize(3, h.stimulus[0]);
    h.stimulus[1][1][36] = -0.25;
    write_dataset(folder / "a.nc", h, partial_source(h));
    EXPECT_EQ(read_dataset(folder / "a.nc").header.stimulus, h.stimulus);
}

TEST(Dataset, NcdumpShowsNamedDimensionsUnitsAndFilters) {
    if (!command_works("ncdump 2>&1 | grep -q netcdf")) GTEST_SKIP() << "ncdump is not installed";
    const TemporaryFolder folder;
    const auto h = make_header();
    write_dataset(folder / "dataset.nc", h, partial_source(h));
    const auto header = output_of("ncdump -hs " + (folder / "dataset.nc").string());
    for (const auto* part : {"point = 3 ;", "trial = 2 ;", "time = 37 ;", "population = 2 ;", "projection = 3 ;", "uint spike_count(point, trial, time, population)",
                             "float rate(point, trial, time, population)", "rate:units = \"1/tau\"", "rate:_DeflateLevel = 1", "rate:_Shuffle = \"true\"",
                             "rate:_Fletcher32 = \"true\"", "rate:_ChunkSizes = 1, 1, 37, 2", "byte status(point, trial)", "status:flag_meanings = \"missing ok failed\"",
                             "string kind(point)", "mean_indegree:path = \"projection.EE.topology.mean_indegree\"", "group: reference", "uint64 digest(point, trial)",
                             ":time_unit = \"tau\"", ":profile = \"spikemass\""})
        EXPECT_TRUE(contains(header, part)) << part << "\n" << header;
    EXPECT_FALSE(contains(header, "compound") || contains(header, "enum ") || contains(header, "UNLIMITED"));
}

TEST(Dataset, XarrayOpensIt) {
    if (!command_works("/usr/bin/python3 -c 'import xarray, netCDF4'")) GTEST_SKIP() << "/usr/bin/python3 has no xarray with netCDF4";
    const TemporaryFolder folder;
    const auto h = make_header();
    write_dataset(folder / "dataset.nc", h, partial_source(h));
    int status = -1;
    const auto report = output_of(python("check_dataset.py", folder / "dataset.nc"), &status);
    EXPECT_EQ(status, 0) << report;
}

TEST(Dataset, InfoNamesWhatIsThere) {
    const TemporaryFolder folder;
    const auto h = make_header();
    write_dataset(folder / "dataset.nc", h, partial_source(h));
    const auto info = dataset_info(folder / "dataset.nc");
    EXPECT_EQ(info["points"], 3);
    EXPECT_EQ(info["status"]["ok"], 5);
    EXPECT_EQ(info["status"]["failed"], 1);
    EXPECT_EQ(info["populations"]["E"]["size_max"], 2000);
    EXPECT_EQ(info["swept"]["projection.EE.topology.kind"], (nlohmann::ordered_json{"erdos_renyi", "fixed_indegree"}));
    const auto text = info_text(info);
    EXPECT_TRUE(contains(text, "projection.EE.topology.mean_indegree: 10, 30")) << text;
}

TEST(Dataset, UnwritableFolderIsAClearError) {
    const TemporaryFolder folder;
    write_file(folder / "file", "x");
    const auto h = make_header();
    const auto message = error_of(ExitCode::io, [&] { write_dataset(folder / "file/dataset.nc", h, partial_source(h)); });
    EXPECT_TRUE(contains(message, "Choose another path")) << message;
}

}  // namespace
}  // namespace spikemass::output::test
