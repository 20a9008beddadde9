/* One block of channels of a depthwise line, for any width of registers.  Included once for each, after
 *     WIDTH   512 or 256
 *     GROUP   taps that are multiplied at once: 4 (vpdpbusd) or 2 (vpmaddwd)
 *     DPBUSD  with GROUP 4, the intrinsic of this width
 *     WIDE_BLOCKS, where there are both widths, and masks
 * The functions that it defines have the width in their names. */
#include "width.h"

#define CHANNELS BYTES

/* GROUP pixels, interleaved in four registers in the order that unpacking leaves.  Absent pixels count as 0. */
QF_INLINE void NAMED(interleave)(const uint8_t *x, const ptrdiff_t *offsets, size_t present, V *out) {
    V a = LOAD(x + offsets[0]), b = present > 1 ? LOAD(x + offsets[1]) : ZERO;
    V ab_low = OP(unpacklo_epi8)(a, b), ab_high = OP(unpackhi_epi8)(a, b);
#if GROUP == 4
    V c = present > 2 ? LOAD(x + offsets[2]) : ZERO, d = present > 3 ? LOAD(x + offsets[3]) : ZERO;
    V cd_low = OP(unpacklo_epi8)(c, d), cd_high = OP(unpackhi_epi8)(c, d);
    out[0] = OP(unpacklo_epi16)(ab_low, cd_low), out[1] = OP(unpackhi_epi16)(ab_low, cd_low);
    out[2] = OP(unpacklo_epi16)(ab_high, cd_high), out[3] = OP(unpackhi_epi16)(ab_high, cd_high);
#else /* codes become 16 bits wide */
    const V zero = ZERO;
    out[0] = OP(unpacklo_epi8)(ab_low, zero), out[1] = OP(unpackhi_epi8)(ab_low, zero);
    out[2] = OP(unpacklo_epi8)(ab_high, zero), out[3] = OP(unpackhi_epi8)(ab_high, zero);
#endif
}

QF_INLINE void NAMED(multiply_add)(const V *pixels, const V *weights, V *sums) {
    QF_UNROLL for (int i = 0; i < 4; i++)
#if GROUP == 4
        sums[i] = DPBUSD(sums[i], pixels[i], weights[i]);
#else
        sums[i] = OP(add_epi32)(sums[i], OP(madd_epi16)(pixels[i], weights[i]));
#endif
}

typedef struct NAMED(finish) {
    F bias[4], multiplier[4], high;
    V zero_point, low;
} NAMED(finish);

QF_INLINE NAMED(finish) NAMED(load_finish)(const qf_requant *q, size_t from) {
    NAMED(finish) f;
    QF_UNROLL for (int i = 0; i < 4; i++) {
        f.bias[i] = OP(loadu_ps)(q->bias + from + (size_t)i * LANES);
        f.multiplier[i] = OP(loadu_ps)(q->multiplier + from + (size_t)i * LANES);
    }
    f.high = OP(set1_ps)(q->bounds.high);
    f.zero_point = OP(set1_epi16)((int16_t)q->bounds.zero_point);
    f.low = OP(set1_epi8)((char)((int32_t)q->bounds.low + q->bounds.zero_point));
    return f;
}

/* Packing brings the channels back in order.  Values below the range of int32 become its smallest on conversion,
 * which packing saturates; NaN becomes the upper bound. */
QF_INLINE V NAMED(codes)(const V *sums, const NAMED(finish) *f) {
    V rounded[4];
    QF_UNROLL for (int i = 0; i < 4; i++) {
        F values = OP(mul_ps)(OP(add_ps)(OP(cvtepi32_ps)(sums[i]), f->bias[i]), f->multiplier[i]);
        rounded[i] = OP(cvtps_epi32)(OP(min_ps)(values, f->high));
    }
    V first = OP(adds_epi16)(OP(packs_epi32)(rounded[0], rounded[1]), f->zero_point);
    V second = OP(adds_epi16)(OP(packs_epi32)(rounded[2], rounded[3]), f->zero_point);
    return OP(max_epu8)(OP(packus_epi16)(first, second), f->low);
}

