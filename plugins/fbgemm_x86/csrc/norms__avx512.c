/* The kernels of norms.h, AVX-512: the forms of norms__avx2.c, twice as wide. */
#include "norms_avx2.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

/* Steps after which sums of 32 bits are moved to sums of 64; a step adds at most 4 * 255**2 to each. */
enum { STEPS = 1 << 13 };

QF_INLINE __m512i load_flipped(const uint8_t *x, __m512i flip) {
    return _mm512_xor_si512(_mm512_loadu_si512((const void *)x), flip);
}

QF_INLINE uint64_t sum64(__m512i v) {
    uint64_t parts[8], sum = 0;
    _mm512_storeu_si512((void *)parts, v);
    for (int i = 0; i < 8; i++) sum += parts[i];
    return sum;
}

/* Sums of 64 bits; those of squares gather in 32 bits first. */
typedef struct code_sums {
    __m512i total, squares, narrow;
} code_sums;

QF_INLINE void add_codes(code_sums *s, __m512i codes) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i low = _mm512_unpacklo_epi8(codes, zero), high = _mm512_unpackhi_epi8(codes, zero);
    s->total = _mm512_add_epi64(s->total, _mm512_sad_epu8(codes, zero));
    s->narrow = _mm512_add_epi32(s->narrow, _mm512_madd_epi16(low, low));
    s->narrow = _mm512_add_epi32(s->narrow, _mm512_madd_epi16(high, high));
}

QF_INLINE void widen_squares(code_sums *s) {
    const __m512i zero = _mm512_setzero_si512();
    s->squares = _mm512_add_epi64(s->squares, _mm512_unpacklo_epi32(s->narrow, zero));
    s->squares = _mm512_add_epi64(s->squares, _mm512_unpackhi_epi32(s->narrow, zero));
    s->narrow = zero;
}

static void sums(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares) {
    const __m512i flips = _mm512_set1_epi8((char)flip);
    code_sums s;
    memset(&s, 0, sizeof s);
    if (count < 64) {
        qf_norm_sums__avx2(x, count, flip, total, squares);
        return;
    }
    size_t i = 0;
    while (i + 64 <= count) {
        for (size_t step = 0; step < STEPS && i + 64 <= count; step++, i += 64)
            add_codes(&s, load_flipped(x + i, flips));
        widen_squares(&s);
    }
    __m512i mask = _mm512_loadu_si512((const void *)(qf_last_codes + (count - i)));
    add_codes(&s, _mm512_and_si512(load_flipped(x + count - 64, flips), mask));
    widen_squares(&s);
    *total = sum64(s.total);
    *squares = sum64(s.squares);
}

/* Sums of 64 columns: those of 16 bits are moved to 32 before they can overflow. */
typedef struct column_block {
    __m512i narrow[2], total[4], squares[4];
} column_block;

QF_INLINE void add_rows(column_block *b, __m512i first, __m512i second) {
    const __m512i zero = _mm512_setzero_si512(), ones = _mm512_set1_epi8(1);
    __m512i pairs[2] = {_mm512_unpacklo_epi8(first, second), _mm512_unpackhi_epi8(first, second)};
    QF_UNROLL
    for (int h = 0; h < 2; h++) {
        __m512i low = _mm512_unpacklo_epi8(pairs[h], zero), high = _mm512_unpackhi_epi8(pairs[h], zero);
        b->narrow[h] = _mm512_add_epi16(b->narrow[h], _mm512_maddubs_epi16(pairs[h], ones));
        b->squares[2 * h] = _mm512_add_epi32(b->squares[2 * h], _mm512_madd_epi16(low, low));
        b->squares[2 * h + 1] = _mm512_add_epi32(b->squares[2 * h + 1], _mm512_madd_epi16(high, high));
    }
}

QF_INLINE void widen_totals(column_block *b) {
    const __m512i zero = _mm512_setzero_si512();
    QF_UNROLL
    for (int h = 0; h < 2; h++) {
        __m512i low = _mm512_unpacklo_epi16(b->narrow[h], zero);
        __m512i high = _mm512_unpackhi_epi16(b->narrow[h], zero);
        b->total[2 * h] = _mm512_add_epi32(b->total[2 * h], low);
        b->total[2 * h + 1] = _mm512_add_epi32(b->total[2 * h + 1], high);
        b->narrow[h] = zero;
    }
}

/* Register k holds columns 4k .. 4k + 3 of each 16. */
QF_INLINE void store_columns(const __m512i *sums, uint32_t *out) {
    QF_UNROLL
    for (int k = 0; k < 4; k++, out += 4) {
        _mm_storeu_si128((__m128i *)out, _mm512_extracti32x4_epi32(sums[k], 0));
        _mm_storeu_si128((__m128i *)(out + 16), _mm512_extracti32x4_epi32(sums[k], 1));
        _mm_storeu_si128((__m128i *)(out + 32), _mm512_extracti32x4_epi32(sums[k], 2));
        _mm_storeu_si128((__m128i *)(out + 48), _mm512_extracti32x4_epi32(sums[k], 3));
    }
}

