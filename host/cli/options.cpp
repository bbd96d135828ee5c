#include "host/cli/options.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "models/base/error.hpp"

namespace spikemass::cli {

void Common::add_to(CLI::App& verb) {
    verb.add_option("--set", set, "Override one key of the network file, e.g. --set projection.EE.strength=10 (repeatable)")->take_all();
    verb.add_option("--seed", seed, "Seed (u64) instead of run.seed");
    verb.add_option("--backend", backend, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
    verb.add_option("--threads", threads, "CPU threads (default: as many as help)")->check(CLI::Range(1, 4096));
    verb.add_flag("--json", json, "Print one JSON object on stdout");
    verb.add_flag("--quiet", quiet, "No progress and no remarks on stderr");
}

std::vector<Override> Common::overrides() const {
    std::vector<Override> list;
    for (const std::string& s : set) list.push_back(parse_override(s));
    return list;
}

int Common::all_threads() const { return threads > 0 ? threads : std::max(1, std::min(omp_get_max_threads(), omp_get_num_procs())); }

void Common::check_backend() const {
    if (backend == "cuda") throw ConfigurationError("--backend cuda: this build has no CUDA backend. Available: cpu (which gives the same spikes); leave --backend away or say --backend cpu.");
}

StopFlag& stop_flag() {
    static StopFlag flag{0};
    return flag;
}

namespace {

void on_signal(int signal) {
    const int code = signal == SIGINT ? static_cast<int>(ExitCode::interrupted) : static_cast<int>(ExitCode::resumable);
    if (stop_flag().exchange(code) == static_cast<int>(ExitCode::interrupted) && signal == SIGINT) _exit(code);   // a second Ctrl-C does not wait
}

}  // namespace

void install_signal_handlers() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (int s : {SIGINT, SIGTERM, SIGUSR1}) sigaction(s, &action, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

bool color_on_stdout() {
    const char* no = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no && *no);
}

std::size_t terminal_width() {
    winsize w{};
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40) return w.ws_col;
    return 110;
}

}  // namespace spikemass::cli
