/* The kernels of norms.h in vectors: BYTES codes at once; the last step overlaps the one before.  A kernel includes
 * it inside its target region, after WIDTH and
 *     SHORTER   the kernels for what is shorter than a vector
 */
#include "width.h"

/* Steps after which sums of 32 bits are moved to sums of 64; a step adds at most 4 * 255**2 to each. */
enum { STEPS = 1 << 13 };

QF_INLINE V load_flipped(const uint8_t *x, V flip) {
    return BITS(xor)(LOAD(x), flip);
}

QF_INLINE uint64_t sum64(V v) {
    uint64_t parts[WIDTH / 64], sum = 0;
    STORE(parts, v);
    for (int i = 0; i < WIDTH / 64; i++) sum += parts[i];
    return sum;
}

/* 64 zeros, then 64 bytes of ones: a mask for the last n codes of a vector begins n behind BYTES before these. */
#define ONES 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255
static const uint8_t last_codes[128] = {[64] = ONES, ONES, ONES, ONES};

/* Sums of 64 bits; those of squares gather in 32 bits first. */
typedef struct code_sums {
    V total, squares, narrow;
} code_sums;

QF_INLINE void add_codes(code_sums *s, V codes) {
    const V zero = ZERO;
    V low = OP(unpacklo_epi8)(codes, zero), high = OP(unpackhi_epi8)(codes, zero);
    s->total = OP(add_epi64)(s->total, OP(sad_epu8)(codes, zero));
    s->narrow = OP(add_epi32)(s->narrow, OP(madd_epi16)(low, low));
    s->narrow = OP(add_epi32)(s->narrow, OP(madd_epi16)(high, high));
}

QF_INLINE void widen_squares(code_sums *s) {
    const V zero = ZERO;
    s->squares = OP(add_epi64)(s->squares, OP(unpacklo_epi32)(s->narrow, zero));
    s->squares = OP(add_epi64)(s->squares, OP(unpackhi_epi32)(s->narrow, zero));
    s->narrow = zero;
}

static void sums(const uint8_t *x, size_t count, uint8_t flip, uint64_t *total, uint64_t *squares) {
    const V flips = OP(set1_epi8)((char)flip);
    code_sums s;
    memset(&s, 0, sizeof s);
    if (count < BYTES) {
        SHORTER.sums(x, count, flip, total, squares);
        return;
    }
    size_t i = 0;
    while (i + BYTES <= count) {
        for (size_t step = 0; step < STEPS && i + BYTES <= count; step++, i += BYTES)
            add_codes(&s, load_flipped(x + i, flips));
        widen_squares(&s);
    }
    V mask = LOAD(last_codes + 64 - BYTES + (count - i));
    add_codes(&s, BITS(and)(load_flipped(x + count - BYTES, flips), mask));
    widen_squares(&s);
    *total = sum64(s.total);
    *squares = sum64(s.squares);
}

/* Sums of BYTES columns: those of 16 bits are moved to 32 before they can overflow. */
typedef struct column_block {
    V narrow[2], total[4], squares[4];
} column_block;

/* Two rows; bytes of a column become neighbours, so that one instruction adds both, or both squares. */
QF_INLINE void add_rows(column_block *b, V first, V second) {
    const V zero = ZERO, ones = OP(set1_epi8)(1);
    V pairs[2] = {OP(unpacklo_epi8)(first, second), OP(unpackhi_epi8)(first, second)};
    QF_UNROLL
    for (int h = 0; h < 2; h++) {
        V low = OP(unpacklo_epi8)(pairs[h], zero), high = OP(unpackhi_epi8)(pairs[h], zero);
        b->narrow[h] = OP(add_epi16)(b->narrow[h], OP(maddubs_epi16)(pairs[h], ones));
        b->squares[2 * h] = OP(add_epi32)(b->squares[2 * h], OP(madd_epi16)(low, low));
        b->squares[2 * h + 1] = OP(add_epi32)(b->squares[2 * h + 1], OP(madd_epi16)(high, high));
    }
}

QF_INLINE void widen_totals(column_block *b) {
    const V zero = ZERO;
    QF_UNROLL
    for (int h = 0; h < 2; h++) {
        V low = OP(unpacklo_epi16)(b->narrow[h], zero);
        V high = OP(unpackhi_epi16)(b->narrow[h], zero);
        b->total[2 * h] = OP(add_epi32)(b->total[2 * h], low);
        b->total[2 * h + 1] = OP(add_epi32)(b->total[2 * h + 1], high);
        b->narrow[h] = zero;
    }
}

/* Register k holds columns 4k .. 4k + 3 of each 16. */
QF_INLINE void store_columns(const V *sums, uint32_t *out) {
    QF_UNROLL
    for (int k = 0; k < 4; k++) {
        uint32_t lanes[LANES];
        STORE(lanes, sums[k]);
        for (int i = 0; i < LANES; i += 4) memcpy(out + 4 * i + 4 * k, lanes + i, 4 * sizeof *out);
    }
}

