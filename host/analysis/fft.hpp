#pragma once
// Real discrete Fourier transforms by FFTW3; safe to call from several threads.

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

namespace spikemass::analysis {

/// X_k = sum_n x_n exp(-2 pi i k n / length), k = 0 .. length/2; x is padded with zeros to `length` >= x.size().
std::vector<std::complex<double>> forward_fft(std::span<const double> x, std::size_t length);

/// The unnormalised inverse: x_n = sum over all `length` frequencies; `spectrum` holds length/2 + 1 of them.
std::vector<double> inverse_fft(std::span<const std::complex<double>> spectrum, std::size_t length);

}  // namespace spikemass::analysis
