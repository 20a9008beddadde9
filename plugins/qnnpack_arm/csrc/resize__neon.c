/* Interpolation, NEON: shuffles of 16 codes; 8 channels of a pixel at once, the last of them overlapping. */
#include <qframe/requant_arm.h>

#include "arm.h"

#if QF_ARM64
#include <qframe/native/resize_windows.h>

static void pick(const uint8_t *line, size_t length, const qf_sources *sources, size_t count, uint8_t *out) {
    qf_pick_windows(line, length, sources, count, out);
}

static void copy_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                        size_t count, uint8_t *out) {
    qf_copy_pixels_in_steps(line, stride, channels, sources, count, out);
}

/* The numbers of 8 codes, which are unsigned ones, or signed ones where flip is 0x80. */
QF_INLINE void numbers8(uint8x8_t codes, int16x8_t flip, float32x4_t *to) {
    int16x8_t unsigned_ = vreinterpretq_s16_u16(vmovl_u8(veor_u8(codes, vmovn_u16(vreinterpretq_u16_s16(flip)))));
    int16x8_t numbers = vsubq_s16(unsigned_, flip);
    to[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(numbers))), to[1] = vcvtq_f32_s32(vmovl_high_s16(numbers));
}

QF_INLINE float32x4_t blend4(float32x4_t a, float32x4_t a_weight, float32x4_t b, float32x4_t b_weight) {
    return vaddq_f32(vmulq_f32(a_weight, a), vmulq_f32(b_weight, b));
}

static void blend_codes(const uint8_t *line, size_t length, const qf_sources *sources, size_t count, uint8_t flip,
                        float *out) {
    const int16x8_t flips = vdupq_n_s16(flip);
    uint8_t copy[QF_WINDOW] = {0};
    line = qf_readable(line, length, copy);
    for (size_t i = 0; i < count; i += QF_WINDOW) {
        uint8x16_t a = qf_sixteen(line, sources, i, count), b = qf_sixteen(line, sources + 1, i, count);
        float32x4_t left[4], right[4];
        numbers8(vget_low_u8(a), flips, left), numbers8(vget_high_u8(a), flips, left + 2);
        numbers8(vget_low_u8(b), flips, right), numbers8(vget_high_u8(b), flips, right + 2);
        QF_UNROLL for (size_t k = 0; k < 4; k++)
            vst1q_f32(out + i + 4 * k, blend4(left[k], vld1q_f32(sources[0].weight + i + 4 * k), right[k],
                                              vld1q_f32(sources[1].weight + i + 4 * k)));
    }
}

/* Channels of one pixel, at least 8. */
QF_INLINE void blend_pixel(const uint8_t *a, const uint8_t *b, float a_factor, float b_factor, size_t channels,
                           int16x8_t flip, float *out) {
    const float32x4_t a_weight = vdupq_n_f32(a_factor), b_weight = vdupq_n_f32(b_factor);
    QF_FOR_STEPS(c, 8, channels) {
        float32x4_t left[2], right[2];
        numbers8(vld1_u8(a + c), flip, left), numbers8(vld1_u8(b + c), flip, right);
        vst1q_f32(out + c, blend4(left[0], a_weight, right[0], b_weight));
        vst1q_f32(out + c + 4, blend4(left[1], a_weight, right[1], b_weight));
    }
}

static void blend_pixels(const uint8_t *line, ptrdiff_t stride, size_t channels, const qf_sources *sources,
                         size_t count, uint8_t flip, float *out) {
    for (size_t i = 0; i < count; i++, out += channels) {
        const uint8_t *a = line + sources[0].index[i] * stride, *b = line + sources[1].index[i] * stride;
        float a_weight = sources[0].weight[i], b_weight = sources[1].weight[i];
        if (channels < 8) qf_blend_pixel_loop(a, b, a_weight, b_weight, channels, flip, out);
        else blend_pixel(a, b, a_weight, b_weight, channels, vdupq_n_s16(flip), out);
    }
}

QF_INLINE uint8x16_t codes16(const float *a, const float *b, const qf_blend *blend, const qf_bounds16 *bounds) {
    const float32x4_t a_weight = vdupq_n_f32(blend->first_weight), b_weight = vdupq_n_f32(blend->second_weight);
    const float32x4_t zero_point = vdupq_n_f32((float)blend->zero_point);
    float32x4_t values[4];
    QF_UNROLL for (int k = 0; k < 4; k++) {
        values[k] = blend4(vld1q_f32(a + 4 * k), a_weight, vld1q_f32(b + 4 * k), b_weight);
        values[k] = vsubq_f32(values[k], zero_point);
    }
    return qf_round16(values, bounds);
}

static void blend_lines(const float *a, const float *b, size_t count, const qf_blend *blend, uint8_t *out) {
    const int32_t flip = blend->flip;
    const qf_bounds16 bounds = qf_make_bounds16(qf_make_bounds(-flip, 255 - flip, blend->zero_point));
    size_t i = 0;
    for (; i + 16 <= count; i += 16) vst1q_u8(out + i, codes16(a + i, b + i, blend, &bounds));
    if (i < count) {
        uint8_t last[16];
        vst1q_u8(last, codes16(a + i, b + i, blend, &bounds));
        memcpy(out + i, last, count - i);
    }
}

const qf_resize qf_resize_neon = {
    .pick = pick, .copy_pixels = copy_pixels, .blend_codes = blend_codes, .blend_pixels = blend_pixels,
    .blend_lines = blend_lines,
};

#endif
