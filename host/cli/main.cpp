// spikemass: from spiking networks to neural masses.

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "host/cli/options.hpp"
#include "host/config/wording.hpp"
#include "host/output/files.hpp"
#include "host/version.hpp"
#include "models/base/error.hpp"

using namespace spikemass;
using cli::say;

namespace {

/// Idle OpenMP threads must sleep, not spin; the runtime reads this once, before main, so the program starts itself again.
void wait_passively(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY")) return;
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv);   // on failure: go on as we are
}

/// A standard stream that the caller closed is replaced by one that refuses: else the next file to be opened, a journal, would get what is printed.
void keep_standard_streams() {
    for (int fd = 0; fd < 3; ++fd)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/// What is wrong with the command line, in one paragraph on stderr.
int refuse(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
    const auto verbs = app.get_subcommands({});
    std::vector<std::string> names;
    for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
    const std::string first = argc > 1 ? argv[1] : "";
    const bool known = std::find(names.begin(), names.end(), first) != names.end();
    if (!known && !first.empty() && first[0] != '-') {
        say(fmt::format("spikemass: there is no verb `{}`. {} `spikemass --help` explains the verbs.", first, config::suggestion(first, names, "Verbs")));
    } else if (first.empty()) {
        say(fmt::format("spikemass: a verb is needed: {}. `spikemass --help` explains them.", config::join(names)));
    } else {
        std::string message = error.what();
        message.erase(message.find_last_not_of(".\n") + 1);
        say(fmt::format("spikemass: {}. `spikemass {}--help` lists what can be said.", config::shorten(message, 1000), known ? first + " " : ""));
    }
    return static_cast<int>(ExitCode::configuration);
}

/// Results that could not be printed are an error; a reader that has gone away (a pipe into head) is not.
int flushed(int code) {
    if (std::fflush(stdout) == 0 || errno == EPIPE) return code;
    say("spikemass: standard output: " + output::io_reason(errno));
    return code != 0 ? code : static_cast<int>(ExitCode::io);
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_streams();
    wait_passively(argv);
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2")) {
        std::fputs("spikemass: this processor lacks AVX2, FMA or BMI2. The program needs x86-64-v3 (2013 or later).\n", stderr);
        return static_cast<int>(ExitCode::runtime);
    }
    CLI::App app{"spikemass: from spiking networks to neural masses"};
    app.set_version_flag("--version", fmt::format("spikemass {} ({})", version, git_commit));
    app.require_subcommand(1);
    app.footer("Exit codes: 0 ok, 1 runtime, 2 usage or configuration, 3 sweep with failed points, 4 would not fit (memory, disk), 5 I/O, "
               "6 numerical divergence, 75 stopped and resumable, 130 Ctrl-C (resumable too).");
    const cli::Verb verbs[] = {cli::add_run(app),    cli::add_sweep(app),    cli::add_compare(app), cli::add_analyse(app), cli::add_fit(app), cli::add_learn(app), cli::add_export(app), cli::add_report(app),
                               cli::add_status(app), cli::add_merge(app),    cli::add_validate(app), cli::add_info(app), cli::add_doctor(app)};
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return e.get_exit_code() == 0 ? flushed(app.exit(e)) : refuse(app, e, argc, argv);   // 0: --help, --version
    }
    cli::install_signal_handlers();
    try {
        for (const cli::Verb& v : verbs)
            if (v.app->parsed()) return flushed(v.run());
    } catch (const Error& e) {
        say(fmt::format("spikemass: {}", e.what()));
        return static_cast<int>(e.code());
    } catch (const std::bad_alloc&) {
        say("spikemass: memory ran out. Use a smaller network, fewer recorded bins or fewer --threads.");
        return static_cast<int>(ExitCode::would_not_fit);
    } catch (const std::system_error& e) {
        if (e.code().value() == EPIPE) return 0;
        say(fmt::format("spikemass: {}", e.what()));
        return static_cast<int>(ExitCode::io);
    } catch (const std::exception& e) {
        say(fmt::format("spikemass: {}", e.what()));
        return static_cast<int>(ExitCode::runtime);
    }
    return 0;
}
