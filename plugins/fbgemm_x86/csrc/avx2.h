/* AVX2 kernels that several instruction sets use. */
#ifndef QF_AVX2_H
#define QF_AVX2_H

#define NAMED(name) name##__avx2
#include <qframe/native/declare_kernels.h>

void qf_quantize8__avx512(const float *, size_t, float, qf_bounds, uint8_t *);
void qf_dequantize_u8__avx512(const uint8_t *, size_t, float, int32_t, float *);
void qf_dequantize_i8__avx512(const int8_t *, size_t, float, int32_t, float *);

#endif
