#pragma once
// The project's own elementary functions: exp, log, sin, cos, tan, atan, pow in float32 and float64, log1p, atan2, sinpi,
// cospi, tanpi and cotpi in float64.  They consist of + - * / sqrt, explicit fma, compares, selects, integers and bit
// casts, so every compiler, optimisation level, instruction set and device gives the same bits (docs/numerics.md, rule 1).

#include "models/base/arithmetic.hpp"
#include "models/base/math_angles_f64.hpp"
#include "models/base/math_f32.hpp"
#include "models/base/math_f64.hpp"
