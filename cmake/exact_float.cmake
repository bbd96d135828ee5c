# The only floating-point flags of the project.  Every target that runs model code links spikemass_exact_float:
# spikes must be the same bits for every compiler, optimisation level and instruction set (docs/numerics.md).
# The baseline is x86-64-v3; a target that is built for another set says so in its property SPIKEMASS_ISA.
add_library(spikemass_exact_float INTERFACE)
set(isa "$<TARGET_PROPERTY:SPIKEMASS_ISA>")
target_compile_options(spikemass_exact_float INTERFACE
  "$<$<COMPILE_LANGUAGE:CXX>:-march=x86-64-$<IF:$<BOOL:${isa}>,${isa},v3>;-ffp-contract=off;-fno-trapping-math;-fno-math-errno>")
# nvcc: no contraction on the device, IEEE division, square root and subnormals (its defaults, said all the same), and the host pass as above.
target_compile_options(spikemass_exact_float INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:-fmad=false;-ftz=false;-prec-div=true;-prec-sqrt=true;-Xcompiler=-march=x86-64-v3,-ffp-contract=off,-fno-trapping-math,-fno-math-errno>")
target_include_directories(spikemass_exact_float INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(spikemass_exact_float INTERFACE cxx_std_20)
