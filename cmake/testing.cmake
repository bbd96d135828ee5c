# spikemass_test(NAME SOURCES file... [LABELS l...] [LIBS lib...] [TIMEOUT s]): one GoogleTest program, one ctest entry per program.
function(spikemass_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LABELS;LIBS" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  target_link_libraries(${name} PRIVATE ${A_LIBS} GTest::gtest_main spikemass_exact_float spikemass_warnings)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  if(NOT A_LABELS)
    set(A_LABELS unit)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${A_LABELS}" TIMEOUT ${A_TIMEOUT})
endfunction()

# spikemass_gpu_test(NAME SOURCES file... [LIBS lib...] [TIMEOUT s]): tests on a device by the fixture GpuTest (tests/gpu/gpu_test.hpp); label gpu.
# ctest shows "Skipped" where the fixture found none; tests that need no device go into another program, so that such a skip cannot hide their failure.
function(spikemass_gpu_test name)
  cmake_parse_arguments(A "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  spikemass_test(${name} SOURCES ${A_SOURCES} LABELS gpu LIBS spikemass_gpu_support ${A_LIBS} TIMEOUT ${A_TIMEOUT})
  spikemass_cuda_target(${name})
  set_tests_properties(${name} PROPERTIES SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]" RESOURCE_LOCK gpu)
  set_property(GLOBAL APPEND PROPERTY SPIKEMASS_GPU_TESTS ${name})
endfunction()
