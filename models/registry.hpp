#pragma once
// The one list of neuron models.  Adding a model = one header and one entry here; names, kernels and tests follow from it.

#include <type_traits>

#include "models/neurons/iaf_psc_exp.hpp"
#include "models/neurons/lif.hpp"
#include "models/neurons/qif.hpp"
#include "models/neurons/theta.hpp"

namespace spikemass::models {

template <class... M>
struct TypeList {
    static constexpr int size = sizeof...(M);
    static constexpr const char* names[] = {M::name...};
};

/// State columns of the model that has most.
template <class... M>
constexpr int most_columns(TypeList<M...>) {
    int most = 0;
    ((most = M::columns > most ? M::columns : most), ...);
    return most;
}

/// In the order of NeuronKind.
using NeuronModels = TypeList<Qif, Theta, Lif, IafPscExp>;

/// Calls f.template operator()<Model>() for the model of this index.
template <class F, class... M>
auto with_model(TypeList<M...>, int index, F&& f) {
    using Result = std::common_type_t<decltype(f.template operator()<M>())...>;
    if constexpr (std::is_void_v<Result>) {
        int i = 0;
        ((i++ == index ? (f.template operator()<M>(), void()) : void()), ...);
    } else {
        Result result{};
        int i = 0;
        ((i++ == index ? (result = f.template operator()<M>(), void()) : void()), ...);
        return result;
    }
}

}  // namespace spikemass::models
