#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

class DatasetGroups : public ::testing::Test {
protected:
    void SetUp() override {
        write_dataset(file, h, [&](const TrialId& id) { return make_record(h, id); });
    }
    LevelSeries level(const std::string& name, double offset) const {
        LevelSeries out;
        out.level = name;
        for (int i = 0; i < 3 * 37 * 2; ++i) out.rate.push_back(offset + i), out.v.push_back(-0.5 * i);
        return out;
    }
    static const GroupVariable& variable(const Group& group, const std::string& name) {
        for (const auto& v : group.variables)
            if (v.name == name) return v;
        throw std::out_of_range(name);
    }

    TemporaryFolder folder;
    fs::path file = folder / "dataset.nc";
    SweepHeader h = make_header();
};

TEST_F(DatasetGroups, LevelsAndMetricsAreAddedAndNothingElseChanges) {
    const auto before = read_dataset(file);
    auto mass = level_group(level("mass.two_cumulant", 0.25), h.time_unit);
    mass.attributes["closure"] = "two_cumulant";
    const auto compare = compare_group({"mass", "mass.two_cumulant"}, {{"rate_error", "1/tau", "difference of mean rates", "batch means, 95 %", true,
                                                                       std::vector<double>(12, 1.5), std::vector<double>(12, 1.0), std::vector<double>(12, 2.0)},
                                                                      {"rank", "1", "rank of the level", "by |rate_error|", false, std::vector<double>(6, 2.0), {}, {}}});
    write_groups(file, {mass, compare});
    const auto after = read_dataset(file);
    EXPECT_EQ(after.groups, (std::vector<std::string>{"mass.two_cumulant", "compare"}));
    EXPECT_EQ(after.runs.spike_count, before.runs.spike_count);
    EXPECT_EQ(after.runs.rate, before.runs.rate);
    EXPECT_EQ(after.runs.digest, before.runs.digest);
    EXPECT_EQ(after.references.rate, before.references.rate);
    EXPECT_EQ(after.header.points, before.header.points);
    EXPECT_EQ(after.header.resolved, before.header.resolved);
    const auto group = read_group(file, "mass.two_cumulant");
    EXPECT_EQ(group.attributes.at("closure"), "two_cumulant");
    const auto& rate = variable(group, "rate");
    EXPECT_EQ(rate.dimensions, (std::vector<std::string>{"point", "time", "population"}));
    EXPECT_EQ(rate.units, "1/tau");
    EXPECT_EQ(std::get<std::vector<double>>(rate.values)[5], 5.25);
    const auto metrics = read_group(file, "compare");
    EXPECT_EQ(variable(metrics, "rate_error_hi").attributes.at("method"), "batch means, 95 %");
    EXPECT_EQ(std::get<std::vector<std::string>>(variable(metrics, "level").values)[1], "mass.two_cumulant");
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST_F(DatasetGroups, AGroupOfTheSameNameIsReplaced) {
    write_groups(file, {level_group(level("mass", 1.0), h.time_unit), level_group(level("mass.cauchy", 2.0), h.time_unit)});
    write_groups(file, {level_group(level("mass", 7.0), h.time_unit)});
    EXPECT_EQ(std::get<std::vector<double>>(variable(read_group(file, "mass"), "rate").values)[0], 7.0);
    EXPECT_EQ(std::get<std::vector<double>>(variable(read_group(file, "mass.cauchy"), "rate").values)[0], 2.0);
    EXPECT_EQ(read_dataset(file, false).groups.size(), 2u);
}

TEST_F(DatasetGroups, WrongShapesAndNamesLeaveTheDatasetAsItWas) {
    const auto before = sha256_of_file(file);
    auto bad = level_group(level("mass", 0.0), h.time_unit);
    std::get<std::vector<double>>(bad.variables[0].values).pop_back();
    EXPECT_TRUE(contains(error_of(ExitCode::runtime, [&] { write_groups(file, {bad}); }), "221 values"));
    bad = level_group(level("mass", 0.0), h.time_unit);
    bad.variables[0].dimensions[0] = "pint";
    EXPECT_TRUE(contains(error_of(ExitCode::runtime, [&] { write_groups(file, {bad}); }), "pint"));
    error_of(ExitCode::runtime, [&] { write_groups(file, {level_group(level("reference", 0.0), h.time_unit)}); });
    error_of(ExitCode::io, [&] { write_groups(file, {level_group(level("a/b", 0.0), h.time_unit)}); });
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { read_group(file, "mass"); }), "no group \"mass\""));
    EXPECT_EQ(sha256_of_file(file), before);
    EXPECT_NO_THROW(validate_dataset(file));
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST_F(DatasetGroups, SpectraBringTheirOwnDimension) {
    Group theory{"theory", {}, {{"frequency", 5}}, {}};
    theory.variables.push_back({"frequency", {"frequency"}, "1/tau", "frequency", std::vector<double>{0, 1, 2, 3, 4}, false, {}});
    theory.variables.push_back({"psd", {"point", "population", "frequency"}, "1/tau", "spectral density of the rate", std::vector<double>(30, 0.5), false, {}});
    write_groups(file, {theory});
    EXPECT_EQ(read_group(file, "theory").dimensions.front().first, "frequency");
}

