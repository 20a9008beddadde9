/* AVX-512 VNNI: vpdpbusd adds four products of unsigned and signed bytes to each 32-bit lane, exactly. */
#include <qframe/simd.h>

#include "kernels.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX512VNNI)

QF_INLINE void tile(const size_t mr, size_t k, const char *a, size_t a_stride, const int8_t *panel,
                    const int32_t *start, int32_t *out) {
    __m512i sum[12][2];
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        sum[r][0] = _mm512_loadu_si512(start);
        sum[r][1] = _mm512_loadu_si512(start + 16);
    }
    for (size_t i = k / 4; i > 0; i--, a += 4, panel += 128) {
        __m512i left = _mm512_loadu_si512(panel), right = _mm512_loadu_si512(panel + 64);
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            __m512i quad = _mm512_set1_epi32(qf_load_i32(a + r * a_stride));
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], quad, left);
            sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], quad, right);
        }
    }
    if (k % 4) {
        __m512i left = _mm512_loadu_si512(panel), right = _mm512_loadu_si512(panel + 64);
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            __m512i quad = _mm512_set1_epi32(qf_load_tail(a + r * a_stride, k % 4));
            sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], quad, left);
            sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], quad, right);
        }
    }
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        _mm512_storeu_si512(out + 32 * r, sum[r][0]);
        _mm512_storeu_si512(out + 32 * r + 16, sum[r][1]);
    }
}

/* One row: four sums for each column, since each vpdpbusd waits for the one before. */
static void single(size_t k, const char *a, const int8_t *panel, const int32_t *start, int32_t *out) {
    __m512i sum[4][2];
    QF_UNROLL for (int u = 0; u < 4; u++) sum[u][0] = sum[u][1] = _mm512_setzero_si512();
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
        QF_UNROLL for (int u = 0; u < 4; u++, panel += 128) {
            __m512i quad = _mm512_set1_epi32(qf_load_i32(a + i + 4 * u));
            sum[u][0] = _mm512_dpbusd_epi32(sum[u][0], quad, _mm512_loadu_si512(panel));
            sum[u][1] = _mm512_dpbusd_epi32(sum[u][1], quad, _mm512_loadu_si512(panel + 64));
        }
    }
    int32_t rest[32];
    QF_UNROLL for (int half = 0; half < 2; half++) {
        __m512i total = _mm512_add_epi32(_mm512_add_epi32(sum[0][half], sum[1][half]),
                                         _mm512_add_epi32(sum[2][half], sum[3][half]));
        total = _mm512_add_epi32(total, _mm512_loadu_si512(start + 16 * half));
        _mm512_storeu_si512(rest + 16 * half, total);
    }
    tile(1, k - i, a + i, 0, panel, rest, out);
}

void qf_gemm_u8s8_12x32c4__avx512vnni(size_t mr, size_t k, const void *a, size_t a_stride,
                                      const int8_t *panel, const int32_t *start, int32_t *out) {
    switch (mr) {
#define QF_CASE(rows) \
    case rows: tile(rows, k, a, a_stride, panel, start, out); break;
        case 1: single(k, a, panel, start, out); break;
        QF_CASE(2) QF_CASE(3) QF_CASE(4) QF_CASE(5) QF_CASE(6)
        QF_CASE(7) QF_CASE(8) QF_CASE(9) QF_CASE(10) QF_CASE(11)
#undef QF_CASE
        default: tile(12, k, a, a_stride, panel, start, out); break;
    }
}

QF_TARGET_END
#endif
