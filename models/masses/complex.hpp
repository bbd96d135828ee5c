#pragma once
// Complex numbers over any scalar type: std::complex promises nothing for dual numbers, which the masses are differentiated with.

#include <cmath>
#include <type_traits>

namespace spikemass::models {

template <class T>
struct Complex {
    T re{}, im{};
};

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<Complex<T>> = true;

template <class T>
Complex<T> operator+(const Complex<T>& a, const Complex<T>& b) { return {a.re + b.re, a.im + b.im}; }
template <class T>
Complex<T> operator-(const Complex<T>& a, const Complex<T>& b) { return {a.re - b.re, a.im - b.im}; }
template <class T>
Complex<T> operator-(const Complex<T>& a) { return {-a.re, -a.im}; }
template <class T>
Complex<T> operator*(const Complex<T>& a, const Complex<T>& b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
template <class T, class S>
    requires(!is_complex<S>)
Complex<T> operator*(const Complex<T>& a, const S& s) { return {a.re * s, a.im * s}; }
template <class T>
Complex<T> operator/(const Complex<T>& a, const Complex<T>& b) {
    const T scale = 1.0 / (b.re * b.re + b.im * b.im);
    return {(a.re * b.re + a.im * b.im) * scale, (a.im * b.re - a.re * b.im) * scale};
}
template <class T>
Complex<T> conj(const Complex<T>& a) { return {a.re, -a.im}; }
template <class T>
Complex<T> times_i(const Complex<T>& a) { return {-a.im, a.re}; }
template <class T>
T norm(const Complex<T>& a) { return a.re * a.re + a.im * a.im; }
template <class T>
T arg(const Complex<T>& a) {
    using std::atan2;
    return atan2(a.im, a.re);
}
/// 1/a
template <class T>
Complex<T> reciprocal(const Complex<T>& a) {
    const T scale = 1.0 / norm(a);
    return {a.re * scale, -a.im * scale};
}

}  // namespace spikemass::models
