#include "bench/gpu/run_ceilings.hpp"

#include <cstdio>
#include <exception>

namespace spikemass::bench {

bool run_ceilings(const std::vector<Point>& points, const MeasurePlan& plan, double seconds, Json& out) {
    const auto began = std::chrono::steady_clock::now();
    bool all = !points.empty();
    out["rows"] = Json::array();
    for (const Point& p : points) {
        Json row{{"id", p.id}, {"what", p.what}};
        for (const auto& [name, value] : p.parameters) row[name] = value;
        std::printf("%s %s", p.id.c_str(), p.what.c_str());
        for (const auto& [name, value] : p.parameters) std::printf(", %s %.6g", name.c_str(), value);
        if (std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() >= seconds) {
            row["not_measured"] = "the time of the whole program was over";
            std::printf(": not measured, the time is over\n");
            all = false;
        } else {
            try {
                const Sample s = measure(p.prepare(), plan);
                row["seconds"] = json(s);
                row["operations"] = p.operations;
                row["unit"] = p.unit;
                row["per_second"] = p.operations / s.median();
                std::printf(": %.4g %s/s (%.4g to %.4g us a call)\n", p.operations / s.median(), p.unit.c_str(), 1e6 * s.least(), 1e6 * s.most());
            } catch (const std::exception& e) {
                row["error"] = e.what();
                std::printf(": %s\n", e.what());
                all = false;
            }
        }
        std::fflush(stdout);
        out["rows"].push_back(row);
    }
    return all;
}

}  // namespace spikemass::bench
