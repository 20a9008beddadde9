/* The AVX2 tiling with vpdpbusd in its VEX form: four products a lane, exact. */
#include <qframe/simd.h>

#include "kernels.h"

#if QF_X86
#if defined(QF_SIMDE)
#define DPBUSD _mm256_dpbusd_epi32
#else
#define DPBUSD _mm256_dpbusd_avx_epi32
#endif
QF_TARGET_BEGIN(QF_AVXVNNI)

QF_INLINE void step(const size_t mr, const int32_t *quads, const int8_t *panel, __m256i sum[][2]) {
    __m256i left = _mm256_loadu_si256((const __m256i *)panel);
    __m256i right = _mm256_loadu_si256((const __m256i *)(panel + 32));
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        __m256i quad = _mm256_set1_epi32(quads[r]);
        sum[r][0] = DPBUSD(sum[r][0], quad, left);
        sum[r][1] = DPBUSD(sum[r][1], quad, right);
    }
}

#include "gemm_u8s8_6x16c4.h"

/* One row: four sums for each column, since each vpdpbusd waits for the one before. */
static void single(size_t k, const char *a, const int8_t *panel, const int32_t *start, int32_t *out) {
    __m256i sum[4][2];
    QF_UNROLL for (int u = 0; u < 4; u++) sum[u][0] = sum[u][1] = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
        QF_UNROLL for (int u = 0; u < 4; u++, panel += 64) {
            __m256i quad = _mm256_set1_epi32(qf_load_i32(a + i + 4 * u));
            sum[u][0] = DPBUSD(sum[u][0], quad, _mm256_loadu_si256((const __m256i *)panel));
            sum[u][1] = DPBUSD(sum[u][1], quad, _mm256_loadu_si256((const __m256i *)(panel + 32)));
        }
    }
    int32_t rest[16];
    QF_UNROLL for (int half = 0; half < 2; half++) {
        __m256i total = _mm256_add_epi32(_mm256_add_epi32(sum[0][half], sum[1][half]),
                                         _mm256_add_epi32(sum[2][half], sum[3][half]));
        total = _mm256_add_epi32(total, _mm256_loadu_si256((const __m256i *)(start + 8 * half)));
        _mm256_storeu_si256((__m256i *)(rest + 8 * half), total);
    }
    tile(1, k - i, a + i, 0, panel, rest, out);
}

void qf_gemm_u8s8_6x16c4__avxvnni(size_t mr, size_t k, const void *a, size_t a_stride, const int8_t *panel,
                                  const int32_t *start, int32_t *out) {
    switch (mr) {
        case 1: single(k, a, panel, start, out); break;
        case 2: tile(2, k, a, a_stride, panel, start, out); break;
        case 3: tile(3, k, a, a_stride, panel, start, out); break;
        case 4: tile(4, k, a, a_stride, panel, start, out); break;
        case 5: tile(5, k, a, a_stride, panel, start, out); break;
        default: tile(6, k, a, a_stride, panel, start, out); break;
    }
}

QF_TARGET_END
#endif
