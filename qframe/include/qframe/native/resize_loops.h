/* The kernels of resize.h in plain C; inlined, so that target regions vectorise them. */
#ifndef QF_RESIZE_LOOPS_H
#define QF_RESIZE_LOOPS_H

#include "resize.h"

/* The number that a code stands for. */
QF_INLINE float qf_number(uint8_t code, uint8_t flip) { return (float)((code ^ flip) - flip); }

QF_INLINE void qf_pick_loop(const uint8_t *line, const int32_t *index, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = line[index[i]];
}

QF_INLINE void qf_blend_codes_loop(const uint8_t *line, const qf_sources *sources, size_t count, uint8_t flip,
                                   float *out) {
    for (size_t i = 0; i < count; i++) {
        float left = sources[0].weight[i] * qf_number(line[sources[0].index[i]], flip);
        out[i] = left + sources[1].weight[i] * qf_number(line[sources[1].index[i]], flip);
    }
}

/* One pixel, from two. */
QF_INLINE void qf_blend_pixel_loop(const uint8_t *a, const uint8_t *b, float a_weight, float b_weight,
                                   size_t channels, uint8_t flip, float *out) {
    for (size_t c = 0; c < channels; c++)
        out[c] = a_weight * qf_number(a[c], flip) + b_weight * qf_number(b[c], flip);
}

QF_INLINE void qf_blend_lines_loop(const float *a, const float *b, size_t count, const qf_blend *blend,
                                   uint8_t *out) {
    const int32_t flip = blend->flip;
    const qf_bounds bounds = qf_make_bounds(-flip, 255 - flip, blend->zero_point);
    const float zero_point = (float)blend->zero_point;
    for (size_t i = 0; i < count; i++) {
        float value = blend->first_weight * a[i] + blend->second_weight * b[i];
        out[i] = (uint8_t)qf_round_code(value - zero_point, bounds);
    }
}

#endif
