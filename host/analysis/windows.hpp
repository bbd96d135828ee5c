#pragma once
// Where the input of a network is constant, and where it jumps.

#include <cstddef>
#include <vector>

namespace spikemass::analysis {

/// Bins [first, last).
struct Window {
    std::size_t first = 0, last = 0;
    bool settled = true;            ///< false: shorter than wished, the transient before it may not have died out
    std::size_t size() const { return last - first; }
};

/// A jump of the input between two stretches of constant input.
struct Edge {
    std::size_t bin = 0;            ///< the first bin with any of the new input
    std::size_t next = 0;           ///< end of the stretch that follows: the next change, or the end of the record
};

struct InputStructure {
    std::vector<Window> stationary;
    std::vector<Edge> edges;
};

struct WindowOptions {
    double transient = 20.0;        ///< time left out after each change of the input (theory: >= 20 tau and >= 10/|2v|)
    double shortest = 5.0;          ///< a stationary window is at least this long
};

/// `inputs` [population][bin]: the stimulus of every population; a bin where any of them differs from the bin before (by more than 1e-9 of the
/// largest value) is a change.  One or two changes in a row are an edge (a step inside a bin makes two); longer runs are a varying input,
/// which gives no windows.  `start`: time since the input last changed before the first bin (the warm-up).
/// If no stretch of constant input is long enough, the last half of the longest one is given with settled = false.
InputStructure analyse_input(const std::vector<std::vector<double>>& inputs, std::size_t bins, double bin, double start, const WindowOptions& options);

}  // namespace spikemass::analysis