QF_INLINE void NAMED(store)(V codes, size_t count, uint8_t *out) {
    if (QF_LIKELY(count >= CHANNELS)) {
        memcpy(out, &codes, CHANNELS);
#ifdef WIDE_BLOCKS
    } else {
        OP(mask_storeu_epi8)(out, (((uint64_t)1 << count) - 1), codes);
#else
    } else {
        uint8_t part[CHANNELS];
        memcpy(part, &codes, CHANNELS);
        memcpy(out, part, count);
#endif
    }
}

/* What the windows of one block share. */
typedef struct NAMED(shared) {
    NAMED(finish) finish;
    V start[4];
    size_t count; /* channels that there are */
} NAMED(shared);

QF_INLINE NAMED(shared) NAMED(load_shared)(const qf_depthwise_line *line, size_t from) {
    NAMED(shared) s = {.finish = NAMED(load_finish)(&line->requant, from), .count = line->channels - from};
    QF_UNROLL for (int j = 0; j < 4; j++) s.start[j] = LOAD(line->start + from + (size_t)j * LANES);
    return s;
}

/* Windows first .. line->count of the block that starts at channel `from`; `taps` is a constant where that helps. */
QF_INLINE void NAMED(block)(const qf_depthwise_line *line, size_t from, size_t first, const size_t taps) {
    const size_t groups = (taps + GROUP - 1) / GROUP, step = line->step, channels = line->channels;
    const V *weights = (const V *)((const char *)line->weights + from * groups * 4);
    const NAMED(shared) s = NAMED(load_shared)(line, from);
    const ptrdiff_t *offsets = line->offsets;
    const uint8_t *x = line->x + from + first * step;
    uint8_t *out = line->out + from + first * channels;
    for (size_t left = line->count - first; left > 0; left--, x += step, out += channels) {
        V sums[4] = {s.start[0], s.start[1], s.start[2], s.start[3]};
        QF_OPAQUE(weights);
        QF_UNROLL for (size_t g = 0; g < groups; g++) {
            V pixels[4];
            NAMED(interleave)(x, offsets + g * GROUP, taps - g * GROUP, pixels);
            NAMED(multiply_add)(pixels, weights + 4 * g, sums);
        }
        NAMED(store)(NAMED(codes)(sums, &s.finish), s.count, out);
    }
}

/* `windows` neighbours at once, as row_weights has it; returns how many are done. */
QF_INLINE size_t NAMED(row_block)(const qf_depthwise_line *line, size_t from, const size_t taps,
                                  const size_t row_taps) {
    const size_t windows = qf_row_windows(row_taps), rows = taps / row_taps, channels = line->channels;
    const size_t groups = (row_taps + windows - 1) / GROUP, done = line->count / windows * windows;
    const V *weights = (const V *)((const char *)line->row_weights + from * rows * groups * windows * 4);
    const NAMED(shared) s = NAMED(load_shared)(line, from);
    const ptrdiff_t *offsets = line->offsets;
    const uint8_t *x = line->x + from;
    uint8_t *out = line->out + from;
    ptrdiff_t pixel[GROUP];
    QF_UNROLL for (int g = 0; g < GROUP; g++) pixel[g] = (ptrdiff_t)((size_t)g * channels);
    for (size_t left = done; left > 0; left -= windows, x += windows * channels) {
        V sums[4][4]; /* of each window */
        QF_OPAQUE(weights);
        QF_UNROLL for (size_t w = 0; w < windows; w++)
            QF_UNROLL for (int j = 0; j < 4; j++) sums[w][j] = s.start[j];
        QF_UNROLL for (size_t row = 0; row < rows; row++)
            QF_UNROLL for (size_t g = 0; g < groups; g++) {
                V pixels[4];
                NAMED(interleave)(x + offsets[row * row_taps] + g * GROUP * channels, pixel, GROUP, pixels);
                QF_UNROLL for (size_t w = 0; w < windows; w++)
                    NAMED(multiply_add)(pixels, weights + ((row * groups + g) * windows + w) * 4, sums[w]);
            }
        QF_UNROLL for (size_t w = 0; w < windows; w++, out += channels)
            NAMED(store)(NAMED(codes)(sums[w], &s.finish), s.count, out);
    }
    return done;
}

#undef CHANNELS
#undef DPBUSD
#undef WIDTH
