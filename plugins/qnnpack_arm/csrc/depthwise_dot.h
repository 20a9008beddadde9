/* The registers of qframe/native/depthwise_line.h for dot products of four bytes, 16 channels at once; included inside a
 * target region, after
 *     LOAD_CODES(at)                  of activations, which may be lowered
 *     dot(sums, codes, weights)
 */
#include <qframe/requant_arm.h>

#define NAMED(name) name##128
#define V uint8x16_t
#define CHANNELS 16
#define GROUP 4
#define LOAD(at) vld1q_u8((const uint8_t *)(at))
#define ZERO vdupq_n_u8(0)
#define ZIP8_LOW vzip1q_u8
#define ZIP8_HIGH vzip2q_u8
#define ZIP16_LOW(a, b) vreinterpretq_u8_u16(vzip1q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)))
#define ZIP16_HIGH(a, b) vreinterpretq_u8_u16(vzip2q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)))

QF_INLINE void multiply_add128(const V *pixels, const V *weights, V *sums) {
    QF_UNROLL for (int i = 0; i < 4; i++)
        sums[i] = vreinterpretq_u8_s32(dot(vreinterpretq_s32_u8(sums[i]), pixels[i], vreinterpretq_s8_u8(weights[i])));
}

typedef struct finish128 {
    float32x4_t bias[4], multiplier[4];
    qf_bounds16 bounds;
} finish128;

QF_INLINE finish128 load_finish128(const qf_requant *q, size_t from) {
    finish128 f = {.bounds = qf_make_bounds16(q->bounds)};
    QF_UNROLL for (size_t i = 0; i < 4; i++)
        f.bias[i] = vld1q_f32(q->bias + from + 4 * i), f.multiplier[i] = vld1q_f32(q->multiplier + from + 4 * i);
    return f;
}

QF_INLINE V codes128(const V *sums, const finish128 *f) {
    float32x4_t values[4];
    QF_UNROLL for (int i = 0; i < 4; i++)
        values[i] = qf_scaled4(vreinterpretq_s32_u8(sums[i]), f->bias[i], f->multiplier[i]);
    return qf_round16(values, &f->bounds);
}

#include <qframe/native/depthwise_line.h>

QF_INLINE void blocks(const qf_depthwise_line *line, const size_t taps, const size_t row_taps) {
    for (size_t from = 0; from < line->channels; from += CHANNELS)
        block128(line, from, row_taps ? row_block128(line, from, taps, row_taps) : 0, taps);
}

#include <qframe/native/depthwise_run.h>
