// A kernel that must spill: 96 values live at once, and at most 64 registers.  tests/check_registers_test.py expects the check to catch it.
__global__ void __launch_bounds__(1024) planted_spill(float* data, int rounds) {
    float value[96];
#pragma unroll
    for (int i = 0; i < 96; ++i) value[i] = data[i * 1024 + threadIdx.x];
    for (int round = 0; round < rounds; ++round)
#pragma unroll
        for (int i = 0; i < 96; ++i) value[i] = value[i] * value[(i * 7 + 1) % 96] + 1.0f;
#pragma unroll
    for (int i = 0; i < 96; ++i) data[i * 1024 + threadIdx.x] = value[i];
}
