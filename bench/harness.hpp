#pragma once
// How every benchmark of this folder measures: rounds.  One round runs all the things that are compared in short turns, one
// after the other, and returns numbers, ratios among them; a benchmark is 9 rounds, of which scripts/bench.sh takes median,
// minimum and maximum.  A machine that slows down for a while slows both sides of a ratio.

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace spikemass::bench {

struct Settings {
    int rounds = 9;
    bool tiny = false;           ///< sizes for a test that the programs still run; the numbers mean nothing
    bool large = false;          ///< cases that take minutes or many gigabytes too
    double turn_seconds = 4e-3;  ///< least CPU time of one turn
    int turns = 6;               ///< turns of each side in a round
};
const Settings& settings();

/// `tiny` when the program was started with --tiny.
template <class T>
T sized(T normal, T tiny) {
    return settings().tiny ? tiny : normal;
}

using Numbers = std::vector<std::pair<std::string, double>>;
using Round = std::function<Numbers()>;
using Call = std::function<void()>;

/// CPU time of the calling thread, seconds.
double cpu_seconds();

/// CPU seconds per call of each function, measured in turns.
std::vector<double> interleaved(const std::vector<Call>& calls);

/// CPU seconds of one call.
double once(const Call& call);

/// Registers a benchmark.  `prepare` builds what is measured, once, when its turn comes; it is freed before the next one.
/// The number "seconds" of a round, if there is one, is the time that Google Benchmark shows.
void add(std::string name, std::function<Round()> prepare, int rounds = settings().rounds);

/// Throws unless `ok`: a benchmark of code that computes something else must fail.
void require(bool ok, const std::string& what);

}  // namespace spikemass::bench

/// Defined by each program: adds its benchmarks.
void register_benchmarks();
