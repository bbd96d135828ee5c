#pragma once
// Progress of long work on stderr: one line that renews itself on a terminal, otherwise a line at most every 30 s.

#include <chrono>
#include <string>

namespace spikemass {

/// "1 h 02 min", "3 min 10 s", "12 s".
std::string human_duration(double seconds);

class ProgressLine {
public:
    /// quiet: prints nothing.
    explicit ProgressLine(bool quiet);
    ~ProgressLine();
    /// fraction of the work done (for the ETA) and what stands before it, e.g. "12/40 runs, 3.1e8 spikes/s".
    void show(double fraction, const std::string& text);
    /// A line that stays, above the progress.
    void interrupt(const std::string& line);

private:
    using Clock = std::chrono::steady_clock;
    bool quiet_, terminal_, dirty_ = false;
    Clock::time_point start_ = Clock::now(), last_{};
};

}  // namespace spikemass
