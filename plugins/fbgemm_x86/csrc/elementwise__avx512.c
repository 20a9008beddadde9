/* Sums, products and tables, AVX-512: the forms of elementwise__avx2.c and lookup__avx2.c, twice as wide. */
#include "elementwise_avx2.h"
#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX512)

/* 64 codes as numbers minus their zero point: those at 4 i + k of each 64 become vector k.  Bytes become low bits
 * of a number above 2**23, from which the zero point's is subtracted exactly.  Those with odd k stay 256 times as
 * large, and their scales are so much smaller. */
typedef struct operand {
    __m512 zero_point[2], scale[2]; /* of even and of odd k */
} operand;

QF_INLINE operand make_operand(int32_t zero_point, float scale) {
    const float shift = 8388608.0f; /* 2**23 */
    operand o = {{_mm512_set1_ps(shift + (float)zero_point), _mm512_set1_ps(shift + 256.0f * (float)zero_point)},
                 {_mm512_set1_ps(scale), _mm512_set1_ps(scale / 256.0f)}};
    return o;
}

enum { AND_OR = 0xEA }; /* a & b | c */

/* x & mask | exponent of 2**23 */
QF_INLINE __m512 masked(__m512i x, int mask) {
    return _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(x, _mm512_set1_epi32(mask), _mm512_set1_epi32(0x4B000000), AND_OR));
}

QF_INLINE void centered64(const uint8_t *from, int flips, const operand *o, __m512 *to) {
    __m512i bytes = _mm512_loadu_si512((const void *)from);
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    __m512i upper = _mm512_srli_epi32(bytes, 16);
    to[0] = _mm512_sub_ps(masked(bytes, 0x00FF), o->zero_point[0]);
    to[1] = _mm512_sub_ps(masked(bytes, 0xFF00), o->zero_point[1]);
    to[2] = _mm512_sub_ps(masked(upper, 0x00FF), o->zero_point[0]);
    to[3] = _mm512_sub_ps(masked(upper, 0xFF00), o->zero_point[1]);
}

/* What finishes the results: values that fit int32 saturate while they are packed. */
typedef struct finish {
    __m512 factor[2]; /* of even and of odd k */
    __m512i zero_point, low, high;
} finish;

QF_INLINE finish make_finish(const qf_binary *p, float odd) {
    finish f = {{_mm512_set1_ps(p->factor), _mm512_set1_ps(p->factor * odd)}, _mm512_set1_epi16((int16_t)p->bounds.zero_point),
                _mm512_set1_epi8((char)p->low), _mm512_set1_epi8((char)p->high)};
    return f;
}

QF_INLINE void finish64(const __m512 *values, const finish *f, int flips, int clamps, uint8_t *out) {
    const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    __m512i codes[4];
    QF_UNROLL
    for (int k = 0; k < 4; k++) codes[k] = _mm512_cvtps_epi32(_mm512_mul_ps(values[k], f->factor[k & 1]));
    __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(codes[0], codes[1]), f->zero_point);
    __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(codes[2], codes[3]), f->zero_point);
    __m512i bytes = _mm512_shuffle_epi8(_mm512_packus_epi16(first, second), order);
    if (clamps) bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, f->low), f->high);
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    _mm512_storeu_si512((void *)out, bytes);
}

/* Returns how many elements it has done; flips, clamps and multiplies are compile-time constants. */
QF_INLINE size_t binary_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int flips,
                              int clamps, int multiplies, uint8_t *out) {
    const operand x = make_operand(p->a_zero_point, p->a_scale), y = make_operand(p->b_zero_point, p->b_scale);
    const finish f = make_finish(p, multiplies ? 1.0f / 65536.0f : 1.0f);
    size_t i = 0;
    for (; i + 64 <= count; i += i ? 64 : qf_to_wide_line(out)) {
        __m512 left[4], right[4];
        centered64(a + i, flips, &x, left);
        centered64(b + i, flips, &y, right);
        QF_UNROLL
        for (int k = 0; k < 4; k++)
            left[k] = multiplies ? _mm512_mul_ps(left[k], right[k]) /* exact */
                                 : _mm512_add_ps(_mm512_mul_ps(left[k], x.scale[k & 1]),
                                                 _mm512_mul_ps(right[k], y.scale[k & 1]));
        finish64(left, &f, flips, clamps, out + i);
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

/* Returns how many codes it has done; from_flips and flips are compile-time constants. */
QF_INLINE size_t requantize_steps(const uint8_t *x, size_t count, const qf_change *c, int from_flips, int flips,
                                  uint8_t *out) {
    const qf_binary ends = {.factor = c->reciprocal, .bounds = c->bounds};
    const operand from = make_operand(c->from.zero_point, c->from.scale);
    const finish f = make_finish(&ends, 1.0f);
    size_t i = 0;
    for (; i + 64 <= count; i += i ? 64 : qf_to_wide_line(out)) {
        __m512 values[4];
        centered64(x + i, from_flips, &from, values);
        QF_UNROLL
        for (int k = 0; k < 4; k++) values[k] = _mm512_mul_ps(values[k], from.scale[k & 1]);
        finish64(values, &f, flips, 0, out + i);
    }
    return i;
}

static void requantize(const uint8_t *x, size_t count, const qf_change *c, uint8_t *out) {
    size_t done = 0;
    if (c->from_flip) done = c->flip ? requantize_steps(x, count, c, 1, 1, out)
                                     : requantize_steps(x, count, c, 1, 0, out);
    else done = c->flip ? requantize_steps(x, count, c, 0, 1, out) : requantize_steps(x, count, c, 0, 0, out);
    qf_requantize__avx2(x + done, count - done, c, out + done);
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

void qf_lookup__avx512(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
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

/* Codes as unsigned ones are limited, then flipped back. */
typedef struct limits {
    __m512i low, high, flip;
} limits;

QF_INLINE __m512i clamp64(__m512i codes, const limits *l) {
    codes = _mm512_max_epu8(_mm512_xor_si512(codes, l->flip), l->low);
    return _mm512_xor_si512(_mm512_min_epu8(codes, l->high), l->flip);
}

static void clamp(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip, uint8_t *out) {
    const limits l = {_mm512_set1_epi8((char)low), _mm512_set1_epi8((char)high), _mm512_set1_epi8((char)flip)};
    size_t i = qf_min(qf_to_wide_line(out), count);
    qf_store64(out, i, clamp64(qf_load64(x, i), &l));
    for (; i + 64 <= count; i += 64) _mm512_storeu_si512(out + i, clamp64(_mm512_loadu_si512(x + i), &l));
    if (i < count) qf_store64(out + i, count - i, clamp64(qf_load64(x + i, count - i), &l));
}

#define COMMON                                                                                        \
    .add = add, .mul = mul, .clamp = clamp, .max_windows = qf_max_windows__avx2,                         \
    .average_windows = qf_average_windows__avx2, .batch_norm = qf_batch_norm__avx2,                      \
    .min_max_columns = qf_min_max_columns__avx2, .find_bins = qf_find_bins__avx2,                        \
    .requantize_to8 = qf_requantize_to8__avx2, .requantize_to32 = qf_requantize_to32__avx2,              \
    .fake_quantize = &qf_fake_quantize_avx2, .resize = &qf_resize_avx512

const qf_elementwise qf_elementwise_avx512 = {COMMON, .lookup = qf_lookup__avx512, .requantize = requantize};
const qf_elementwise qf_elementwise_avx512vbmi = {COMMON, .lookup = qf_lookup__avx512vbmi};

QF_TARGET_END
#endif
