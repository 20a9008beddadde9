/* The registers of qframe/native/depthwise_line.h.  Included once for each width, after
 *     WIDTH   512 or 256
 *     GROUP   taps that are multiplied at once: 4 (vpdpbusd) or 2 (vpmaddwd)
 *     DPBUSD  with GROUP 4, the intrinsic of this width
 *     WIDE_BLOCKS, where there are both widths, and masks
 * The functions that it defines have the width in their names. */
#include "width.h"

#if WIDTH == 512
#define STORE_SOME(out, count, codes) _mm512_mask_storeu_epi8(out, ((uint64_t)1 << (count)) - 1, codes)
#elif defined(WIDE_BLOCKS)
#define STORE_SOME(out, count, codes) _mm256_mask_storeu_epi8(out, (uint32_t)(((uint64_t)1 << (count)) - 1), codes)
#endif
#define CHANNELS BYTES
#define LOAD_CODES LOAD
#define ZIP8_LOW OP(unpacklo_epi8)
#define ZIP8_HIGH OP(unpackhi_epi8)
#define ZIP16_LOW OP(unpacklo_epi16)
#define ZIP16_HIGH OP(unpackhi_epi16)

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

#include <qframe/native/depthwise_line.h>

#undef LOAD_CODES
#undef STORE_SOME
#undef ZIP8_LOW
#undef ZIP8_HIGH
#undef ZIP16_LOW
#undef ZIP16_HIGH
#undef CHANNELS
#undef DPBUSD
#undef WIDTH
