// Sweeps whose runs are read while they go on.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "host/compare/compare.hpp"
#include "host/live/consumer.hpp"
#include "host/mass/mass.hpp"
#include "tests/host/live/support.hpp"

namespace spikemass::test {
namespace {

using output::test::finite;
using output::test::values;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

SweepOptions with(std::vector<std::string> live, std::vector<std::shared_ptr<LiveConsumer>> consumers = {}) {
    SweepOptions o;
    o.live = std::move(live);
    o.consumers = std::move(consumers);
    return o;
}

nlohmann::json json_of(const std::filesystem::path& file) { return nlohmann::json::parse(bytes(file)); }

/// Stops the sweep after so many chunks.
struct Stopper : LiveConsumer {
    explicit Stopper(StopFlag& s, int n) : stop(s), left(n) {}
    std::string name() const override { return "stopper"; }
    void take(const RateChunk&) override {
        if (--left == 0) stop = static_cast<int>(ExitCode::resumable);
    }
    StopFlag& stop;
    int left;
};

TEST(LiveRates, EndWithTheDatasetsValues) {
    const Folder folder;
    const std::string text = replaced(sweep_toml, "\"fixed_indegree\"", "\"all_to_all\"");   // some points are equal
    const SweepOutcome plain = live_run(folder / "plain", text), outcome = live_run(folder / "out", text, with({"rates", "compare"}));
    EXPECT_EQ(outcome.code, ExitCode::ok);
    EXPECT_TRUE(outcome.warnings.empty());
    expect_live_is_dataset(folder / "out");
    EXPECT_EQ(finite(values(folder / "out" / "live.h5", "", "rate")), 4u * 3 * 20);
    EXPECT_EQ(bytes(output::dataset_path(folder / "out")), bytes(output::dataset_path(folder / "plain")));   // nobody was disturbed
    EXPECT_FALSE(std::filesystem::exists(folder / "plain" / "live.h5"));
}

TEST(LiveRates, CanBeReadWhileTheSweepGoesOn) {
    struct Reader : LiveConsumer {
        explicit Reader(std::filesystem::path f) : file(std::move(f)) {}
        std::string name() const override { return "reader"; }
        void take(const RateChunk&) override {
            if (!std::filesystem::exists(file)) return;
            const std::size_t n = finite(values(file, "", "rate"));
            EXPECT_GE(n, last);
            if (n > last) ++grown;
            last = n;
        }
        std::filesystem::path file;
        std::size_t last = 0, grown = 0;
    };
    const Folder folder;
    const auto reader = std::make_shared<Reader>(folder / "out" / "live.h5");
    EXPECT_TRUE(live_run(folder / "out", replaced(sweep_toml, "duration  = 2.0", "duration  = 60.0"), with({"rates"}, {reader})).warnings.empty());
    EXPECT_GT(reader->grown, 1u);
    expect_live_is_dataset(folder / "out");
}

TEST(LiveRates, AResumedSweepHasTheRunsOfBefore) {
    const Folder folder;
    const std::string text = replaced(sweep_toml, "duration  = 2.0", "duration  = 20.0");
    StopFlag stop{0};
    SweepOptions o = with({"rates", "compare"});
    o.stop = &stop;
    o.consumers = {std::make_shared<Stopper>(stop, 12)};
    const SweepOutcome first = live_run(folder / "out", text, o);
    EXPECT_EQ(first.code, ExitCode::resumable);
    ASSERT_GT(first.missing, 0);
    ASSERT_GT(first.done, 0);
    expect_live_is_dataset(folder / "out");   // runs that were stopped are not in it
    stop = 0;
    o.consumers.clear();
    o.resume = true;
    std::ofstream(folder / "out" / "live.h5") << "damaged, and not to be trusted";
    EXPECT_EQ(live_run(folder / "out", text, o).code, ExitCode::ok);
    expect_live_is_dataset(folder / "out");
    const std::string compared = bytes(folder / "out" / "live_compare.json");
    for (const char* file : {"live.h5", "live_compare.json"}) std::filesystem::remove(folder / "out" / file);
    EXPECT_EQ(live_run(folder / "out", text, o).done, 15);   // nothing is left to do: from the journal alone
    expect_live_is_dataset(folder / "out");
    EXPECT_EQ(bytes(folder / "out" / "live_compare.json"), compared);
    EXPECT_EQ(live_run(folder / "whole", text, with({"compare"})).done, 15);
    EXPECT_EQ(bytes(folder / "whole" / "live_compare.json"), compared);   // as if nothing had happened
}

TEST(LiveRates, FinishedRunsArePushedOnce) {
    struct Counter : LiveConsumer {
        std::string name() const override { return "counter"; }
        void take(const RateChunk& c) override { bins[{c.reference, c.point, c.trial}] += c.bins; }
        std::map<std::tuple<bool, std::int64_t, std::int64_t>, std::int64_t> bins;
    };
    const Folder folder;
    for (const bool resume : {false, true}) {
        const auto counter = std::make_shared<Counter>();
        SweepOptions o = with({}, {counter});
        o.resume = resume;
        live_run(folder / "out", sweep_toml, o);
        EXPECT_EQ(counter->bins.size(), 15u);
        for (const auto& [run, n] : counter->bins) EXPECT_EQ(n, 20);
    }
}

TEST(LiveRates, ShardsHaveFilesOfTheirOwn) {
    const Folder folder;
    SweepOptions o = with({"rates", "compare"});
    o.shards = 2;
    for (o.shard = 1; o.shard <= 2; ++o.shard) live_run(folder / "out", sweep_toml, o);
    const auto a = values(folder / "out" / "live-1-of-2.h5", "", "rate"), b = values(folder / "out" / "live-2-of-2.h5", "", "rate"), all = values(output::dataset_path(folder / "out"), "", "rate");
    ASSERT_EQ(a.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_NE(std::isnan(a[i]), std::isnan(b[i]));
        EXPECT_EQ(std::isnan(a[i]) ? b[i] : a[i], all[i]);
    }
    EXPECT_TRUE(std::filesystem::exists(folder / "out" / "live_compare-2-of-2.json"));
}

TEST(LiveCompare, EndsWithWhatTheDatasetSays) {
    const Folder folder;
    const std::string text = replaced(replaced(sweep_toml, "warmup    = 1.0", "warmup    = 10.0"), "duration  = 2.0", "duration  = 16.0");
    live_run(folder / "out", text, with({"compare"}));
    const auto j = json_of(folder / "out" / "live_compare.json");
    EXPECT_EQ(j["complete"], true);
    EXPECT_EQ(j["rate_unit"], "1/tau");
    ASSERT_EQ(j["points"].size(), 4u);
    const output::Dataset d = output::read_dataset(output::dataset_path(folder / "out"));
    const SweepPlan plan = network_file(text).sweep();
    CompareOptions masses;
    masses.closures = {"none"};
    masses.quiet = true;
    compare_dataset(folder / "out", masses);
    const output::Group mass = output::read_group(output::dataset_path(folder / "out"), "mass");
    const auto& mass_rate = std::get<std::vector<double>>(std::find_if(mass.variables.begin(), mass.variables.end(), [](const auto& v) { return v.name == "rate"; })->values);
    for (std::size_t i = 0; i < 4; ++i) {
        const auto& p = j["points"][i];
        EXPECT_EQ(p["point"], i);
        EXPECT_EQ(p["trials"], 3);
        EXPECT_EQ(p["values"]["projection.EE.topology.mean_indegree"], i < 2 ? 10 : 30);
        const auto& e = p["populations"]["E"];
        EXPECT_EQ(e["bins"], 3 * 160);
        for (const auto& [series, mean, sem] : {std::tuple{&d.runs.rate, "rate_mean", "rate_sem"}, {&d.runs.v, "v_mean", "v_sem"}}) {
            double sum = 0;
            std::vector<double> blocks;
            for (std::size_t t = 0; t < 3; ++t)
                for (std::size_t k = 0; k < 16; ++k) {
                    double block = 0;
                    for (std::size_t b = 10 * k; b < 10 * (k + 1); ++b) block += (*series)[(i * 3 + t) * 160 + b];
                    sum += block;
                    blocks.push_back(block / 10);
                }
            double m = 0, square = 0;
            for (const double x : blocks) m += x / 48;
            for (const double x : blocks) square += (x - m) * (x - m) / 47;
            EXPECT_EQ(e[mean].get<double>(), sum / 480);   // the same numbers in the same order
            EXPECT_NEAR(e[sem].get<double>(), std::sqrt(square / 48), 1e-12 * std::abs(e[sem].get<double>()) + 1e-15);
        }
        const Configuration c = plan.configuration(plan.points[i]);
        const RunResult alone = mass::run_mass(c.network, c.plan);
        double sum = 0, in_dataset = 0;
        for (const double r : alone.populations[0].rate) sum += r;
        for (std::size_t b = 0; b < 160; ++b) in_dataset += mass_rate[i * 160 + b];
        EXPECT_DOUBLE_EQ(e["mass_rate_mean"].get<double>(), sum / 160);
        EXPECT_NEAR(e["mass_rate_mean"].get<double>(), in_dataset / 160, 1e-6 * sum / 160);   // f32 there
        EXPECT_DOUBLE_EQ(e["rate_error_relative"].get<double>(), e["mass_rate_mean"].get<double>() / e["rate_mean"].get<double>() - 1);
    }
}

TEST(LiveCompare, SaysWhereThereIsNoMass) {
    const Folder folder;
    live_run(folder / "out", replaced(net_toml, "distribution = \"lorentzian\", center = 1.0, half_width = 0.5", "distribution = \"gaussian\", center = 1.0, sd = 0.5") + "[sweep]\ntrials = 2\n",
             with({"compare"}));
    const auto j = json_of(folder / "out" / "live_compare.json");
    ASSERT_EQ(j["points"].size(), 1u);
    EXPECT_FALSE(j["points"][0]["populations"]["E"].contains("mass_rate_mean"));
    EXPECT_GT(j["points"][0]["populations"]["E"]["rate_mean"].get<double>(), 0);
    EXPECT_NE(j["points"][0]["mass_missing"].get<std::string>().size(), 0u);
}

TEST(LiveConsumer, ThatFailsEndsAlone) {
    struct Broken : LiveConsumer {
        std::string name() const override { return "broken"; }
        void take(const RateChunk& c) override {
            if (c.trial == 1) throw std::runtime_error("the reader is gone.");
        }
    };
    const Folder folder;
    live_run(folder / "plain", sweep_toml);
    std::filesystem::create_directories(folder / "out" / "live.h5" / "in the way");   // rates cannot be written either
    const SweepOutcome outcome = live_run(folder / "out", sweep_toml, with({"rates", "compare"}, {std::make_shared<Broken>()}));
    EXPECT_EQ(outcome.code, ExitCode::ok);
    EXPECT_EQ(outcome.done, 15);
    ASSERT_EQ(outcome.warnings.size(), 2u);
    EXPECT_NE(outcome.warnings[0].find("live consumer rates"), std::string::npos) << outcome.warnings[0];
    EXPECT_NE(outcome.warnings[0].find("--resume --live rates"), std::string::npos) << outcome.warnings[0];
    EXPECT_NE(outcome.warnings[1].find("broken: the reader is gone."), std::string::npos) << outcome.warnings[1];
    EXPECT_EQ(bytes(output::dataset_path(folder / "out")), bytes(output::dataset_path(folder / "plain")));
    EXPECT_EQ(json_of(folder / "out" / "live_compare.json")["complete"], true);
    std::filesystem::remove_all(folder / "out" / "live.h5");
    SweepOptions o = with({"rates"});
    o.resume = true;
    EXPECT_TRUE(live_run(folder / "out", sweep_toml, o).warnings.empty());   // as the warning says
    expect_live_is_dataset(folder / "out");
}

/// How a fit looks: its own threads work on whole runs; sums are taken over runs in their order, so the end does not depend on who came first.
/// Least squares of rate = a + b time over all bins of a point's runs.
class LineFit : public LiveConsumer {
public:
    LineFit(std::size_t trials, std::size_t bins) : trials_(trials), bins_(bins) {}
    ~LineFit() override { end_workers(); }
    std::string name() const override { return "line"; }
    void begin() override {
        for (int i = 0; i < 2; ++i) workers_.emplace_back([this] { work(); });
    }
    void take(const RateChunk& c) override {
        if (c.reference) return;
        auto& run = gathering_[{c.point, c.trial}];
        if (c.forget) run.clear();
        else run.insert(run.end(), c.rate[0].begin(), c.rate[0].end());
        if (run.size() < bins_) return;
        const std::lock_guard lock(mutex_);
        whole_.push_back({{c.point, c.trial}, std::move(run)});
    }
    void finish(bool) override { end_workers(); }

