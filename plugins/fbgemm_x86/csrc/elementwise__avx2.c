/* The kernels of elementwise.h for AVX2 and above: sums, products, tables, and loops for the compiler. */
#include "elementwise_avx2.h"
#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

/* 32 codes as numbers minus their zero point, in the order of qf_pack32: bytes become the low bits of
 * 2**23 + code, from which 2**23 + zero point is subtracted exactly. */
QF_INLINE void centered32(const uint8_t *from, int flips, __m256 base, __m256 *to) {
    const __m256i exponent = _mm256_set1_epi16(0x4B00), zero = _mm256_setzero_si256();
    __m256i bytes = _mm256_loadu_si256((const __m256i *)from);
    if (flips) bytes = _mm256_xor_si256(bytes, _mm256_set1_epi8(INT8_MIN));
    __m256i low = _mm256_unpacklo_epi8(bytes, zero), high = _mm256_unpackhi_epi8(bytes, zero);
    to[0] = _mm256_sub_ps(_mm256_castsi256_ps(_mm256_unpacklo_epi16(low, exponent)), base);
    to[1] = _mm256_sub_ps(_mm256_castsi256_ps(_mm256_unpackhi_epi16(low, exponent)), base);
    to[2] = _mm256_sub_ps(_mm256_castsi256_ps(_mm256_unpacklo_epi16(high, exponent)), base);
    to[3] = _mm256_sub_ps(_mm256_castsi256_ps(_mm256_unpackhi_epi16(high, exponent)), base);
}

/* What finishes the results of sums and products: values that fit int32 saturate while they are packed. */
typedef struct finish {
    __m256 factor;
    __m256i zero_point, low, high;
} finish;

QF_INLINE finish make_finish(const qf_binary *p) {
    finish f = {_mm256_set1_ps(p->factor), _mm256_set1_epi16((int16_t)p->bounds.zero_point),
                _mm256_set1_epi8((char)p->low), _mm256_set1_epi8((char)p->high)};
    return f;
}

QF_INLINE void finish32(const __m256 *values, const finish *f, int flips, int clamps, uint8_t *out) {
    __m256i codes[4];
    QF_UNROLL
    for (int i = 0; i < 4; i++) codes[i] = _mm256_cvtps_epi32(_mm256_mul_ps(values[i], f->factor));
    __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(codes[0], codes[1]), f->zero_point);
    __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(codes[2], codes[3]), f->zero_point);
    __m256i bytes = _mm256_packus_epi16(first, second);
    if (clamps) bytes = _mm256_min_epu8(_mm256_max_epu8(bytes, f->low), f->high);
    if (flips) bytes = _mm256_xor_si256(bytes, _mm256_set1_epi8(INT8_MIN));
    _mm256_storeu_si256((__m256i *)out, bytes);
}

/* Both return how many elements they have done; flips and clamps are compile-time constants. */
QF_INLINE size_t add_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int flips,
                           int clamps, uint8_t *out) {
    const __m256 a_base = _mm256_set1_ps(8388608.0f + (float)p->a_zero_point); /* 2**23 */
    const __m256 b_base = _mm256_set1_ps(8388608.0f + (float)p->b_zero_point);
    const __m256 a_scale = _mm256_set1_ps(p->a_scale), b_scale = _mm256_set1_ps(p->b_scale);
    const finish f = make_finish(p);
    size_t i = 0;
    for (; i + 32 <= count; i += i ? 32 : qf_to_line(out, count)) {
        __m256 left[4], right[4];
        centered32(a + i, flips, a_base, left);
        centered32(b + i, flips, b_base, right);
        QF_UNROLL
        for (int v = 0; v < 4; v++)
            left[v] = _mm256_add_ps(_mm256_mul_ps(left[v], a_scale), _mm256_mul_ps(right[v], b_scale));
        finish32(left, &f, flips, clamps, out + i);
    }
    return i;
}

QF_INLINE size_t mul_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int flips,
                           int clamps, uint8_t *out) {
    const __m256 a_base = _mm256_set1_ps(8388608.0f + (float)p->a_zero_point); /* 2**23 */
    const __m256 b_base = _mm256_set1_ps(8388608.0f + (float)p->b_zero_point);
    const finish f = make_finish(p);
    size_t i = 0;
    for (; i + 32 <= count; i += i ? 32 : qf_to_line(out, count)) {
        __m256 left[4], right[4];
        centered32(a + i, flips, a_base, left);
        centered32(b + i, flips, b_base, right);
        QF_UNROLL
        for (int v = 0; v < 4; v++) left[v] = _mm256_mul_ps(left[v], right[v]); /* exact */
        finish32(left, &f, flips, clamps, out + i);
    }
    return i;
}

void qf_add__avx2(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    size_t done = 0;
    if (p->tame && p->flip) done = add_steps(a, b, count, p, 1, 1, out);
    else if (p->tame && qf_clamps(p)) done = add_steps(a, b, count, p, 0, 1, out);
    else if (p->tame) done = add_steps(a, b, count, p, 0, 0, out);
    qf_add_loop(a + done, b + done, count - done, p, out + done);
}

void qf_mul__avx2(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    size_t done = 0;
    if (p->tame && p->flip) done = mul_steps(a, b, count, p, 1, 1, out);
    else if (p->tame && qf_clamps(p)) done = mul_steps(a, b, count, p, 0, 1, out);
    else if (p->tame) done = mul_steps(a, b, count, p, 0, 0, out);
    qf_mul_loop(a + done, b + done, count - done, p, out + done);
}

