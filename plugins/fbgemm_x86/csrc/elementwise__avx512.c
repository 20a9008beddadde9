/* Sums, products and tables, AVX-512: the forms of elementwise__avx2.c and lookup__avx2.c, twice as wide. */
#include "elementwise_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX512)

QF_INLINE void centered64(const uint8_t *from, int flips, __m512 base, __m512 *to) {
    const __m512i exponent = _mm512_set1_epi16(0x4B00), zero = _mm512_setzero_si512();
    __m512i bytes = _mm512_loadu_si512((const void *)from);
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    __m512i low = _mm512_unpacklo_epi8(bytes, zero), high = _mm512_unpackhi_epi8(bytes, zero);
    to[0] = _mm512_sub_ps(_mm512_castsi512_ps(_mm512_unpacklo_epi16(low, exponent)), base);
    to[1] = _mm512_sub_ps(_mm512_castsi512_ps(_mm512_unpackhi_epi16(low, exponent)), base);
    to[2] = _mm512_sub_ps(_mm512_castsi512_ps(_mm512_unpacklo_epi16(high, exponent)), base);
    to[3] = _mm512_sub_ps(_mm512_castsi512_ps(_mm512_unpackhi_epi16(high, exponent)), base);
}

QF_INLINE void finish64(const __m512 *values, const qf_binary *p, int flips, int clamps, uint8_t *out) {
    const __m512 factor = _mm512_set1_ps(p->factor);
    const __m512i zero_point = _mm512_set1_epi16((int16_t)p->bounds.zero_point);
    __m512i codes[4];
    QF_UNROLL
    for (int i = 0; i < 4; i++) codes[i] = _mm512_cvtps_epi32(_mm512_mul_ps(values[i], factor));
    __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(codes[0], codes[1]), zero_point);
    __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(codes[2], codes[3]), zero_point);
    __m512i bytes = _mm512_packus_epi16(first, second);
    if (clamps) {
        bytes = _mm512_max_epu8(bytes, _mm512_set1_epi8((char)p->low));
        bytes = _mm512_min_epu8(bytes, _mm512_set1_epi8((char)p->high));
    }
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    _mm512_storeu_si512((void *)out, bytes);
}

/* Returns how many elements it has done; flips, clamps and multiplies are compile-time constants. */
QF_INLINE size_t binary_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int flips,
                              int clamps, int multiplies, uint8_t *out) {
    const __m512 a_base = _mm512_set1_ps(8388608.0f + (float)p->a_zero_point); /* 2**23 */
    const __m512 b_base = _mm512_set1_ps(8388608.0f + (float)p->b_zero_point);
    const __m512 a_scale = _mm512_set1_ps(p->a_scale), b_scale = _mm512_set1_ps(p->b_scale);
    size_t i = 0;
    for (; i + 64 <= count; i += i ? 64 : 32 + qf_to_line(out)) {
        __m512 left[4], right[4];
        centered64(a + i, flips, a_base, left);
        centered64(b + i, flips, b_base, right);
        QF_UNROLL
        for (int v = 0; v < 4; v++)
            left[v] = multiplies ? _mm512_mul_ps(left[v], right[v])
                                 : _mm512_add_ps(_mm512_mul_ps(left[v], a_scale),
                                                 _mm512_mul_ps(right[v], b_scale));
        finish64(left, p, flips, clamps, out + i);
    }
    return i;
}

QF_INLINE size_t binary(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int multiplies,
                        uint8_t *out) {
    if (!p->tame) return 0;
    if (p->flip) return binary_steps(a, b, count, p, 1, 1, multiplies, out);
    if (qf_clamps(p)) return binary_steps(a, b, count, p, 0, 1, multiplies, out);
    return binary_steps(a, b, count, p, 0, 0, multiplies, out);
}

static void add(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    size_t done = binary(a, b, count, p, 0, out);
    qf_add__avx2(a + done, b + done, count - done, p, out + done);
}

static void mul(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    size_t done = binary(a, b, count, p, 1, out);
    qf_mul__avx2(a + done, b + done, count - done, p, out + done);
}

/* The entries of all rows at the codes' low halves, chosen by their high bits. */
QF_INLINE __m512i choose_rows(const uint8_t *table, __m512i low, const uint64_t *bits) {
    __m512i entries[16];
    QF_UNROLL
    for (int row = 0; row < 16; row++) {
        __m128i part = _mm_loadu_si128((const __m128i *)(table + 16 * row));
        entries[row] = _mm512_shuffle_epi8(_mm512_broadcast_i32x4(part), low);
    }
    QF_UNROLL
    for (int level = 0; level < 4; level++)
        QF_UNROLL
        for (int row = 0; row < 8 >> level; row++)
            entries[row] = _mm512_mask_blend_epi8(bits[level], entries[2 * row], entries[2 * row + 1]);
    return entries[0];
}

static void lookup(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
                   size_t out_stride) {
    if (length < 64) {
        qf_lookup__avx2(x, rows, length, table, out, out_stride);
        return;
    }
    for (size_t r = 0; r < rows; r++, x += length, out += out_stride)
        for (size_t next = 0; next < length; next += next ? 64 : 32 + qf_to_line(out)) {
            size_t i = qf_min(next, length - 64); /* the last step overlaps */
            __m512i codes = _mm512_loadu_si512((const void *)(x + i));
            uint64_t bits[4];
            for (int bit = 0; bit < 4; bit++)
                bits[bit] = _mm512_test_epi8_mask(codes, _mm512_set1_epi8((char)(16 << bit)));
            codes = _mm512_and_si512(codes, _mm512_set1_epi8(15));
            _mm512_storeu_si512((void *)(out + i), choose_rows(table, codes, bits));
        }
}

const qf_elementwise qf_elementwise_avx512 = {
    .add = add, .mul = mul, .clamp = qf_clamp__avx2, .lookup = lookup, .max_windows = qf_max_windows__avx2,
    .average_windows = qf_average_windows__avx2, .batch_norm = qf_batch_norm__avx2,
    .min_max_columns = qf_min_max_columns__avx2, .find_bins = qf_find_bins__avx2,
};

QF_TARGET_END
#endif
