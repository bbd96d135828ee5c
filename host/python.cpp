#include "host/python.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include "models/base/error.hpp"

namespace spikemass {

namespace {

/// Reads lines from `from` until it ends; false from `line` ends the child's group.
void read_lines(int from, pid_t child, const std::function<bool(const std::string&)>& line) {
    std::string pending;
    bool ended = false;
    const auto pass = [&](const std::string& text) {
        if (!ended && !line(text)) {
            ended = true;
            kill(-child, SIGTERM);   // with its own children
        }
    };
    for (;;) {
        pollfd p{from, POLLIN, 0};
        const int ready = poll(&p, 1, 200);
        if (ready == 0 || (ready < 0 && errno == EINTR)) {
            pass("");
            continue;
        }
        char buffer[4096];
        const ssize_t n = read(from, buffer, sizeof buffer);
        if (n <= 0) break;
        pending.append(buffer, static_cast<std::size_t>(n));
        for (std::size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) pass(pending.substr(0, end));
    }
    if (!pending.empty()) pass(pending);
}

}  // namespace

std::string python_interpreter() {
    if (const char* chosen = std::getenv("SPIKEMASS_PYTHON")) return chosen;
    return std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
}

std::filesystem::path python_script(const std::string& name) {
    const auto self = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const std::filesystem::path& p : {self / "../share/spikemass/python", std::filesystem::path(SPIKEMASS_PYTHON_DIR)})
        if (std::filesystem::exists(p / name)) return p / name;
    throw IoError(name + " was not found in " + SPIKEMASS_PYTHON_DIR + ". It belongs to the program's sources: install the program again.");
}

bool python_has(const std::string& modules) {
    const pid_t child = fork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        const std::string python = python_interpreter();
        execlp(python.c_str(), python.c_str(), "-c", ("import " + modules).c_str(), nullptr);   // a virtual environment is found by argv[0]
        _exit(127);
    }
    int state = 0;
    return child > 0 && waitpid(child, &state, 0) >= 0 && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

int run_python(const std::string& verb, const std::filesystem::path& script, const std::vector<std::string>& arguments, const PythonRun& o) {
    const std::string python = python_interpreter();
    std::vector<std::string> words{python, script.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    int out = -1, ends[2] = {-1, -1};
    if (!o.output.empty() && (out = open(o.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0) throw IoError(fmt::format("{} cannot be written. Check the folder's permissions and the disk.", o.output.string()));
    if (o.line && pipe2(ends, O_CLOEXEC) != 0) throw Error(ExitCode::runtime, verb + ": no pipe to Python: too many open files.");
    const pid_t child = fork();
    if (child == 0) {
        if (o.line) setpgid(0, 0);
        if (out >= 0) dup2(out, STDOUT_FILENO);
        if (ends[1] >= 0) dup2(ends[1], STDERR_FILENO);
        execvp(argv[0], argv.data());
        _exit(127);
    }
    if (child > 0 && o.line) setpgid(child, child);   // whoever of the two comes first
    if (out >= 0) close(out);
    if (ends[1] >= 0) close(ends[1]);
    if (child > 0 && ends[0] >= 0) read_lines(ends[0], child, o.line);
    if (ends[0] >= 0) close(ends[0]);
    int state = 0, waited = -1;
    while (child > 0 && (waited = waitpid(child, &state, 0)) < 0 && errno == EINTR) {}
    if (waited < 0 || (WIFEXITED(state) && WEXITSTATUS(state) == 127))
        throw Error(ExitCode::runtime, fmt::format("{}: {} could not be started. Install python3{}, or name an interpreter by SPIKEMASS_PYTHON.", verb, python, o.packages.empty() ? "" : " with " + o.packages));
    return WIFEXITED(state) ? WEXITSTATUS(state) : static_cast<int>(ExitCode::runtime);
}

}  // namespace spikemass
