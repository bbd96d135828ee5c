// What nvcc makes of plain arithmetic under the project's flags; tests/gpu/exact_flags_test.py reads its PTX.
__global__ void exact_flags(float* f, double* d) {
    f[0] = f[1] * f[2] + f[3];
    f[4] = f[5] / f[6];
    f[7] = sqrtf(f[8]);
    d[0] = d[1] * d[2] + d[3];
    d[4] = d[5] / d[6];
    d[7] = sqrt(d[8]);
}