static void column_sums(const uint8_t *x, size_t rows, size_t columns, uint8_t flip, uint32_t *total,
                        uint32_t *squares) {
    const V zero = ZERO, flips = OP(set1_epi8)((char)flip);
    if (columns < BYTES) {
        SHORTER.column_sums(x, rows, columns, flip, total, squares);
        return;
    }
    for (size_t next = 0; next < columns; next += BYTES) {
        size_t c = qf_min(next, columns - BYTES);
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
    F base, reciprocal, low, high;
    V exponent, zero_point, flip;
} finish;

QF_INLINE finish make_finish(const qf_norm_codes *codes) {
    finish f = {OP(set1_ps)(8388608.0f + (float)codes->x_zero_point), /* 2**23 */
                OP(set1_ps)(codes->reciprocal), OP(set1_ps)(codes->bounds.low),
                OP(set1_ps)(codes->bounds.high), OP(set1_epi32)(0x4B000000 | codes->flip),
                OP(set1_epi16)((int16_t)codes->bounds.zero_point), OP(set1_epi8)((char)codes->flip)};
    return f;
}

/* Codes minus their zero point: they become the low bits of 2**23 + code, flipped on the way. */
QF_INLINE F centered(const uint8_t *x, const finish *f) {
    V codes = OP(cvtepu8_epi32)(LOAD_LANES(x));
    return OP(sub_ps)(REAL(BITS(xor)(codes, f->exponent)), f->base);
}

/* What is tame saturates while it is packed. */
QF_INLINE V round_values(F value, const finish *f, int tame) {
    value = OP(mul_ps)(value, f->reciprocal);
    if (tame) return OP(cvtps_epi32)(value);
    value = OP(min_ps)(value, f->high); /* the second operand for NaN */
    return OP(cvtps_epi32)(OP(max_ps)(value, f->low));
}

QF_INLINE void store_codes(const V *rounded, const finish *f, uint8_t *out) {
    V first = OP(adds_epi16)(OP(packs_epi32)(rounded[0], rounded[1]), f->zero_point);
    V second = OP(adds_epi16)(OP(packs_epi32)(rounded[2], rounded[3]), f->zero_point);
    V bytes = IN_ORDER(OP(packus_epi16)(first, second));
    STORE(out, BITS(xor)(bytes, f->flip));
}

/* One number for all codes, or one for each: see norms.h. */
typedef struct numbers {
    const float *mean, *factor, *weight, *bias;
} numbers;
enum { RUN, ROW, PIXELS };

/* At least BYTES codes; form and tame are compile-time constants. */
QF_INLINE void normalize(const uint8_t *x, size_t count, numbers n, int form, int tame,
                         const qf_norm_codes *codes, uint8_t *out) {
    const finish f = make_finish(codes);
    const F mean = OP(set1_ps)(*n.mean), factor = OP(set1_ps)(*n.factor);
    const F bias = OP(set1_ps)(*n.bias);
    for (size_t next = 0; next < count; next += BYTES) {
        size_t i = qf_min(next, count - BYTES);
        V rounded[4];
        QF_UNROLL
        for (int v = 0; v < 4; v++) {
            size_t at = i + LANES * (size_t)v;
            F value = centered(x + at, &f);
            value = OP(sub_ps)(value, form == PIXELS ? OP(loadu_ps)(n.mean + at) : mean);
            value = OP(mul_ps)(value, form == PIXELS ? OP(loadu_ps)(n.factor + at) : factor);
            if (form == ROW) value = OP(mul_ps)(value, OP(loadu_ps)(n.weight + at));
            value = OP(add_ps)(value, form == RUN ? bias : OP(loadu_ps)(n.bias + at));
            rounded[v] = round_values(value, &f, tame);
        }
        store_codes(rounded, &f, out + i);
    }
}

static void run(const uint8_t *x, size_t count, float mean, float factor, float bias,
                const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {&mean, &factor, NULL, &bias};
    if (count < BYTES) SHORTER.run(x, count, mean, factor, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, RUN, 1, codes, out);
    else normalize(x, count, n, RUN, 0, codes, out);
}

static void row(const uint8_t *x, size_t count, float mean, float factor, const float *weight,
                const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {&mean, &factor, weight, bias};
    if (count < BYTES) SHORTER.row(x, count, mean, factor, weight, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, ROW, 1, codes, out);
    else normalize(x, count, n, ROW, 0, codes, out);
}

static void pixels(const uint8_t *x, size_t count, const float *mean, const float *factor,
                   const float *bias, const qf_norm_codes *codes, uint8_t *out) {
    const numbers n = {mean, factor, NULL, bias};
    if (count < BYTES) SHORTER.pixels(x, count, mean, factor, bias, codes, out);
    else if (codes->tame) normalize(x, count, n, PIXELS, 1, codes, out);
    else normalize(x, count, n, PIXELS, 0, codes, out);
}

#define LINES {.sums = sums, .column_sums = column_sums, .run = run, .row = row, .pixels = pixels}
