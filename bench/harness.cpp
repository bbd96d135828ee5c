#include "bench/harness.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <exception>
#include <memory>
#include <stdexcept>

#include "host/cpu/isa.hpp"

namespace spikemass::bench {

namespace {

Settings chosen;

struct Running {
    std::string name;
    Round round;
};
Running running;   // the prepared benchmark: at most one is in memory

double lowest(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }
double highest(const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }

}  // namespace

const Settings& settings() { return chosen; }

double cpu_seconds() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double once(const Call& call) {
    const double start = cpu_seconds();
    call();
    return cpu_seconds() - start;
}

std::vector<double> interleaved(const std::vector<Call>& calls) {
    std::vector<double> seconds(calls.size(), 0.0);
    std::vector<double> count(calls.size(), 0.0);
    for (int turn = 0; turn < chosen.turns; ++turn)
        for (std::size_t i = 0; i < calls.size(); ++i) {
            calls[i]();   // brings its data back into the caches
            const double start = cpu_seconds();
            double now = start;
            do {
                calls[i]();
                ++count[i];
                now = cpu_seconds();
            } while (now - start < chosen.turn_seconds);
            seconds[i] += now - start;
        }
    for (std::size_t i = 0; i < calls.size(); ++i) seconds[i] /= count[i];
    return seconds;
}

void add(std::string name, std::function<Round()> prepare, int rounds) {
    const auto run = [name, prepare = std::move(prepare)](benchmark::State& state) {
        if (running.name != name) {
            running.round = nullptr;
            running = {name, prepare()};
        }
        for (auto _ : state) {
            const double start = cpu_seconds();
            const Numbers numbers = running.round();
            double seconds = cpu_seconds() - start;
            for (const auto& [key, value] : numbers) {
                state.counters[key] = value;
                if (key == "seconds") seconds = value;
            }
            state.SetIterationTime(seconds);
        }
    };
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->Iterations(1)
        ->Repetitions(chosen.tiny ? 1 : rounds)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond)
        ->DisplayAggregatesOnly(!chosen.tiny && rounds > 1)
        ->ComputeStatistics("lowest", lowest)
        ->ComputeStatistics("highest", highest);
}

void require(bool ok, const std::string& what) {
    if (!ok) throw std::runtime_error(what);
}

}  // namespace spikemass::bench

int main(int argc, char** argv) {
    using namespace spikemass;
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--tiny") == 0) {
            bench::chosen.tiny = true;
            bench::chosen.turn_seconds = 0.0;
            bench::chosen.turns = 1;
        } else if (std::strcmp(argv[i], "--large") == 0) {
            bench::chosen.large = true;
        } else if (std::strncmp(argv[i], "--rounds=", 9) == 0 && std::atoi(argv[i] + 9) > 0) {
            bench::chosen.rounds = std::atoi(argv[i] + 9);
        } else {
            argv[kept++] = argv[i];
        }
    }
    benchmark::Initialize(&kept, argv);
    if (benchmark::ReportUnrecognizedArguments(kept, argv)) {
        std::fprintf(stderr, "own options: --rounds=N (default 9), --tiny (test sizes), --large (long cases too)\n");
        return 2;
    }
    benchmark::AddCustomContext("widest_isa", cpu::best_isa().name);
    try {
        register_benchmarks();
        const std::size_t ran = benchmark::RunSpecifiedBenchmarks();
        bench::running.round = nullptr;
        return ran > 0 ? 0 : 1;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
