/* Depthwise convolutions with dot products of signed bytes (SDOT): codes are lowered by 128. */
#include "arm.h"

#if QF_ARM64_DOT
#include <qframe/simd.h>

QF_TARGET_BEGIN(QF_DOTPROD)

#define LOAD_CODES(at) veorq_u8(vld1q_u8(at), vdupq_n_u8(0x80))

QF_INLINE int32x4_t dot(int32x4_t sums, uint8x16_t codes, int8x16_t weights) {
    return vdotq_s32(sums, vreinterpretq_s8_u8(codes), weights);
}

#include "depthwise_dot.h"

const qf_depthwise_kernel qf_depthwise_dotprod = {"qf_depthwise_u8s8__dotprod", 1, 0, 4, 1, 128, run};

QF_TARGET_END
#endif
