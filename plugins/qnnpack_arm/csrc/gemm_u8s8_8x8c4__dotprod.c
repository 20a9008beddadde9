/* Dot products of four signed bytes (SDOT): codes are lowered by 128. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_ARM64_DOT
QF_TARGET_BEGIN(QF_DOTPROD)

#define ROWS 8
#define ROWS_ARE_8 1
#define KR 4
#define SUMS 8 /* two for the columns, and further ones of a tile of one row */

/* One group of inputs, the `lane`-th of the codes. */
#define STEP(lane)                                                                                                 \
    if (lane < groups) {                                                                                           \
        int8x16_t left = vld1q_s8(panel + 32 * lane), right = vld1q_s8(panel + 32 * lane + 16);                    \
        QF_UNROLL for (size_t r = 0; r < mr; r++) {                                                                \
            const size_t to = mr == 1 ? 2 * lane : 0; /* so that an addition need not wait for the one before */   \
            sums[r][to] = vdotq_laneq_s32(sums[r][to], left, x[r], lane);                                          \
            sums[r][to + 1] = vdotq_laneq_s32(sums[r][to + 1], right, x[r], lane);                                 \
        }                                                                                                          \
    }

QF_INLINE void multiply_add(const size_t mr, uint8x16_t *codes, const int8_t *panel, size_t groups,
                            int32x4_t sums[ROWS][SUMS]) {
    int8x16_t x[ROWS];
    QF_UNROLL for (size_t r = 0; r < mr; r++) x[r] = vreinterpretq_s8_u8(veorq_u8(codes[r], vdupq_n_u8(0x80)));
    STEP(0) STEP(1) STEP(2) STEP(3)
}

QF_INLINE void total(const size_t mr, int32x4_t sums[ROWS][SUMS], size_t row, int32x4_t *totals) {
    int32x4_t *s = sums[row];
    QF_UNROLL for (int half = 0; half < 2; half++)
        totals[half] = mr > 1 ? s[half] : vaddq_s32(vaddq_s32(s[half], s[2 + half]), vaddq_s32(s[4 + half], s[6 + half]));
}

#include "gemm_8.h"

void qf_gemm_u8s8_8x8c4__dotprod(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                                 int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
