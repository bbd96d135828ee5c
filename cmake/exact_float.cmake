# The only floating-point flags of the project.  Every target that runs model code links spikemass_exact_float:
# spikes must be the same bits for every compiler, optimisation level and instruction set (docs/numerics.md).
add_library(spikemass_exact_float INTERFACE)
target_compile_options(spikemass_exact_float INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-v3;-ffp-contract=off;-fno-trapping-math;-fno-math-errno>")
target_include_directories(spikemass_exact_float INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(spikemass_exact_float INTERFACE cxx_std_20)
