/* float32 times half precision: halves are converted as they are loaded (F16C), then fused multiply-adds. */
#include <qframe/simd.h>

#include "avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

QF_INLINE void tile(const size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel,
                    float *out) {
    __m256 sum[QF_HALF_ROWS][2];
    QF_UNROLL for (size_t r = 0; r < mr; r++) sum[r][0] = sum[r][1] = _mm256_setzero_ps();
    for (size_t i = 0; i < k; i++, panel += QF_LANES) {
        __m256 left = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)panel));
        __m256 right = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(panel + 8)));
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            __m256 value = _mm256_set1_ps(x[r * stride + i]);
            sum[r][0] = _mm256_fmadd_ps(value, left, sum[r][0]);
            sum[r][1] = _mm256_fmadd_ps(value, right, sum[r][1]);
        }
    }
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        _mm256_storeu_ps(out + QF_LANES * r, sum[r][0]);
        _mm256_storeu_ps(out + QF_LANES * r + 8, sum[r][1]);
    }
}

void qf_half_6x16__avx2(size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel, float *out) {
    switch (mr) {
        case 1: tile(1, k, x, stride, panel, out); break;
        case 2: tile(2, k, x, stride, panel, out); break;
        case 3: tile(3, k, x, stride, panel, out); break;
        case 4: tile(4, k, x, stride, panel, out); break;
        case 5: tile(5, k, x, stride, panel, out); break;
        default: tile(6, k, x, stride, panel, out); break;
    }
}

QF_INLINE void row(const size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    __m256 sum[QF_HALF_PANELS][2];
    QF_UNROLL for (size_t p = 0; p < panels; p++) sum[p][0] = sum[p][1] = _mm256_setzero_ps();
    for (size_t i = 0; i < k; i++, packed += QF_LANES) {
        __m256 value = _mm256_broadcast_ss(x + i);
        QF_UNROLL for (size_t p = 0; p < panels; p++) {
            const __m128i *halves = (const __m128i *)(packed + p * k * QF_LANES);
            sum[p][0] = _mm256_fmadd_ps(value, _mm256_cvtph_ps(_mm_loadu_si128(halves)), sum[p][0]);
            sum[p][1] = _mm256_fmadd_ps(value, _mm256_cvtph_ps(_mm_loadu_si128(halves + 1)), sum[p][1]);
        }
    }
    QF_UNROLL for (size_t p = 0; p < panels; p++) {
        _mm256_storeu_ps(out + QF_LANES * p, sum[p][0]);
        _mm256_storeu_ps(out + QF_LANES * p + 8, sum[p][1]);
    }
}

/* Several panels at once, so that a sum need not wait for the one before it. */
void qf_half_row__avx2(size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    switch (panels) {
        case 1: row(1, k, x, packed, out); break;
        case 2: row(2, k, x, packed, out); break;
        case 3: row(3, k, x, packed, out); break;
        default: row(4, k, x, packed, out); break;
    }
}

QF_TARGET_END
#endif
