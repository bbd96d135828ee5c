#pragma once
// The numbers of SpikeStatistics by name.  A header of its own: nvcc's warnings do not like pointers to members.

#include "kernels/observables.hpp"

namespace spikemass {

/// The numbers of SpikeStatistics, each named once: journal, dataset and JSON follow this list.
inline constexpr struct {
    const char* name;
    double SpikeStatistics::*member;
} spike_statistics_list[] = {
    {"isi_cv", &SpikeStatistics::isi_cv}, {"isi_cv_sd", &SpikeStatistics::isi_cv_sd}, {"isi_lv", &SpikeStatistics::isi_lv}, {"isi_lv_sd", &SpikeStatistics::isi_lv_sd},
    {"isi_neurons", &SpikeStatistics::isi_neurons}, {"fano_factor", &SpikeStatistics::fano_factor}, {"fano_factor_sd", &SpikeStatistics::fano_factor_sd},
    {"fano_neurons", &SpikeStatistics::fano_neurons}, {"count_correlation", &SpikeStatistics::count_correlation}, {"count_correlation_sd", &SpikeStatistics::count_correlation_sd},
    {"count_correlation_se", &SpikeStatistics::count_correlation_se}, {"correlation_neurons", &SpikeStatistics::correlation_neurons},
    {"count_variance", &SpikeStatistics::count_variance}, {"count_covariance", &SpikeStatistics::count_covariance}, {"count_covariance_se", &SpikeStatistics::count_covariance_se},
    {"synchrony", &SpikeStatistics::synchrony},
};

}  // namespace spikemass
