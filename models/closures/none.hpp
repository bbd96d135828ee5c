#pragma once

#include "models/closures/closure.hpp"

namespace spikemass::closures {

/// p = q = 0: the exact mass of the all-to-all network.  doi:10.1103/PhysRevX.5.021028
struct None {
    static constexpr std::string_view name = "none";
    static constexpr bool uses_ratio = false, degree_classes = false;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A>) const { return 0; }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A>, const Complex<T>&, const Presynaptic<T>*, const T*, T*) const { return {}; }
};
static_assert(Closure<None>);

}  // namespace spikemass::closures
