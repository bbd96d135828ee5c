#pragma once
// What the verbs share: options of every verb, output to people and to scripts, signals.

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/simulation.hpp"

namespace spikemass::cli {

struct Common {
    std::vector<std::string> set;
    std::optional<std::uint64_t> seed;
    std::string backend = "auto";
    int threads = 0;            ///< 0: as many as help
    bool json = false, quiet = false;

    void add_to(CLI::App& verb);
    std::vector<Override> overrides() const;
    /// --threads, or every processor that this process may use.
    int all_threads() const;
    /// Throws ConfigurationError for a backend that this build or machine does not have.
    void check_backend() const;
};

/// Set by SIGINT (130), SIGTERM and SIGUSR1 (75).
StopFlag& stop_flag();
void install_signal_handlers();

bool color_on_stdout();
std::size_t terminal_width();

/// A verb: its options are declared when the program starts, `run` is called when it was chosen; the result is the exit code.
struct Verb {
    CLI::App* app = nullptr;
    std::function<int()> run;
};

Verb add_run(CLI::App&);
Verb add_sweep(CLI::App&);
Verb add_status(CLI::App&);
Verb add_compare(CLI::App&);
Verb add_report(CLI::App&);
Verb add_validate(CLI::App&);
Verb add_info(CLI::App&);
Verb add_doctor(CLI::App&);

}  // namespace spikemass::cli
