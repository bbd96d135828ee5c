#include "bench/gpu/measure.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

namespace spikemass::bench {

double Sample::median() const {
    std::vector<double> x = seconds;
    std::sort(x.begin(), x.end());
    const std::size_t half = x.size() / 2;
    return x.empty() ? 0.0 : x.size() % 2 ? x[half] : 0.5 * (x[half - 1] + x[half]);
}
double Sample::least() const { return seconds.empty() ? 0.0 : *std::min_element(seconds.begin(), seconds.end()); }
double Sample::most() const { return seconds.empty() ? 0.0 : *std::max_element(seconds.begin(), seconds.end()); }

Sample measure(const std::function<double(std::int64_t)>& seconds, const MeasurePlan& plan) {
    Sample s;
    seconds(1);
    while (seconds(s.calls) < plan.seconds_per_run && s.calls < plan.most_calls) s.calls *= 2;
    for (int r = 0; r < plan.repeats; ++r) s.seconds.push_back(seconds(s.calls) / static_cast<double>(s.calls));
    return s;
}

Json json(const Sample& s, double per) {
    std::vector<double> runs = s.seconds;
    for (double& x : runs) x /= per;
    return {{"median", s.median() / per}, {"least", s.least() / per}, {"most", s.most() / per}, {"calls", s.calls}, {"runs", runs}};
}

Json machine() {
    std::string line, processor = "unknown";
    for (std::ifstream in("/proc/cpuinfo"); std::getline(in, line);)
        if (line.starts_with("model name") && line.find(": ") != std::string::npos) {
            processor = line.substr(line.find(": ") + 2);
            break;
        }
    const char* commit = std::getenv("SPIKEMASS_COMMIT");
    return {{"processor", processor}, {"cores", std::thread::hardware_concurrency()}, {"compiler", __VERSION__}, {"flags", SPIKEMASS_BENCH_FLAGS}, {"commit", commit && *commit ? commit : "unknown"}};
}

}  // namespace spikemass::bench
