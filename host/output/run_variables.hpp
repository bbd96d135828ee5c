#pragma once
// The variables of the runs in one group of a dataset.  Private to host/output.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/output/layout.hpp"
#include "host/output/records.hpp"

namespace spikemass::output {

/// Defines and fills the variables of layout::run_variables in the root group (run = point) or in /reference (run = reference).
/// Time series go to the file as they come, one trial at a time; what is small is collected and written by finish().
class RunVariables {
public:
    /// `coordinates`: names of the swept coordinates, for the attribute of that name; may be empty.
    RunVariables(int group, const SweepHeader&, const std::string& run_dimension, std::size_t n_runs, const std::string& coordinates, bool wide_counts);
    void write(std::size_t run, std::size_t trial, const std::optional<TrialRecord>&);
    /// n_neurons: [run][population].
    void finish(const std::vector<std::int64_t>& n_neurons);

private:
    void define(const layout::VariableSpec&, const std::string& run_dimension, const std::string& coordinates);
    void write_series(std::size_t run, std::size_t trial, const char* name, const RunResult&, std::vector<double> PopulationBins::*member, double scale,
                      const std::function<bool(std::size_t)>& has = {});   // has: populations that this variable holds; default all
    void write_counts(std::size_t run, std::size_t trial, const RunResult*);
    std::vector<std::size_t> slab_count() const { return {1, 1, bins_, header_.populations.size()}; }

    int group_;
    const SweepHeader& header_;
    std::size_t trials_, bins_;
    bool wide_counts_;
    std::map<std::string, int> id_;
    std::vector<std::int8_t> status_;                        ///< [run][trial], as all below unless said otherwise
    std::vector<std::string> message_, warnings_;
    std::map<std::string, std::vector<std::uint64_t>> unsigned_;   ///< or [run][trial][projection]
    std::map<std::string, std::vector<double>> real_;              ///< or [run][trial][projection], [run][trial][population]
    std::vector<double> delay_;                              ///< [run][projection]
};

}  // namespace spikemass::output
