/* Between float and codes, NEON. */
#include <qframe/portable.h>
#include <qframe/requant_arm.h>

#include "arm.h"

#if QF_ARM64

void qf_quantize8__neon(const float *x, size_t count, float reciprocal, qf_bounds bounds, uint8_t *out) {
    const qf_bounds16 wide = qf_make_bounds16(bounds);
    if (count < 16) {
        qf_quantize_loop(x, count, reciprocal, bounds, out);
        return;
    }
    QF_FOR_STEPS(i, 16, count) {
        float32x4_t values[4];
        QF_UNROLL for (size_t k = 0; k < 4; k++) values[k] = vmulq_n_f32(vld1q_f32(x + i + 4 * k), reciprocal);
        vst1q_u8(out + i, qf_round16(values, &wide));
    }
}

/* What is not a number is left out, but counted. */
int qf_min_max__neon(const float *x, size_t count, float *low, float *high) {
    if (count < 8) return qf_min_max_loop(x, count, low, high);
    float32x4_t least[2], most[2];
    uint32x4_t ordered = vdupq_n_u32(UINT32_MAX);
    QF_UNROLL for (int k = 0; k < 2; k++) least[k] = most[k] = vld1q_f32(x + 4 * k);
    QF_FOR_STEPS(i, 8, count) {
        QF_UNROLL for (int k = 0; k < 2; k++) {
            float32x4_t values = vld1q_f32(x + i + 4 * k);
            least[k] = vminnmq_f32(least[k], values), most[k] = vmaxnmq_f32(most[k], values);
            ordered = vandq_u32(ordered, vceqq_f32(values, values));
        }
    }
    *low = vminnmvq_f32(vminnmq_f32(least[0], least[1]));
    *high = vmaxnmvq_f32(vmaxnmq_f32(most[0], most[1]));
    return vminvq_u32(ordered) != 0;
}

#endif