TEST_F(DatasetGroups, TrialsStatusAndHertz) {
    LevelSeries stochastic;
    stochastic.level = "stochastic-mass";
    stochastic.per_trial = true;
    stochastic.rate.assign(3 * 2 * 37 * 2, 0.02);
    stochastic.status = {1, 1, 1, 2, 1, 1};
    write_groups(file, {level_group(stochastic, "ms")});
    const auto group = read_group(file, "stochastic-mass");
    EXPECT_EQ(variable(group, "rate").units, "Hz");
    EXPECT_EQ(std::get<std::vector<double>>(variable(group, "rate").values)[0], 20.0f);
    EXPECT_EQ(std::get<std::vector<double>>(variable(group, "status").values)[3], 2.0);
}

TEST_F(DatasetGroups, AFileOfOneGroup) {
    if (!command_works("/usr/bin/python3 -c 'import xarray, netCDF4'")) GTEST_SKIP() << "/usr/bin/python3 has no xarray with netCDF4";
    Group group{"ignored", {{"title", "t"}, {"long", std::string(100000, 'x')}}, {{"point", 2}, {"state", 3}}, {}, {{"bin", 0.1}}};
    group.variables.push_back({"x", {"point", "state"}, "1", "values", std::vector<double>{1, 2, 3, 4, 5, 6}, false, {{"method", "m"}}, {{"order", 3.0}}});
    group.variables.push_back({"split", {"point"}, "1", "flags", std::vector<std::int8_t>{0, 3}, false, {{"flag_meanings", "a b c d"}}});
    for (auto& v : swept_variables(h, {1, 2})) group.variables.push_back(v);
    const auto out = folder / "group.nc";
    write_group_file(out, group);
    write_group_file(out, group);   // replaces
    const std::string script = "import xarray as xr, sys; d = xr.open_dataset(sys.argv[1])\n"
                               "assert d.x.dtype == 'float64' and d.x.values.tolist() == [[1, 2, 3], [4, 5, 6]] and d.x.attrs['method'] == 'm' and d.x.attrs['order'] == 3\n"
                               "assert list(d.split.attrs['flag_values']) == [0, 1, 2, 3] and d.attrs['bin'] == 0.1 and len(d.attrs['long']) == 100000\n"
                               "assert d.x.coords['mean_indegree'].values.tolist() == [30, 10] and d.x.coords['kind'].values.tolist() == ['fixed_indegree', 'erdos_renyi']\n"
                               "assert d.allow_capped.dtype == 'int8' and d.allow_capped.values.tolist() == [0, 1] and d.allow_capped.attrs['flag_meanings'] == 'false true'\n"
                               "assert d.tau_ms.attrs['units'] == 'ms' and d.tau_ms.attrs['path'] == 'population.E.tau_ms'\n";
    write_file(folder / "check.py", script);
    int status = -1;
    const auto report = output_of("/usr/bin/python3 " + (folder / "check.py").string() + " " + out.string(), &status);
    EXPECT_EQ(status, 0) << report;
    EXPECT_TRUE(leftovers(folder.path()).empty());
    group.dimensions[0].second = 3;
    EXPECT_THROW(write_group_file(folder / "wrong.nc", group), Error);
    EXPECT_FALSE(fs::exists(folder / "wrong.nc"));
}

TEST_F(DatasetGroups, XarrayOpensEachGroupAlone) {
    if (!command_works("/usr/bin/python3 -c 'import xarray, netCDF4'")) GTEST_SKIP() << "/usr/bin/python3 has no xarray with netCDF4";
    write_groups(file, {level_group(level("mass.two_cumulant", 0.0), h.time_unit),
                        compare_group({"mass.two_cumulant"}, {{"rate_error", "1/tau", "x", "batch means", true, std::vector<double>(6, 1.0), {}, {}}})});
    const std::string script = "import xarray as xr, sys; p = sys.argv[1]\n"
                               "m = xr.open_dataset(p, group='mass.two_cumulant'); s = xr.open_dataset(p)\n"
                               "assert m.rate.dims == ('point', 'time', 'population') and list(m.population.values) == ['E', 'I']\n"
                               "assert m.rate.dtype == 'float32' and list(m.mean_indegree.values) == [10, 30, 10]\n"
                               "assert (s.rate.mean('trial') - m.rate).dims == ('point', 'time', 'population')\n"
                               "c = xr.open_dataset(p, group='compare')\n"
                               "assert c.rate_error.dims == ('level', 'point', 'population') and c.rate_error.attrs['method'] == 'batch means'\n"
                               "assert c.rate_error.sel(level='mass.two_cumulant', population='E').shape == (3,)\n"
                               "assert 'units' in s.rate.attrs and all('units' in v.attrs for v in m.variables.values())\n"
                               "r = xr.open_dataset(p, group='reference'); assert r.sizes['reference_point'] == 2\n";
    write_file(folder / "check.py", script);
    int status = -1;
    const auto report = output_of("/usr/bin/python3 " + (folder / "check.py").string() + " " + file.string(), &status);
    EXPECT_EQ(status, 0) << report;
}

}  // namespace
}  // namespace spikemass::output::test
