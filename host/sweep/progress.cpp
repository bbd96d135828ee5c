#include "host/sweep/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace spikemass {

std::string human_duration(double s) {
    const auto n = static_cast<long long>(s + 0.5);
    if (n >= 3600) return fmt::format("{} h {:02} min", n / 3600, n % 3600 / 60);
    if (n >= 60) return fmt::format("{} min {:02} s", n / 60, n % 60);
    return fmt::format("{} s", n);
}

ProgressLine::ProgressLine(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
    if (dirty_) std::fputs("\n", stderr);
}

void ProgressLine::show(double fraction, const std::string& text) {
    if (quiet_) return;
    const auto now = Clock::now();
    if (last_ == Clock::time_point{}) last_ = terminal_ ? now - std::chrono::seconds(1) : now;
    if (now - last_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(30000))) return;
    last_ = now;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const std::string eta = fraction > 0.005 ? human_duration(elapsed * (1.0 - fraction) / fraction) : "?";
    const std::string line = fmt::format("{:5.1f} %  {}, ETA {}", 100.0 * fraction, text, eta);
    if (terminal_)
        std::fprintf(stderr, "\r\033[K%s", line.c_str());
    else
        std::fprintf(stderr, "%s\n", line.c_str());
    std::fflush(stderr);
    dirty_ = terminal_;
}

void ProgressLine::interrupt(const std::string& line) {
    if (quiet_) return;
    std::fprintf(stderr, "%s%s\n", dirty_ ? "\r\033[K" : "", line.c_str());
    dirty_ = false;
}

}  // namespace spikemass
