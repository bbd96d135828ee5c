#pragma once
// Which points train, which validate, which test: by swept values that are held out, never by chance.

#include <cstdint>
#include <string>
#include <vector>

#include "host/output/records.hpp"

namespace spikemass::handover {

enum class Split : std::int8_t { train = 0, validation = 1, test_interpolation = 2, test_extrapolation = 3 };
inline constexpr const char* split_meanings = "train validation test_interpolation test_extrapolation";

struct SplitOptions {
    std::vector<std::string> hold_out;      ///< "PATH=v1,v2", or "none" alone; empty: of the swept mean in-degrees the lowest and the second largest
    std::vector<std::string> validation;    ///< "PATH=v1,v2"
};

struct Splits {
    std::vector<Split> of;                  ///< [point that is exported]
    std::string hold_out, validation;       ///< what was done, in words; empty validation: none
    std::vector<std::string> notes;         ///< what the reader should know, one sentence each
};

/// PATH is a swept key or its coordinate's name in the dataset.  A point with a value that is held out tests: extrapolation where some such value lies outside the range of
/// the values at the points that are not held out (text and booleans have no range, so they do), interpolation elsewhere.  `points`: indices into header.points that are exported.
/// Errors: ConfigurationError for a key that was not swept, a value that is not there, nothing left to train on, and for too few levels for the default.
Splits make_splits(const output::SweepHeader& header, const std::vector<std::size_t>& points, const SplitOptions& options, const std::string& where);

}  // namespace spikemass::handover
