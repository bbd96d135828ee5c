#pragma once
// Residuals of one point by multiple shooting, and their derivatives in dual numbers.

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "host/fit/parameters.hpp"
#include "host/fit/recording.hpp"
#include "host/mass/integrator.hpp"

namespace spikemass::fit {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct ShootingOptions {
    mass::MassOptions mass;
    double segment = 0.0;        ///< length, time units; 0: the whole recording
    double continuity = 1.0;     ///< weight of the jumps between segments, in units of a bin's weight; 0: segments know nothing of each other
    bool from_network = false;   ///< the state comes from the network file through the warm-up: nothing of it is free, and there is one segment
    double robust = 0.0;         ///< pseudo-Huber beyond this many standard deviations of a bin; 0: squares
};

/// y(start of each segment) are free, with the closure's hidden states and the stages of synapses.  Columns: the parameters, then the states, segment by segment.  Rows: every bin's
/// series, then the jumps at the ends of segments, then what little is known of hidden states at the start.
/// A delayed rate comes from the trajectory of the segments before; before the recording it is the rate of the first state (from_network: of the network file).
class Shooting {
public:
    /// `recording` must outlive it.  Throws ConfigurationError: no mass of this closure, a mass of classes without from_network, segments that are no whole number of bins.
    Shooting(const Recording& recording, const std::vector<Parameter>& parameters, const ShootingOptions& options);

    std::size_t parameters() const { return parameters_.size(); }
    std::size_t segments() const { return first_bin_.size(); }
    std::size_t states() const { return options_.from_network ? 0 : model_.size() * segments(); }   ///< free ones
    std::size_t rows() const { return rows_; }
    const Recording& recording() const { return recording_; }
    /// The bin that a row belongs to.
    std::size_t bin_of(std::size_t row) const;
    bool is_data(std::size_t row) const { return row < data_rows(); }
    bool non_negative(std::size_t state) const;      ///< a density's rate

    /// States [states()] from the data: rates and v of the bins around the starts of segments, hidden states from a mass that is led along the data.
    std::vector<double> guess(const std::vector<double>& theta);

    struct Values {
        Eigen::VectorXd residuals;           ///< [rows()]
        Matrix jacobian;                     ///< [rows()][parameters() + states()]; empty where not asked for
        std::string diverged;                ///< where and when the mass left its range; residuals are then not to be used
    };
    Values evaluate(const double* theta, const double* states, bool derivatives) const;

    /// Sub-steps that the mass needs at theta; `use_substeps` takes them.
    std::int64_t substeps(const std::vector<double>& theta) const;
    void use_substeps(std::int64_t n) { substeps_ = n; }
    std::int64_t used_substeps() const { return substeps_; }

private:
    std::size_t data_rows() const { return recording_.series.size() * recording_.bins(); }
    std::size_t last_bin(std::size_t segment) const { return segment + 1 < segments() ? first_bin_[segment + 1] : recording_.bins(); }
    bool measured(std::size_t state) const;  ///< a population's rho or v
    template <class T>
    mass::BasicMassModel<T> model_at(const T* theta) const;
    template <class T>
    mass::BasicIntegrator<T> begin(const mass::BasicMassModel<T>& model, const std::vector<std::vector<T>>& starts) const;
    template <class T>
    void fill_input(const T* theta, std::int64_t step, std::vector<T>& input) const;
    /// From where the integrator stands, the start of `segment`, to the end of `last`: put(row, value) for every row of data and jumps, reached(segment) at the start of each.
    template <class T, class Put, class Reached>
    void integrate(mass::BasicIntegrator<T>& integrator, const T* theta, const std::vector<std::vector<T>>& starts, std::size_t segment, std::size_t last, Put&& put, Reached&& reached) const;

    const Recording& recording_;
    std::vector<Parameter> parameters_;
    ShootingOptions options_;
    mass::MassModel model_;
    std::vector<std::size_t> first_bin_;                ///< [segment]
    std::int64_t first_step_ = 0, last_step_ = 0, substeps_ = 1;
    std::vector<double> input_;                         ///< [step][population], from first_step_
    std::vector<std::vector<double>> unit_;             ///< [free amplitude][step]: what one unit of it adds to its population
    std::vector<std::size_t> amplitude_;                ///< [free amplitude]: index of the parameter
    std::vector<double> state_weight_;                  ///< [model state]: of jumps
    std::vector<double> prior_, prior_weight_;          ///< [states()]: 0 weight for measured ones
    double largest_input_ = 0.0;
    bool lags_ = false;                                 ///< a segment feels those before it
    std::size_t rows_ = 0;
};

}  // namespace spikemass::fit
