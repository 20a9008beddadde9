/* The kernels of norms.h for AVX2 and above: 32 codes at once; the last step overlaps the one before. */
#include "norms_avx2.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

/* Steps after which sums of 32 bits are moved to sums of 64; a step adds at most 4 * 255**2 to each. */
enum { STEPS = 1 << 13 };

QF_INLINE __m256i load_flipped(const uint8_t *x, __m256i flip) {
    return _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)x), flip);
}

QF_INLINE uint64_t sum64(__m256i v) {
    uint64_t parts[4];
    _mm256_storeu_si256((__m256i *)parts, v);
    return parts[0] + parts[1] + parts[2] + parts[3];
}

/* 64 zeros, then 64 bytes of ones: masks for the last codes of a vector. */
#define ONES 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255
const uint8_t qf_last_codes[128] = {[64] = ONES, ONES, ONES, ONES};

/* Sums of 64 bits; those of squares gather in 32 bits first. */
typedef struct code_sums {
    __m256i total, squares, narrow;
} code_sums;

QF_INLINE void add_codes(code_sums *s, __m256i codes) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i low = _mm256_unpacklo_epi8(codes, zero), high = _mm256_unpackhi_epi8(codes, zero);
    s->total = _mm256_add_epi64(s->total, _mm256_sad_epu8(codes, zero));
    s->narrow = _mm256_add_epi32(s->narrow, _mm256_madd_epi16(low, low));
    s->narrow = _mm256_add_epi32(s->narrow, _mm256_madd_epi16(high, high));
}

QF_INLINE void widen_squares(code_sums *s) {
    const __m256i zero = _mm256_setzero_si256();
    s->squares = _mm256_add_epi64(s->squares, _mm256_unpacklo_epi32(s->narrow, zero));
    s->squares = _mm256_add_epi64(s->squares, _mm256_unpackhi_epi32(s->narrow, zero));
    s->narrow = zero;
}

void qf_norm_sums__avx2(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares) {
    const __m256i flips = _mm256_set1_epi8((char)flip);
    code_sums s;
    memset(&s, 0, sizeof s);
    *total = *squares = 0;
    if (count < 32) {
        qf_sums_loop(x, count, flip, total, squares);
        return;
    }
    size_t i = 0;
    while (i + 32 <= count) {
        for (size_t step = 0; step < STEPS && i + 32 <= count; step++, i += 32)
            add_codes(&s, load_flipped(x + i, flips));
        widen_squares(&s);
    }
    __m256i mask = _mm256_loadu_si256((const __m256i *)(qf_last_codes + 32 + (count - i)));
    add_codes(&s, _mm256_and_si256(load_flipped(x + count - 32, flips), mask));
    widen_squares(&s);
    *total = sum64(s.total);
    *squares = sum64(s.squares);
}

/* Sums of 32 columns: those of 16 bits are moved to 32 before they can overflow. */
typedef struct column_block {
    __m256i narrow[2], total[4], squares[4];
} column_block;

/* Two rows; bytes of a column become neighbours, so that one instruction adds both, or both squares. */
QF_INLINE void add_rows(column_block *b, __m256i first, __m256i second) {
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi8(1);
    __m256i pairs[2] = {_mm256_unpacklo_epi8(first, second), _mm256_unpackhi_epi8(first, second)};
    QF_UNROLL
    for (int h = 0; h < 2; h++) {
        __m256i low = _mm256_unpacklo_epi8(pairs[h], zero), high = _mm256_unpackhi_epi8(pairs[h], zero);
        b->narrow[h] = _mm256_add_epi16(b->narrow[h], _mm256_maddubs_epi16(pairs[h], ones));
        b->squares[2 * h] = _mm256_add_epi32(b->squares[2 * h], _mm256_madd_epi16(low, low));
        b->squares[2 * h + 1] = _mm256_add_epi32(b->squares[2 * h + 1], _mm256_madd_epi16(high, high));
    }
}

QF_INLINE void widen_totals(column_block *b) {
    const __m256i zero = _mm256_setzero_si256();
    QF_UNROLL
    for (int h = 0; h < 2; h++) {
        __m256i low = _mm256_unpacklo_epi16(b->narrow[h], zero);
        __m256i high = _mm256_unpackhi_epi16(b->narrow[h], zero);
        b->total[2 * h] = _mm256_add_epi32(b->total[2 * h], low);
        b->total[2 * h + 1] = _mm256_add_epi32(b->total[2 * h + 1], high);
        b->narrow[h] = zero;
    }
}

/* Register k holds columns 4k .. 4k + 3 of each 16. */
QF_INLINE void store_columns(const __m256i *sums, uint32_t *out) {
    QF_UNROLL
    for (int k = 0; k < 4; k++) {
        _mm_storeu_si128((__m128i *)(out + 4 * k), _mm256_castsi256_si128(sums[k]));
        _mm_storeu_si128((__m128i *)(out + 16 + 4 * k), _mm256_extracti128_si256(sums[k], 1));
    }
}