static void column_sums(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                        uint32_t *squares) {
    const __m512i zero = _mm512_setzero_si512(), flips = _mm512_set1_epi8((char)flip);
    if (columns < 64) {
        qf_norm_column_sums__avx2(x, rows, columns, flip, total, squares);
        return;
    }
    for (size_t next = 0; next < columns; next += 64) {
        size_t c = qf_min(next, columns - 64);
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

typedef struct finish {
    __m512 base, reciprocal, low, high;
    __m512i exponent, zero_point, flip;
} finish;

QF_INLINE finish make_finish(const qf_norm_codes *codes) {
    finish f = {_mm512_set1_ps(8388608.0f + (float)codes->x_zero_point), /* 2**23 */
                _mm512_set1_ps(codes->reciprocal), _mm512_set1_ps(codes->bounds.low),
                _mm512_set1_ps(codes->bounds.high), _mm512_set1_epi32(0x4B000000 | codes->flip),
                _mm512_set1_epi16((int16_t)codes->bounds.zero_point), _mm512_set1_epi8((char)codes->flip)};
    return f;
}

/* 16 codes minus their zero point: they become the low bits of 2**23 + code, flipped on the way. */
QF_INLINE __m512 centered16(const uint8_t *x, const finish *f) {
    __m512i codes = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)x));
    return _mm512_sub_ps(_mm512_castsi512_ps(_mm512_xor_si512(codes, f->exponent)), f->base);
}

/* What is tame saturates while it is packed. */
QF_INLINE __m512i round16(__m512 value, const finish *f, int tame) {
    value = _mm512_mul_ps(value, f->reciprocal);
    if (tame) return _mm512_cvtps_epi32(value);
    value = _mm512_min_ps(value, f->high); /* the second operand for NaN */
    return _mm512_cvtps_epi32(_mm512_max_ps(value, f->low));
}

QF_INLINE void store64(const __m512i *rounded, const finish *f, uint8_t *out) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(rounded[0], rounded[1]), f->zero_point);
    __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(rounded[2], rounded[3]), f->zero_point);
    __m512i bytes = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(first, second));
    _mm512_storeu_si512((void *)out, _mm512_xor_si512(bytes, f->flip));
}

/* One number for all codes, or one for each: see norms.h. */
typedef struct numbers {
    const float *mean, *factor, *weight, *bias;
} numbers;
enum { RUN, ROW, PIXELS };

/* At least 64 codes; form and tame are compile-time constants. */
QF_INLINE void normalize(const uint8_t *x, size_t count, numbers n, int form, int tame,
                         const qf_norm_codes *codes, uint8_t *out) {
    const finish f = make_finish(codes);
    const __m512 mean = _mm512_set1_ps(*n.mean), factor = _mm512_set1_ps(*n.factor);
    const __m512 bias = _mm512_set1_ps(*n.bias);
    for (size_t next = 0; next < count; next += 64) {
        size_t i = qf_min(next, count - 64);
        __m512i rounded[4];
        QF_UNROLL
        for (int v = 0; v < 4; v++) {
            size_t at = i + 16 * (size_t)v;
            __m512 value = centered16(x + at, &f);
            value = _mm512_sub_ps(value, form == PIXELS ? _mm512_loadu_ps(n.mean + at) : mean);
            value = _mm512_mul_ps(value, form == PIXELS ? _mm512_loadu_ps(n.factor + at) : factor);
            if (form == ROW) value = _mm512_mul_ps(value, _mm512_loadu_ps(n.weight + at));
            value = _mm512_add_ps(value, form == RUN ? bias : _mm512_loadu_ps(n.bias + at));
            rounded[v] = round16(value, &f, tame);
        }
        store64(rounded, &f, out + i);
    }
}

static void run(const uint8_t *x, size_t count, float mean, float factor, float bias,
                const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {&mean, &factor, NULL, &bias};
    if (count < 64) qf_norm_run__avx2(x, count, mean, factor, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, RUN, 1, codes, out);
    else normalize(x, count, n, RUN, 0, codes, out);
}

static void row(const uint8_t *x, size_t count, float mean, float factor, const float *weight,
                const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {&mean, &factor, weight, bias};
    if (count < 64) qf_norm_row__avx2(x, count, mean, factor, weight, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, ROW, 1, codes, out);
    else normalize(x, count, n, ROW, 0, codes, out);
}

static void pixels(const uint8_t *x, size_t count, const float *mean, const float *factor, const float *bias,
                   const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {mean, factor, NULL, bias};
    if (count < 64) qf_norm_pixels__avx2(x, count, mean, factor, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, PIXELS, 1, codes, out);
    else normalize(x, count, n, PIXELS, 0, codes, out);
}

const qf_norm_kernels qf_norm_avx512 = {
    .sums = sums, .column_sums = column_sums, .run = run, .row = row, .pixels = pixels,
};

QF_TARGET_END
#endif
