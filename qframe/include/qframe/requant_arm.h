/* The rounding of requant.h in vectors of NEON: the same integers. */
#ifndef QFRAME_REQUANT_ARM_H
#define QFRAME_REQUANT_ARM_H

#include "requant.h"
#include "simd.h"

#if QF_ARM64

/* What limits codes, which are unsigned here: `flip` is 0x80 where they were signed (qf_make_bounds16). */
typedef struct qf_bounds16 {
    float32x4_t high;
    int16x8_t zero_point;
    uint8x16_t low, flip;
} qf_bounds16;

/* Of unsigned or signed codes; bounds that are shifted already by those who call are those of unsigned ones. */
QF_INLINE qf_bounds16 qf_make_bounds16(qf_bounds bounds) {
    int32_t low = (int32_t)bounds.low + bounds.zero_point, flip = low < 0 ? 128 : 0;
    qf_bounds16 wide = {vdupq_n_f32(bounds.high), vdupq_n_s16((int16_t)(bounds.zero_point + flip)),
                        vdupq_n_u8((uint8_t)(low + flip)), vdupq_n_u8((uint8_t)flip)};
    return wide;
}

/* 16 values to codes: half to even; values that leave int32 and int16 saturate, NaN becomes the upper bound. */
QF_INLINE uint8x16_t qf_round16(const float32x4_t *values, const qf_bounds16 *bounds) {
    int16x4_t part[4];
    QF_UNROLL for (int i = 0; i < 4; i++)
        part[i] = vqmovn_s32(vcvtnq_s32_f32(vminnmq_f32(values[i], bounds->high)));
    int16x8_t first = vqaddq_s16(vcombine_s16(part[0], part[1]), bounds->zero_point);
    int16x8_t second = vqaddq_s16(vcombine_s16(part[2], part[3]), bounds->zero_point);
    uint8x16_t codes = vcombine_u8(vqmovun_s16(first), vqmovun_s16(second));
    return veorq_u8(vmaxq_u8(codes, bounds->low), bounds->flip);
}

/* 16 codes as numbers of 32 bits. */
QF_INLINE void qf_widen16(uint8x16_t codes, uint32x4_t *numbers) {
    uint16x8_t low = vmovl_u8(vget_low_u8(codes)), high = vmovl_high_u8(codes);
    numbers[0] = vmovl_u16(vget_low_u16(low)), numbers[1] = vmovl_high_u16(low);
    numbers[2] = vmovl_u16(vget_low_u16(high)), numbers[3] = vmovl_high_u16(high);
}

/* (float(sum) + bias) * multiplier of four channels. */
QF_INLINE float32x4_t qf_scaled4(int32x4_t sums, float32x4_t bias, float32x4_t multiplier) {
    return vmulq_f32(vaddq_f32(vcvtq_f32_s32(sums), bias), multiplier);
}

#endif
#endif
