/* AVX2 kernels that several instruction sets use. */
#ifndef QF_AVX2_H
#define QF_AVX2_H

#include <qframe/native/elementwise.h>

void qf_requant_rows__avx2(const int32_t *, size_t, size_t, const qf_requant *, size_t, uint8_t *, size_t);
void qf_rescale__avx2(const int32_t *, size_t, const float *, const float *, int, float *);
void qf_start__avx2(const int32_t *, size_t, int32_t, int32_t *);
void qf_transform__avx2(const float *, const float *, size_t, int, float, float, float *, float *);
void qf_interleave__avx2(const uint8_t *, size_t, size_t, size_t, uint8_t *);
void qf_widen__avx2(const uint8_t *, size_t, int16_t *);
int32_t qf_sum_u8__avx2(const uint8_t *, size_t);
uint8_t qf_max_u8__avx2(const uint8_t *, size_t);
int qf_min_max__avx2(const float *, size_t, float *, float *);
void qf_quantize8__avx2(const float *, size_t, float, qf_bounds, uint8_t *);
void qf_dequantize_u8__avx2(const uint8_t *, size_t, float, int32_t, float *);
void qf_dequantize_i8__avx2(const int8_t *, size_t, float, int32_t, float *);
void qf_half_6x16__avx2(size_t, size_t, const float *, size_t, const uint16_t *, float *);
void qf_half_row__avx2(size_t, size_t, const float *, const uint16_t *, float *);

void qf_quantize8__avx512(const float *, size_t, float, qf_bounds, uint8_t *);
void qf_dequantize_u8__avx512(const uint8_t *, size_t, float, int32_t, float *);
void qf_dequantize_i8__avx512(const int8_t *, size_t, float, int32_t, float *);

/* What AVX2 and all above it have in common. */
#define QF_COMMON_AVX2                                                                       \
    .start = qf_start__avx2, .transform = qf_transform__avx2, .interleave = qf_interleave__avx2, \
    .rescale = qf_rescale__avx2, .widen = qf_widen__avx2, .sum_u8 = qf_sum_u8__avx2,              \
    .max_u8 = qf_max_u8__avx2, .min_max = qf_min_max__avx2, .half_tile = qf_half_6x16__avx2, \
    .half_row = qf_half_row__avx2

#endif
