/* float32 times half precision, NEON. */
#include <qframe/simd.h>

#include "arm.h"

#if QF_ARM64

#define FLOATS float32x4_t
#define WIDTH 4

QF_INLINE float32x4_t load_halves(const uint16_t *from) {
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)));
}
QF_INLINE float32x4_t multiply_add(float32x4_t sum, float32x4_t value, float32x4_t weights) {
    return vfmaq_f32(sum, value, weights);
}
QF_INLINE float32x4_t broadcast(const float *from) { return vld1q_dup_f32(from); }
QF_INLINE void store_floats(float *to, float32x4_t floats) { vst1q_f32(to, floats); }
QF_INLINE float32x4_t zeros(void) { return vdupq_n_f32(0.0f); }

#include <qframe/native/half_tile.h>

void qf_half_6x16__neon(size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel, float *out) {
    any_tile(mr, k, x, stride, panel, out);
}

void qf_half_row__neon(size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    any_row(panels, k, x, packed, out);
}

#endif
