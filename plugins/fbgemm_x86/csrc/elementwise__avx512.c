/* Other grids, tables and limits, AVX-512; what each level provides. */
#include "elementwise_avx512.h"
#include "x86.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

/* Returns how many codes it has done; from_flips and flips are compile-time constants. */
QF_INLINE size_t requantize_steps(const uint8_t *x, size_t count, const qf_change *c, int from_flips, int flips,
                                  uint8_t *out) {
    const qf_binary ends = {.factor = c->reciprocal, .bounds = c->bounds};
    const operand from = make_operand(c->from.zero_point, c->from.scale);
    const finish f = make_finish(&ends, 1.0f);
    size_t i = 0;
    for (; i + 64 <= count; i += i ? 64 : qf_to_wide_line(out, count)) {
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
        for (size_t next = 0; next < length; next += next ? 64 : 32 + qf_to_line(out, length)) {
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

QF_INLINE __m256i clamp32(const uint8_t *x, const limits *l) {
    const __m256i flip = _mm512_castsi512_si256(l->flip);
    __m256i codes = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)x), flip);
    codes = _mm256_max_epu8(codes, _mm512_castsi512_si256(l->low));
    return _mm256_xor_si256(_mm256_min_epu8(codes, _mm512_castsi512_si256(l->high)), flip);
}

/* In halves of a line: where x and out lie a few lines apart modulo 4 KiB, whole ones take half as long again. */
static void clamp(const uint8_t *x, size_t count, uint8_t low, uint8_t high, uint8_t flip, uint8_t *out) {
    const limits l = {_mm512_set1_epi8((char)low), _mm512_set1_epi8((char)high), _mm512_set1_epi8((char)flip)};
    size_t i = qf_first_bytes(out, count);
    qf_store64(out, i, clamp64(qf_load64(x, i), &l));
    for (; i + 64 <= count; i += 64) {
        __m256i first = clamp32(x + i, &l), second = clamp32(x + i + 32, &l);
        _mm256_storeu_si256((__m256i *)(out + i), first);
        _mm256_storeu_si256((__m256i *)(out + i + 32), second);
    }
    if (i < count) qf_store64(out + i, count - i, clamp64(qf_load64(x + i, count - i), &l));
}

#define COMMON                                                                                        \
    .mul = qf_mul__avx512, .clamp = clamp, .max_windows = qf_max_windows__avx2,                         \
    .average_windows = qf_average_windows__avx2, .batch_norm = qf_batch_norm__avx2,                      \
    .min_max_columns = qf_min_max_columns__avx2, .find_bins = qf_find_bins__avx2,                        \
    .requantize_to8 = qf_requantize_to8__avx2, .requantize_to32 = qf_requantize_to32__avx2,              \
    .fake_quantize = &qf_fake_quantize_avx2, .resize = &qf_resize_avx512

const qf_elementwise qf_elementwise_avx512 = {
    COMMON, .add = qf_add__avx512, .lookup = qf_lookup__avx512, .requantize = requantize,
};
const qf_elementwise qf_elementwise_avx512vnni = {
    COMMON, .add = qf_add__avx512vnni, .lookup = qf_lookup__avx512, .requantize = requantize,
};
const qf_elementwise qf_elementwise_avx512vbmi = {
    COMMON, .add = qf_add__avx512vnni, .lookup = qf_lookup__avx512vbmi,
};

QF_TARGET_END
#endif
