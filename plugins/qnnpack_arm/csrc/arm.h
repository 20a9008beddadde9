/* What each ARM instruction set provides, as native/kernels.h asks for it. */
#ifndef QF_ARM_H
#define QF_ARM_H

#include <qframe/native/depthwise.h>
#include <qframe/native/elementwise.h>
#include <qframe/native/fake_quantize.h>
#include <qframe/native/norms.h>
#include <qframe/native/resize.h>

#if QF_ARM64
extern const qf_kernels qf_kernels_neon, qf_kernels_dotprod, qf_kernels_i8mm;
extern const qf_depthwise_kernel qf_depthwise_neon, qf_depthwise_dotprod, qf_depthwise_i8mm;
extern const qf_elementwise qf_elementwise_neon;
extern const qf_fake_quantize_kernels qf_fake_quantize_neon;
extern const qf_norm_kernels qf_norm_neon;
extern const qf_resize qf_resize_neon;

void qf_requant_rows__neon(const int32_t *, size_t, size_t, const qf_requant *, size_t, uint8_t *, size_t);
void qf_rescale__neon(const int32_t *, size_t, const float *, const float *, int, float *);
void qf_start__neon(const int32_t *, size_t, int32_t, int32_t *);
void qf_transform__neon(const float *, const float *, size_t, int, float, float, float *, float *);
void qf_interleave__neon(const uint8_t *, size_t, size_t, size_t, uint8_t *);
void qf_widen__neon(const uint8_t *, size_t, int16_t *);
int32_t qf_sum_u8__neon(const uint8_t *, size_t);
uint8_t qf_max_u8__neon(const uint8_t *, size_t);
int qf_min_max__neon(const float *, size_t, float *, float *);
void qf_quantize8__neon(const float *, size_t, float, qf_bounds, uint8_t *);
void qf_dequantize_u8__neon(const uint8_t *, size_t, float, int32_t, float *);
void qf_dequantize_i8__neon(const int8_t *, size_t, float, int32_t, float *);
void qf_half_6x16__neon(size_t, size_t, const float *, size_t, const uint16_t *, float *);
void qf_half_row__neon(size_t, size_t, const float *, const uint16_t *, float *);
void qf_cell__neon(int, const float *, const float *, size_t, float *, float *);
void qf_max_windows__neon(const uint8_t *, const qf_windows *, size_t, uint8_t, uint8_t *);
void qf_average_windows__neon(const uint8_t *, const qf_windows *, size_t, const qf_average *, uint8_t *);
#endif

#endif
