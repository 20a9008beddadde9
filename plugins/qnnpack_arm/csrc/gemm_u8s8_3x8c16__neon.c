/* Without dot products: two products of bytes are added in 16 bits, pairs of such sums in 32.
 *
 * Codes are lowered to fit int8, in the first half of each 16 by 128, in the second by 127 and negated there, so that
 * products p, q of one half each lie in -16256 .. 16384 and p - q always fits int16. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_ARM64

#define ROWS 3
#define KR 16
#define SUMS 8 /* one for each column, each of four parts */

QF_INLINE void multiply_add(const size_t mr, uint8x16_t *codes, const int8_t *panel, size_t groups,
                            int32x4_t sums[ROWS][SUMS]) {
    const uint8x16_t flip = vcombine_u8(vdup_n_u8(0x80), vdup_n_u8(0x7F)); /* code - 128, 127 - code */
    int8x16_t x[ROWS];
    (void)groups; /* one */
    QF_UNROLL for (size_t r = 0; r < mr; r++) x[r] = vreinterpretq_s8_u8(veorq_u8(codes[r], flip));
    int8x16_t next = vld1q_s8(panel);
    QF_UNROLL for (size_t column = 0; column < SUMS; column++) {
        const int8x16_t weights = next;
        int16x8_t pairs[ROWS];
        panel += 16;
        if (column + 1 < SUMS) next = vld1q_s8(panel);
        QF_UNROLL for (size_t r = 0; r < mr; r++) pairs[r] = vmull_s8(vget_low_s8(x[r]), vget_low_s8(weights));
        QF_UNROLL for (size_t r = 0; r < mr; r++) pairs[r] = vmlsl_high_s8(pairs[r], x[r], weights);
        QF_UNROLL for (size_t r = 0; r < mr; r++) sums[r][column] = vpadalq_s16(sums[r][column], pairs[r]);
        QF_UNROLL for (size_t r = 0; r < mr; r++) QF_AFTER(panel, sums[r][column]);
    }
}

QF_INLINE void total(const size_t mr, int32x4_t sums[ROWS][SUMS], size_t row, int32x4_t *totals) {
    int32x4_t *s = sums[row];
    (void)mr;
    QF_UNROLL for (int half = 0; half < 2; half++, s += 4)
        totals[half] = vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3]));
}

#include "gemm_8.h"

void qf_gemm_u8s8_3x8c16__neon(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                               int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

#endif
