/* Depthwise convolutions with products of 16 bits, 8 channels at once; the last step overlaps. */
#include <qframe/requant_arm.h>
#include <qframe/native/depthwise.h>

#include "arm.h"

#if QF_ARM64

enum { TOGETHER = 4 }; /* windows that share the codes which are widened */

/* What the windows of one block share. */
typedef struct shared {
    int32x4_t start[2];
    float32x4_t bias[2], multiplier[2];
    qf_bounds16 bounds;
} shared;

QF_INLINE shared load_shared(const qf_depthwise_line *line, size_t from) {
    const qf_requant *q = &line->requant;
    shared s = {.bounds = qf_make_bounds16(q->bounds)};
    QF_UNROLL for (size_t half = 0; half < 2; half++) {
        s.start[half] = vld1q_s32(line->start + from + 4 * half);
        s.bias[half] = vld1q_f32(q->bias + from + 4 * half);
        s.multiplier[half] = vld1q_f32(q->multiplier + from + 4 * half);
    }
    return s;
}

QF_INLINE int16x8_t widened(const uint8_t *x) { return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(x))); }

QF_INLINE void multiply_add(int16x8_t codes, int16x8_t weights, int32x4_t *sums) {
    sums[0] = vmlal_s16(sums[0], vget_low_s16(codes), vget_low_s16(weights));
    sums[1] = vmlal_high_s16(sums[1], codes, weights);
}

/* The codes of two windows. */
QF_INLINE uint8x16_t finish(const int32x4_t *first, const int32x4_t *second, const shared *s) {
    float32x4_t values[4];
    QF_UNROLL for (int half = 0; half < 2; half++) {
        values[half] = qf_scaled4(first[half], s->bias[half], s->multiplier[half]);
        values[2 + half] = qf_scaled4(second[half], s->bias[half], s->multiplier[half]);
    }
    return qf_round16(values, &s->bounds);
}

/* Windows first .. line->count of the block that starts at channel `from`; `taps` is a constant where that helps. */
QF_INLINE void block(const qf_depthwise_line *line, size_t from, size_t first, const size_t taps) {
    const int16_t *weights = (const int16_t *)line->weights + from;
    const shared s = load_shared(line, from);
    const uint8_t *x = line->x + from + first * line->step;
    for (size_t i = first; i < line->count; i++, x += line->step) {
        int32x4_t sums[2] = {s.start[0], s.start[1]};
        QF_UNROLL_BY(9) for (size_t tap = 0; tap < taps; tap++)
            multiply_add(widened(x + line->offsets[tap]), vld1q_s16(weights + tap * line->channels), sums);
        vst1_u8(line->out + from + i * line->channels, vget_low_u8(finish(sums, sums, &s)));
    }
}

/* Neighbours, TOGETHER at once: each code is widened once for all windows that it lies in.  Returns how many windows
 * are done. */
QF_INLINE size_t row_block(const qf_depthwise_line *line, size_t from, const size_t taps, const size_t row_taps) {
    const size_t channels = line->channels, done = line->count / TOGETHER * TOGETHER, rows = taps / row_taps;
    const int16_t *weights = (const int16_t *)line->weights + from;
    const shared s = load_shared(line, from);
    const uint8_t *x = line->x + from;
    uint8_t *out = line->out + from;
    for (size_t left = done; left > 0; left -= TOGETHER, x += TOGETHER * channels) {
        int32x4_t sums[TOGETHER][2];
        QF_UNROLL for (size_t w = 0; w < TOGETHER; w++) sums[w][0] = s.start[0], sums[w][1] = s.start[1];
        QF_UNROLL for (size_t row = 0; row < rows; row++) {
            const uint8_t *pixel = x + line->offsets[row * row_taps];
            int16x8_t row_weights[5];
            QF_UNROLL for (size_t k = 0; k < row_taps; k++)
                row_weights[k] = vld1q_s16(weights + (row * row_taps + k) * channels);
            QF_UNROLL for (size_t p = 0; p < row_taps + TOGETHER - 1; p++, pixel += channels) {
                int16x8_t codes = widened(pixel);
                QF_UNROLL for (size_t w = 0; w < TOGETHER; w++)
                    if (p >= w && p < w + row_taps) multiply_add(codes, row_weights[p - w], sums[w]);
            }
        }
        QF_UNROLL for (size_t w = 0; w < TOGETHER; w += 2, out += 2 * channels) {
            uint8x16_t codes = finish(sums[w], sums[w + 1], &s);
            vst1_u8(out, vget_low_u8(codes));
            vst1_u8(out + channels, vget_high_u8(codes));
        }
    }
    return done;
}

QF_INLINE void blocks(const qf_depthwise_line *line, const size_t taps, const size_t row_taps) {
    if (line->channels < 8) {
        qf_depthwise_portable.run(line);
        return;
    }
    QF_FOR_STEPS(from, 8, line->channels)
        block(line, from, row_taps ? row_block(line, from, taps, row_taps) : 0, taps);
}

#include <qframe/native/depthwise_run.h>

const qf_depthwise_kernel qf_depthwise_neon = {"qf_depthwise_u8s16__neon", 0, 0, 1, 2, 0, run};

#endif
