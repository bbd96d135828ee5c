#include "host/cli/options.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "host/output/files.hpp"
#include "models/base/error.hpp"

namespace spikemass::cli {

void Common::add_to(CLI::App& verb) {
    verb.add_option("--set", set, "Override one key of the network file, e.g. --set projection.EE.strength=10 (repeatable)")->take_all();
    verb.add_option("--seed", seed, "Seed (u64) instead of run.seed")->check(whole_number);
    verb.add_option("--backend", backend, "What computes spikes: auto, cpu or cuda (a GPU; the same spikes)")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
    verb.add_option("--devices", devices, "GPUs to use, as doctor counts them, e.g. 0,2 (default: all); means --backend cuda. A sweep uses all of them, one run the first");
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

Backend Common::choose_backend(const Demand& demand) const {
    return spikemass::choose_backend(backend, demand, Machine(all_threads()), devices.empty() ? std::vector<int>{} : parse_devices(devices));
}

void Common::refuse_cuda(const std::string& why) const {
    if (!devices.empty()) throw ConfigurationError(fmt::format("--devices {}: {} Leave --devices away.", devices, why));
    if (backend == "cuda") throw ConfigurationError(fmt::format("--backend cuda: {} Leave --backend away.", why));
}

const CLI::Validator whole_number(
    [](std::string& text) -> std::string {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc() && end == text.data() + text.size()) return {};
        return fmt::format("{} is not a whole number from 0 to 2^64 - 1", text);
    },
    "UINT");

namespace {

StopFlag flag{0};
std::atomic<bool> somebody_looks{false};

void on_signal(int signal) {
    const int code = static_cast<int>(signal == SIGINT ? ExitCode::interrupted : ExitCode::resumable);
    const bool again = flag.exchange(code) == static_cast<int>(ExitCode::interrupted) && signal == SIGINT;
    if (again || !somebody_looks) _exit(code);
}

}  // namespace

StopFlag& stop_flag() {
    somebody_looks = true;
    return flag;
}

void install_signal_handlers() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (int s : {SIGINT, SIGTERM, SIGUSR1}) sigaction(s, &action, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

void say(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

bool color_on_stdout() {
    const char* no = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no && *no);
}

std::size_t terminal_width() {
    winsize w{};
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40) return w.ws_col;
    return 120;
}

void check_output_file(const std::string& option, const std::filesystem::path& file) {
    if (file.empty()) return;
    if (std::filesystem::is_directory(file)) throw IoError(fmt::format("{} {}: this is a folder. Name a file in it.", option, file.string()));
    auto folder = std::filesystem::absolute(file).lexically_normal().parent_path();
    while (!std::filesystem::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
    output::check_writable(folder);
}

}  // namespace spikemass::cli
