// spikemass: from spiking networks to neural masses.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "host/cli/options.hpp"
#include "host/version.hpp"
#include "models/base/error.hpp"

namespace {

/// Idle OpenMP threads must sleep, not spin; the runtime reads this once, before main, so the program starts itself again.
void wait_passively(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY")) return;
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv);   // on failure: go on as we are
}

}  // namespace

int main(int argc, char** argv) {
    using namespace spikemass;
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
    const cli::Verb verbs[] = {cli::add_run(app),    cli::add_sweep(app),    cli::add_compare(app), cli::add_report(app),
                               cli::add_status(app), cli::add_validate(app), cli::add_info(app),    cli::add_doctor(app)};
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        const int code = app.exit(e);
        return code == 0 ? 0 : static_cast<int>(ExitCode::configuration);
    }
    cli::install_signal_handlers();
    try {
        for (const cli::Verb& v : verbs)
            if (v.app->parsed()) return v.run();
    } catch (const Error& e) {
        fmt::print(stderr, "spikemass: {}\n", e.what());
        return static_cast<int>(e.code());
    } catch (const std::bad_alloc&) {
        fmt::print(stderr, "spikemass: memory ran out. Use a smaller network or fewer --threads.\n");
        return static_cast<int>(ExitCode::would_not_fit);
    } catch (const std::exception& e) {
        fmt::print(stderr, "spikemass: {}\n", e.what());
        return static_cast<int>(ExitCode::runtime);
    }
    return 0;
}
