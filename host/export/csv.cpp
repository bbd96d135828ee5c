#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "host/export/export.hpp"
#include "host/output/files.hpp"
#include "host/output/layout.hpp"
#include "models/base/error.hpp"

namespace spikemass::handover {

namespace {

/// A text file that grows in pieces and appears whole.
class Rows {
public:
    explicit Rows(const std::filesystem::path& path) : part_(path), file_(std::fopen(part_.path().c_str(), "w")) {
        if (!file_) fail();
    }
    ~Rows() {
        if (file_) std::fclose(file_);
    }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;
    void write(const std::string& text) {
        if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
    }
    void close() {
        if (std::fclose(std::exchange(file_, nullptr)) != 0) fail();
        part_.commit();
    }

private:
    [[noreturn]] void fail() const { throw IoError(fmt::format("{}: {}", part_.final_path().string(), output::io_reason(errno))); }
    output::PartFile part_;
    std::FILE* file_;
};

}  // namespace

CsvSummary export_csv(const output::Dataset& d, const std::filesystem::path& path) {
    const output::SweepHeader& h = d.header;
    const auto trials = static_cast<std::size_t>(h.trials), bins = d.time.size(), populations = h.populations.size();
    CsvSummary summary;
    summary.notes = unusable_runs(d);
    if (std::none_of(d.runs.status.begin(), d.runs.status.end(), [](output::TrialStatus s) { return s == output::TrialStatus::ok; }))
        throw ConfigurationError(fmt::format("{}: none of its runs is ok. Finish the sweep with `spikemass sweep --resume`; `spikemass status` lists failures.", d.path.string()));

    const std::pair<const char*, const std::vector<double>*> optional[] = {{"v", &d.runs.v}, {"z_re", &d.runs.z_re}, {"z_im", &d.runs.z_im}};
    std::string head = "point";
    for (const std::string& name : d.axis_names) head += "," + csv_field(name);
    head += ",trial,time,population,stimulus,spike_count,rate";
    for (const auto& [name, values] : optional)
        if (!values->empty()) head += fmt::format(",{}", name);
    Rows rows(path);
    rows.write(head + "\n");
    std::vector<std::string> names;
    for (const std::string& p : h.populations) names.push_back(csv_field(p));
    const double scale = output::layout::rate_scale(h.time_unit);
    const auto single = [](double x) { return fmt::format("{}", static_cast<float>(x)); };   // what dataset.nc holds, and no digit more
    for (std::size_t p = 0; p < static_cast<std::size_t>(h.n_points()); ++p) {
        std::string swept = fmt::format("{}", p);
        for (const output::AxisValue& v : h.points[p]) swept += "," + csv_field(v);
        for (std::size_t t = 0; t < trials; ++t) {
            if (d.runs.status[p * trials + t] != output::TrialStatus::ok) continue;
            std::string text;
            for (std::size_t b = 0; b < bins; ++b)
                for (std::size_t a = 0; a < populations; ++a) {
                    const std::size_t i = ((p * trials + t) * bins + b) * populations + a;
                    const double stimulus = h.stimulus.empty() ? 0.0 : h.stimulus[h.stimulus.size() == 1 ? 0 : p][a][b];
                    text += fmt::format("{},{},{:.12g},{},{},{},{}", swept, h.first_trial + static_cast<std::int64_t>(t), d.time[b], names[a], stimulus, d.runs.spike_count[i], single(d.runs.rate[i] * scale));
                    for (const auto& [name, values] : optional)
                        if (!values->empty()) text += "," + (std::isnan((*values)[i]) ? std::string() : single((*values)[i]));
                    text += "\n";
                    ++summary.rows;
                }
            rows.write(text);
        }
    }
    rows.close();
    return summary;
}

}  // namespace spikemass::handover
