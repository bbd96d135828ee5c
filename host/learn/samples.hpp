#pragma once
// What free-form search sees: p^ and q^ of the trained networks where the data went, and those that steady windows measure.

#include <filesystem>
#include <string>
#include <vector>

#include "host/learn/symbolic.hpp"

namespace spikemass::learn {

/// Rows (r, v) of the segments that a form was trained on, every `stride`-th bin; of steady windows where there are no segments or the stage is steady.
std::vector<Sample> visited(const TrainingData& data, Stage stage, std::size_t stride);

struct SampleRow {
    closures::Features<double> features;
    double p = 0.0, q = 0.0;   ///< p^, q^
    double sigma = 0.0;        ///< of both
    bool measured = false;     ///< by a steady window; otherwise of the network
};

/// The network `theta` (row of `networks`: all that are trained, itself among them) at `places`, and the steady windows themselves.
/// Why both: only the network knows p^ and q^ in transients, where s reaches 0 and beyond; the windows are free of its compromises.  sigma joins what the networks of an ensemble disagree about (or the window's
/// standard error) with the error of p^ that moves |W| by 0.4 %, the noise of a steady state: 2 |W|^2 0.004/A.  Where nothing in the data depends on p^, it weighs little.
std::vector<SampleRow> sample_rows(const Form& network, const std::vector<double>& theta, const std::vector<std::vector<double>>& networks, const std::vector<Sample>& places, const std::vector<SteadyWindow>& windows);

/// Columns s,c,eps,h,sg,p,q,sigma,measured.
std::string csv_of(const std::vector<SampleRow>& rows);

/// Root mean squares of p^ and q^ over the rows that are the network's.
struct Size {
    double p = 0.0, q = 0.0;
};
Size rms(const std::vector<SampleRow>& rows);

}  // namespace spikemass::learn
