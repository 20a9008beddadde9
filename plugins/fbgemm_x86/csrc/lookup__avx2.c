/* Tables of 256 codes, AVX2: sixteen shuffles give the entry of each row of 16 at the code's low half;
 * a tree of blends chooses the row by the bits of the high half. */
#include "elementwise_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

/* What chooses among rows: codes moved so that bits 4, 5, 6 and 7 are signs. */
typedef struct chooser {
    __m256i low, signs[4];
} chooser;

QF_INLINE __m256i row_entry(const uint8_t *table, int row, const chooser *c) {
    __m128i entries = _mm_loadu_si128((const __m128i *)(table + 16 * row));
    return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(entries), c->low);
}

QF_INLINE __m256i two_rows(const uint8_t *table, int row, const chooser *c) {
    return _mm256_blendv_epi8(row_entry(table, row, c), row_entry(table, row + 1, c), c->signs[0]);
}

QF_INLINE __m256i four_rows(const uint8_t *table, int row, const chooser *c) {
    return _mm256_blendv_epi8(two_rows(table, row, c), two_rows(table, row + 2, c), c->signs[1]);
}

QF_INLINE __m256i eight_rows(const uint8_t *table, int row, const chooser *c) {
    return _mm256_blendv_epi8(four_rows(table, row, c), four_rows(table, row + 4, c), c->signs[2]);
}

QF_INLINE __m256i look_up32(const uint8_t *table, __m256i codes) {
    chooser c = {_mm256_and_si256(codes, _mm256_set1_epi8(15)),
                 {_mm256_slli_epi16(codes, 3), _mm256_slli_epi16(codes, 2), _mm256_slli_epi16(codes, 1),
                  codes}};
    return _mm256_blendv_epi8(eight_rows(table, 0, &c), eight_rows(table, 8, &c), c.signs[3]);
}

void qf_lookup__avx2(const uint8_t *x, size_t rows, size_t length, const uint8_t *table, uint8_t *out,
                     size_t out_stride) {
    for (size_t r = 0; r < rows; r++, x += length, out += out_stride) {
        if (length < 32) qf_lookup_loop(x, length, table, out);
        for (size_t next = 0; length >= 32 && next < length; next += next ? 32 : qf_to_line(out, length)) {
            size_t i = qf_min(next, length - 32); /* the last step overlaps */
            __m256i codes = _mm256_loadu_si256((const __m256i *)(x + i));
            _mm256_storeu_si256((__m256i *)(out + i), look_up32(table, codes));
        }
    }
}

QF_TARGET_END
#endif
