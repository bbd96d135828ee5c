#pragma once
// Errors say where, what, the rule and the remedy, in one paragraph.  Libraries throw them; only the program prints and exits.

#include <stdexcept>
#include <string>

namespace spikemass {

/// Exit codes of the program (the same list is in docs/cli.md).
enum class ExitCode : int {
    ok = 0, runtime = 1, configuration = 2, failed_points = 3, would_not_fit = 4, io = 5, divergence = 6,
    resumable = 75, interrupted = 130
};

class Error : public std::runtime_error {
public:
    Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    ExitCode code() const noexcept { return code_; }
private:
    ExitCode code_;
};

/// Bad network file, option or value.
struct ConfigurationError : Error {
    explicit ConfigurationError(const std::string& message) : Error(ExitCode::configuration, message) {}
};
/// Memory or disk is too small; thrown before anything is allocated or written.
struct CapacityError : Error {
    explicit CapacityError(const std::string& message) : Error(ExitCode::would_not_fit, message) {}
};
/// A file that cannot be read or written, or that is not what it should be.
struct IoError : Error {
    explicit IoError(const std::string& message) : Error(ExitCode::io, message) {}
};
/// An integration that left the finite numbers.
struct DivergenceError : Error {
    explicit DivergenceError(const std::string& message) : Error(ExitCode::divergence, message) {}
};
/// A call to a GPU that failed, or a GPU that is not there; the device's memory being too small is a CapacityError.
struct DeviceError : Error {
    /// lost: nothing more can be computed on that device by this process.
    explicit DeviceError(const std::string& message, bool lost = false) : Error(ExitCode::runtime, message), lost_(lost) {}
    bool lost() const noexcept { return lost_; }
private:
    bool lost_;
};
/// Stopped on request; what was finished is kept and the work can be resumed.
struct Stopped : Error {
    Stopped(ExitCode code, const std::string& message) : Error(code, message) {}
};

}  // namespace spikemass