/* Returns how many codes it has done; from_flips and flips are compile-time constants. */
QF_INLINE size_t requantize_steps(const uint8_t *x, size_t count, const qf_change *c, int from_flips, int flips,
                                  uint8_t *out) {
    const qf_binary ends = {.factor = c->reciprocal, .bounds = c->bounds, .high = 255};
    const finish f = make_finish(&ends);
    const __m256 base = _mm256_set1_ps(8388608.0f + (float)c->from.zero_point); /* 2**23 */
    const __m256 scale = _mm256_set1_ps(c->from.scale);
    size_t i = 0;
    for (; i + 32 <= count; i += i ? 32 : qf_to_line(out, count)) {
        __m256 values[4];
        centered32(x + i, from_flips, base, values);
        QF_UNROLL
        for (int v = 0; v < 4; v++) values[v] = _mm256_mul_ps(values[v], scale);
        finish32(values, &f, flips, 0, out + i);
    }
    return i;
}

void qf_requantize__avx2(const uint8_t *x, size_t count, const qf_change *c, uint8_t *out) {
    size_t done = 0;
    if (c->from_flip) done = c->flip ? requantize_steps(x, count, c, 1, 1, out)
                                     : requantize_steps(x, count, c, 1, 0, out);
    else done = c->flip ? requantize_steps(x, count, c, 0, 1, out) : requantize_steps(x, count, c, 0, 0, out);
    qf_requantize_loop(x + done, count - done, c, out + done);
}

QF_INLINE __m256i clamp32(const uint8_t *x, __m256i low, __m256i high, int is_signed) {
    __m256i codes = _mm256_loadu_si256((const __m256i *)x);
    return is_signed ? _mm256_min_epi8(_mm256_max_epi8(codes, low), high)
                     : _mm256_min_epu8(_mm256_max_epu8(codes, low), high);
}

/* Returns how many codes it has done; is_signed is a compile-time constant. */
QF_INLINE size_t clamp_steps(const uint8_t *x, size_t count, __m256i low, __m256i high, int is_signed,
                             uint8_t *out) {
    size_t i = 0;
    for (; i + 128 <= count; i += i ? 128 : 96 + qf_to_line(out, count)) {
        __m256i codes[4];
        QF_UNROLL
        for (int v = 0; v < 4; v++) codes[v] = clamp32(x + i + 32 * v, low, high, is_signed);
        QF_UNROLL
        for (int v = 0; v < 4; v++) _mm256_storeu_si256((__m256i *)(out + i + 32 * v), codes[v]);
    }
    for (; i + 32 <= count; i += 32)
        _mm256_storeu_si256((__m256i *)(out + i), clamp32(x + i, low, high, is_signed));
    return i;
}

void qf_clamp__avx2(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip, uint8_t *out) {
    const __m256i lows = _mm256_set1_epi8((char)(low ^ flip)), highs = _mm256_set1_epi8((char)(high ^ flip));
    size_t done = flip ? clamp_steps(x, count, lows, highs, 1, out)
                       : clamp_steps(x, count, lows, highs, 0, out);
    qf_clamp_loop(x + done, count - done, low, high, flip, out + done);
}

void qf_batch_norm__avx2(const uint8_t *x, size_t count, const double *alpha, const double *beta,
                       qf_bounds bounds, int32_t x_zero_point, uint8_t flip, uint8_t *out) {
    qf_batch_norm_loop(x, count, alpha, beta, bounds, x_zero_point, flip, out);
}

void qf_min_max_columns__avx2(const float *x, size_t rows, size_t stride, size_t columns, float *low,
                            float *high, int32_t *unordered) {
    qf_min_max_columns_loop(x, rows, stride, columns, low, high, unordered);
}

void qf_find_bins__avx2(const float *x, size_t count, float first, float last, float width, int32_t bins,
                      int32_t *index) {
    const __m256 start = _mm256_set1_ps(first), end = _mm256_set1_ps(last), range = _mm256_set1_ps(width);
    const __m256 factor = _mm256_set1_ps((float)bins);
    const __m256i outside = _mm256_set1_epi32(bins), highest = _mm256_set1_epi32(bins - 1);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256 values = _mm256_loadu_ps(x + i);
        __m256 inside = _mm256_and_ps(_mm256_cmp_ps(values, start, _CMP_GE_OQ),
                                      _mm256_cmp_ps(values, end, _CMP_LE_OQ));
        __m256 offset = _mm256_and_ps(_mm256_sub_ps(values, start), inside);
        __m256i bin = _mm256_cvttps_epi32(_mm256_mul_ps(_mm256_div_ps(offset, range), factor));
        bin = _mm256_blendv_epi8(outside, _mm256_min_epi32(bin, highest), _mm256_castps_si256(inside));
        _mm256_storeu_si256((__m256i *)(index + i), bin);
    }
    qf_find_bins_loop(x + i, count - i, first, last, width, bins, index + i);
}

const qf_elementwise qf_elementwise_avx2 = {
    .add = qf_add__avx2, .mul = qf_mul__avx2, .clamp = qf_clamp__avx2, .lookup = qf_lookup__avx2,
    .max_windows = qf_max_windows__avx2,
    .average_windows = qf_average_windows__avx2, .batch_norm = qf_batch_norm__avx2,
    .min_max_columns = qf_min_max_columns__avx2, .find_bins = qf_find_bins__avx2,
    .requantize = qf_requantize__avx2, .requantize_to8 = qf_requantize_to8__avx2,
    .requantize_to32 = qf_requantize_to32__avx2, .fake_quantize = &qf_fake_quantize_avx2,
    .resize = &qf_resize_avx2,
};

QF_TARGET_END
#endif