    static std::array<double, 2> sums(const std::vector<double>& rate) {   // of rate, and of rate x bin
        std::array<double, 2> s{};
        for (std::size_t b = 0; b < rate.size(); ++b) {
            s[0] += rate[b];
            s[1] += rate[b] * static_cast<double>(b);
        }
        return s;
    }
    static std::array<double, 2> line(const std::vector<std::array<double, 2>>& runs, std::size_t bins) {
        double y = 0, xy = 0;
        for (const auto& s : runs) y += s[0], xy += s[1];
        const auto n = static_cast<double>(bins), m = static_cast<double>(runs.size());
        const double x_mean = (n - 1) / 2, spread = m * n * (n * n - 1) / 12, slope = (xy - x_mean * y) / spread;
        return {y / (m * n) - slope * x_mean, slope};
    }
    std::array<double, 2> fit(std::int64_t point) const {
        std::vector<std::array<double, 2>> runs;
        for (std::size_t t = 0; t < trials_; ++t) runs.push_back(results_.at({point, static_cast<std::int64_t>(t)}));
        return line(runs, bins_);
    }

private:
    using Run = std::pair<std::int64_t, std::int64_t>;
    void work() {
        for (;;) {
            std::pair<Run, std::vector<double>> job;
            {
                const std::lock_guard lock(mutex_);
                if (whole_.empty() && done_) return;
                if (!whole_.empty()) {
                    job = std::move(whole_.front());
                    whole_.pop_front();
                }
            }
            if (job.second.empty()) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                continue;
            }
            const auto s = sums(job.second);
            const std::lock_guard lock(mutex_);
            results_[job.first] = s;
        }
    }
    void end_workers() {
        {
            const std::lock_guard lock(mutex_);
            done_ = true;
        }
        for (std::thread& t : workers_) t.join();
        workers_.clear();
    }
    std::size_t trials_, bins_;
    std::map<Run, std::vector<double>> gathering_;
    std::mutex mutex_;
    std::deque<std::pair<Run, std::vector<double>>> whole_;
    std::map<Run, std::array<double, 2>> results_;
    std::vector<std::thread> workers_;
    bool done_ = false;
};

TEST(LiveConsumer, AFitGivesWhatTheFinishedSweepGives) {
    const Folder folder;
    const auto fit = std::make_shared<LineFit>(3, 20);
    EXPECT_TRUE(live_run(folder / "out", sweep_toml, with({}, {fit})).warnings.empty());
    const auto journal = output::Journal::open(output::journal_path(folder / "out"));
    const output::Dataset d = output::read_dataset(output::dataset_path(folder / "out"));
    for (std::int64_t point = 0; point < 4; ++point) {
        std::vector<std::array<double, 2>> exact, stored;
        for (std::int64_t t = 0; t < 3; ++t) {
            exact.push_back(LineFit::sums(journal.load({output::RunKind::point, point, t})->result.populations[0].rate));
            const auto begin = d.runs.rate.begin() + (point * 3 + t) * 20;
            stored.push_back(LineFit::sums({begin, begin + 20}));
        }
        EXPECT_EQ(fit->fit(point), LineFit::line(exact, 20));   // bit for bit
        const auto rounded = LineFit::line(stored, 20);         // the dataset is f32
        EXPECT_NEAR(fit->fit(point)[0], rounded[0], 1e-6 * std::abs(rounded[0]));
        EXPECT_NEAR(fit->fit(point)[1], rounded[1], 1e-6 * std::abs(rounded[0]));
    }
}

TEST(LiveConsumer, UnknownNamesAreRefusedBeforeTheFolderIsMade) {
    const Folder folder;
    EXPECT_THROW(live_run(folder / "out", sweep_toml, with({"spectrum"})), ConfigurationError);
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace
}  // namespace spikemass::test
