#include "host/analysis/fft.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include <fftw3.h>

#include "models/base/error.hpp"

namespace spikemass::analysis {
namespace {

// FFTW's planner keeps global tables: only execution may run in several threads at once.
std::mutex planner;

struct Free {
    void operator()(void* p) const { fftw_free(p); }
};
struct DestroyPlan {
    void operator()(fftw_plan plan) const {
        const std::scoped_lock lock(planner);
        fftw_destroy_plan(plan);
    }
};
using Plan = std::unique_ptr<std::remove_pointer_t<fftw_plan>, DestroyPlan>;
using Reals = std::unique_ptr<double[], Free>;
using Complexes = std::unique_ptr<fftw_complex[], Free>;

}  // namespace

std::vector<std::complex<double>> forward_fft(std::span<const double> x, std::size_t length) {
    if (length == 0) return {};
    if (x.size() > length)
        throw ConfigurationError("Fourier transform: the series is longer than the transform; ask for a length of at least its number of samples.");
    const Reals in(fftw_alloc_real(length));
    const Complexes out(fftw_alloc_complex(length / 2 + 1));
    Plan plan;
    {
        const std::scoped_lock lock(planner);
        plan.reset(fftw_plan_dft_r2c_1d(static_cast<int>(length), in.get(), out.get(), FFTW_ESTIMATE));
    }
    std::fill(std::copy(x.begin(), x.end(), in.get()), in.get() + length, 0.0);
    fftw_execute(plan.get());
    std::vector<std::complex<double>> result(length / 2 + 1);
    for (std::size_t k = 0; k < result.size(); ++k) result[k] = {out[k][0], out[k][1]};
    return result;
}

std::vector<double> inverse_fft(std::span<const std::complex<double>> spectrum, std::size_t length) {
    if (length == 0) return {};
    if (spectrum.size() != length / 2 + 1)
        throw ConfigurationError("Inverse Fourier transform: a real series of n samples needs n/2 + 1 frequencies.");
    const Complexes in(fftw_alloc_complex(spectrum.size()));
    const Reals out(fftw_alloc_real(length));
    Plan plan;
    {
        const std::scoped_lock lock(planner);
        plan.reset(fftw_plan_dft_c2r_1d(static_cast<int>(length), in.get(), out.get(), FFTW_ESTIMATE));
    }
    for (std::size_t k = 0; k < spectrum.size(); ++k) {
        in[k][0] = spectrum[k].real();
        in[k][1] = spectrum[k].imag();
    }
    fftw_execute(plan.get());
    return {out.get(), out.get() + length};
}

}  // namespace spikemass::analysis
