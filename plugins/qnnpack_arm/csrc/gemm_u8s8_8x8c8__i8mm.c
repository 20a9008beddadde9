/* Matrix products of bytes (USMMLA): two rows of eight codes times two columns of eight weights, and for a single row
 * dot products of four bytes (USDOT). */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_ARM64_DOT
QF_TARGET_BEGIN(QF_I8MM)

#define ROWS 8
#define ROWS_ARE_8 1
#define KR 8
#define SUMS 4 /* for each pair of rows, those of the first one: a square for each pair of columns */

/* Eight codes of two rows; those of the last one twice where the number of rows is odd. */
QF_INLINE uint8x16_t pair(const size_t mr, const uint8x16_t *codes, size_t r, size_t group) {
    uint64x2_t first = vreinterpretq_u64_u8(codes[r]), second = vreinterpretq_u64_u8(codes[r + 1 < mr ? r + 1 : r]);
    return vreinterpretq_u8_u64(group ? vzip2q_u64(first, second) : vzip1q_u64(first, second));
}

QF_INLINE void multiply_add(const size_t mr, uint8x16_t *codes, const int8_t *panel, size_t groups,
                            int32x4_t sums[ROWS][SUMS]) {
    QF_UNROLL for (size_t group = 0; group < 2; group++, panel += 64) {
        if (group == groups) break;
        int8x16_t weights[4];
        QF_UNROLL for (size_t c = 0; c < 4; c++) weights[c] = vld1q_s8(panel + 16 * c);
        QF_UNROLL for (size_t r = 0; r < mr; r += 2) {
            uint8x16_t x = pair(mr, codes, r, group);
            QF_UNROLL for (size_t c = 0; c < 4; c++)
                sums[r][c] = mr == 1 ? vusdotq_s32(sums[r][c], x, weights[c]) : vusmmlaq_s32(sums[r][c], x, weights[c]);
            QF_AFTER(panel, sums[r][3]);
        }
    }
}

QF_INLINE int32x4_t zip(const size_t second, int32x4_t a, int32x4_t b) {
    int64x2_t left = vreinterpretq_s64_s32(a), right = vreinterpretq_s64_s32(b);
    return vreinterpretq_s32_s64(second ? vzip2q_s64(left, right) : vzip1q_s64(left, right));
}

QF_INLINE void total(const size_t mr, int32x4_t sums[ROWS][SUMS], size_t row, int32x4_t *totals) {
    int32x4_t *s = sums[row & ~(size_t)1];
    QF_UNROLL for (int half = 0; half < 2; half++, s += 2)
        totals[half] = mr == 1 ? vpaddq_s32(s[0], s[1]) : zip(row & 1, s[0], s[1]);
}

#include "gemm_8.h"

void qf_gemm_u8s8_8x8c8__i8mm(size_t mr, const qf_activations *a, const int8_t *panel, const int32_t *start,
                              int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
