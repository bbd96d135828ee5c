#pragma once
// What the verbs share: options of every verb, output to people and to scripts, signals.

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/simulation.hpp"

namespace spikemass::cli {

struct Common {
    std::vector<std::string> set;
    std::optional<std::uint64_t> seed;
    std::string backend = "auto", devices;
    int threads = 0;            ///< 0: as many as help
    bool json = false, quiet = false;

    void add_to(CLI::App& verb);
    std::vector<Override> overrides() const;
    /// --threads, or every processor that this process may use.
    int all_threads() const;
    /// What --backend and --devices come to on this machine: choose_backend's errors.
    Backend choose_backend(const Demand& demand) const;
    /// Throws ConfigurationError for --backend cuda and --devices where there are no spikes to compute: why says so.
    void refuse_cuda(const std::string& why) const;
};

/// Set by SIGINT (130), SIGTERM and SIGUSR1 (75) once somebody has asked for it: work that can stop in good order.  Before that, and at a
/// second Ctrl-C, those signals end the program at once with the same exit codes.
StopFlag& stop_flag();
void install_signal_handlers();

/// One line on stderr; that it cannot be read by anybody ends nothing.
void say(const std::string& line);

bool color_on_stdout();
/// Columns of the terminal, or 120 where stdout is none.
std::size_t terminal_width();

/// Throws IoError if `file` cannot be created there: before any work is done.  Creates no folder.
void check_output_file(const std::string& option, const std::filesystem::path& file);

/// For options that are u64; CLI11 alone would read -1 as 2^64 - 1.
extern const CLI::Validator whole_number;

/// A verb: its options are declared when the program starts, `run` is called when it was chosen; the result is the exit code.
struct Verb {
    CLI::App* app = nullptr;
    std::function<int()> run;
};

Verb add_run(CLI::App&);
Verb add_fit(CLI::App&);
Verb add_learn(CLI::App&);
Verb add_export(CLI::App&);
Verb add_sweep(CLI::App&);
Verb add_status(CLI::App&);
Verb add_merge(CLI::App&);
Verb add_compare(CLI::App&);
Verb add_analyse(CLI::App&);
Verb add_report(CLI::App&);
Verb add_validate(CLI::App&);
Verb add_info(CLI::App&);
Verb add_doctor(CLI::App&);

}  // namespace spikemass::cli
