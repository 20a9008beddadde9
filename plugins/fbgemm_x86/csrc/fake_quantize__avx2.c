/* Simulated quantization, AVX2: 32 elements at once, which memory can hardly keep up with. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

typedef struct grid8 {
    __m256 reciprocal, scale, low, high;
} grid8;

/* Eight elements; returns all ones where the code lies inside. */
QF_INLINE __m256i step8(const float *x, const grid8 *g, float *out) {
    __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(x), g->reciprocal);
    __m256 rounded = _mm256_round_ps(scaled, _MM_FROUND_TO_NEAREST_INT);
    __m256 limited = _mm256_max_ps(rounded, g->low); /* its second operand for NaN */
    limited = _mm256_min_ps(limited, g->high);
    __m256 positive_zero = _mm256_add_ps(limited, _mm256_setzero_ps());
    _mm256_storeu_ps(out, _mm256_mul_ps(positive_zero, g->scale));
    return _mm256_castps_si256(_mm256_cmp_ps(limited, rounded, _CMP_EQ_OQ));
}

QF_INLINE void store_inside(const __m256i *inside, uint8_t *to) {
    __m256i first = _mm256_packs_epi32(inside[0], inside[1]), second = _mm256_packs_epi32(inside[2], inside[3]);
    __m256i bytes = _mm256_abs_epi8(_mm256_packs_epi16(first, second));
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm256_storeu_si256((__m256i *)to, bytes);
}

static void one(const float *x, size_t count, const qf_grid *grid, float *out, uint8_t *inside) {
    const grid8 g = {_mm256_set1_ps(grid->reciprocal), _mm256_set1_ps(grid->scale), _mm256_set1_ps(grid->low),
                     _mm256_set1_ps(grid->high)};
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i found[4];
        QF_UNROLL
        for (size_t v = 0; v < 4; v++) found[v] = step8(x + i + 8 * v, &g, out + i + 8 * v);
        store_inside(found, inside + i);
    }
    qf_fake_quantize_loop(x, i, count, grid, out, inside);
}

static void each(const float *x, size_t count, const qf_grids *grids, float *out, uint8_t *inside) {
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m256i found[4];
        QF_UNROLL
        for (size_t v = 0; v < 4; v++) {
            size_t at = i + 8 * v;
            const grid8 g = {_mm256_loadu_ps(grids->reciprocal + at), _mm256_loadu_ps(grids->scale + at),
                             _mm256_loadu_ps(grids->low + at), _mm256_loadu_ps(grids->high + at)};
            found[v] = step8(x + at, &g, out + at);
        }
        store_inside(found, inside + i);
    }
    qf_fake_quantize_each_loop(x, i, count, grids, out, inside);
}

const qf_fake_quantize_kernels qf_fake_quantize_avx2 = {.one = one, .each = each};

QF_TARGET_END
#endif
