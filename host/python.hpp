#pragma once
// Python scripts beside the program: where they lie, which interpreter runs them (SPIKEMASS_PYTHON, else /usr/bin/python3), and running one.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace spikemass {

std::string python_interpreter();
/// In share/ beside the program, or in the sources.  Throws IoError where it is in neither.
std::filesystem::path python_script(const std::string& name);
/// Whether `import <modules>` works.
bool python_has(const std::string& modules);

struct PythonRun {
    std::string packages;                              ///< for the message where it does not start: "numpy and scipy"
    std::filesystem::path output;                      ///< takes stdout; empty: stdout is shared
    std::function<bool(const std::string&)> line;      ///< takes stderr line by line, and an empty line about every 0.2 s; false ends the script.  Empty: stderr is shared
};

/// Runs the script to its end; its exit code.  `verb`: for messages.  Errors: Error (it cannot be started).
int run_python(const std::string& verb, const std::filesystem::path& script, const std::vector<std::string>& arguments, const PythonRun& = {});

}  // namespace spikemass