void qf_norm_column_sums__avx2(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                               uint32_t *squares) {
    const __m256i zero = _mm256_setzero_si256(), flips = _mm256_set1_epi8((char)flip);
    if (columns < 32) {
        qf_norm_portable.column_sums(x, rows, columns, flip, total, squares);
        return;
    }
    for (size_t next = 0; next < columns; next += 32) {
        size_t c = qf_min(next, columns - 32);
        column_block b;
        memset(&b, 0, sizeof b);
        for (size_t r = 0; r < rows; r += 2) {
            if (r % 256 == 0) widen_totals(&b); /* 128 pairs of at most 2 * 255 */
            const uint8_t *at = x + r * columns + c;
            add_rows(&b, load_flipped(at, flips), r + 1 < rows ? load_flipped(at + columns, flips) : zero);
        }
        widen_totals(&b);
        store_columns(b.total, total + c);
        store_columns(b.squares, squares + c);
    }
}

/* What finishes values, and the numbers that all of a call share. */
typedef struct finish {
    __m256 base, reciprocal, low, high;
    __m256i exponent, zero_point, flip;
} finish;

QF_INLINE finish make_finish(const qf_norm_codes *codes) {
    finish f = {_mm256_set1_ps(8388608.0f + (float)codes->x_zero_point), /* 2**23 */
                _mm256_set1_ps(codes->reciprocal), _mm256_set1_ps(codes->bounds.low),
                _mm256_set1_ps(codes->bounds.high), _mm256_set1_epi32(0x4B000000 | codes->flip),
                _mm256_set1_epi16((int16_t)codes->bounds.zero_point), _mm256_set1_epi8((char)codes->flip)};
    return f;
}

/* 8 codes minus their zero point: they become the low bits of 2**23 + code, flipped on the way. */
QF_INLINE __m256 centered8(const uint8_t *x, const finish *f) {
    __m256i codes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)x));
    return _mm256_sub_ps(_mm256_castsi256_ps(_mm256_xor_si256(codes, f->exponent)), f->base);
}

/* What is tame saturates while it is packed. */
QF_INLINE __m256i round8(__m256 value, const finish *f, int tame) {
    value = _mm256_mul_ps(value, f->reciprocal);
    if (tame) return _mm256_cvtps_epi32(value);
    value = _mm256_min_ps(value, f->high); /* the second operand for NaN */
    return _mm256_cvtps_epi32(_mm256_max_ps(value, f->low));
}

QF_INLINE void store32(const __m256i *rounded, const finish *f, uint8_t *out) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i first = _mm256_adds_epi16(_mm256_packs_epi32(rounded[0], rounded[1]), f->zero_point);
    __m256i second = _mm256_adds_epi16(_mm256_packs_epi32(rounded[2], rounded[3]), f->zero_point);
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(first, second), order);
    _mm256_storeu_si256((__m256i *)out, _mm256_xor_si256(bytes, f->flip));
}

/* One number for all codes, or one for each: see norms.h. */
typedef struct numbers {
    const float *mean, *factor, *weight, *bias;
} numbers;
enum { RUN, ROW, PIXELS };

/* At least 32 codes; form and tame are compile-time constants. */
QF_INLINE void normalize(const uint8_t *x, size_t count, numbers n, int form, int tame,
                         const qf_norm_codes *codes, uint8_t *out) {
    const finish f = make_finish(codes);
    const __m256 mean = _mm256_set1_ps(*n.mean), factor = _mm256_set1_ps(*n.factor);
    const __m256 bias = _mm256_set1_ps(*n.bias);
    for (size_t next = 0; next < count; next += 32) {
        size_t i = qf_min(next, count - 32);
        __m256i rounded[4];
        QF_UNROLL
        for (int v = 0; v < 4; v++) {
            size_t at = i + 8 * (size_t)v;
            __m256 value = centered8(x + at, &f);
            value = _mm256_sub_ps(value, form == PIXELS ? _mm256_loadu_ps(n.mean + at) : mean);
            value = _mm256_mul_ps(value, form == PIXELS ? _mm256_loadu_ps(n.factor + at) : factor);
            if (form == ROW) value = _mm256_mul_ps(value, _mm256_loadu_ps(n.weight + at));
            value = _mm256_add_ps(value, form == RUN ? bias : _mm256_loadu_ps(n.bias + at));
            rounded[v] = round8(value, &f, tame);
        }
        store32(rounded, &f, out + i);
    }
}

void qf_norm_run__avx2(const uint8_t *x, size_t count, float mean, float factor, float bias,
                       const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {&mean, &factor, NULL, &bias};
    if (count < 32) qf_norm_run_loop(x, count, mean, factor, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, RUN, 1, codes, out);
    else normalize(x, count, n, RUN, 0, codes, out);
}

void qf_norm_row__avx2(const uint8_t *x, size_t count, float mean, float factor, const float *weight,
                       const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {&mean, &factor, weight, bias};
    if (count < 32) qf_norm_row_loop(x, count, mean, factor, weight, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, ROW, 1, codes, out);
    else normalize(x, count, n, ROW, 0, codes, out);
}

void qf_norm_pixels__avx2(const uint8_t *x, size_t count, const float *mean, const float *factor,
                          const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {mean, factor, NULL, bias};
    if (count < 32) qf_norm_pixels_loop(x, count, mean, factor, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, PIXELS, 1, codes, out);
    else normalize(x, count, n, PIXELS, 0, codes, out);
}

const qf_norm_kernels qf_norm_avx2 = {
    .sums = qf_norm_sums__avx2, .column_sums = qf_norm_column_sums__avx2, .run = qf_norm_run__avx2,
    .row = qf_norm_row__avx2, .pixels = qf_norm_pixels__avx2,
};

QF_TARGET_END
#endif
