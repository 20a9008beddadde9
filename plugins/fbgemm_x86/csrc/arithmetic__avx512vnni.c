/* Sums in fixed point, AVX-512 VNNI: about a third fewer instructions than in float32, and the same codes.
 *
 * The rule is round(float32(float32(float32(a_scale * a) + float32(b_scale * b)) * factor)) for centered codes a and b.
 * Fixed point with 20 fractional bits differs from that by less than 512 of its units:
 *     rounding the two ratios of scales            255 * 1/2 twice, and 1/2 for the start
 *     rounding to float32, four times              at most 3 * 2**-24 of values below 1020, which is 192
 * So 512 is added, and where the fraction then is 1024 or more, rounding down gives the code for certain.  The few
 * vectors that have a smaller fraction somewhere, about one in twenty, are computed in float32. */
#include <math.h>

#include "elementwise_avx512.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512VNNI)

enum { BITS = 20, DOUBT = 512, SPLIT = 64 };

/* Ratios of scales in fixed point, high * SPLIT + low, for pairs of codes; what sums start with; the bits of the
 * fraction of which one at least must be set. */
typedef struct fixed {
    __m512i high, low, start, certain;
} fixed;

/* Codes are below 2**8, SPLIT times as large below 2**14, ratios below 2**21: their parts fit 16 bits, sums 31. */
static int can_be_fixed(double a_ratio, double b_ratio) { return a_ratio < 1.99 && b_ratio < 1.99; }

static int32_t rounded(double value) { return (int32_t)floor(value + 0.5); }

static __m512i pair(int32_t a, int32_t b) { return _mm512_set1_epi32((int32_t)((uint32_t)b << 16 | (a & 0xFFFF))); }

static fixed make_fixed(const qf_binary *p, double a_ratio, double b_ratio) {
    const double one = 1 << BITS;
    int32_t a = rounded(a_ratio * one), b = rounded(b_ratio * one);
    int32_t a_high = (a + SPLIT / 2) / SPLIT, b_high = (b + SPLIT / 2) / SPLIT;
    int32_t start = rounded((p->bounds.zero_point + 0.5) * one) + DOUBT - a * p->a_zero_point - b * p->b_zero_point;
    fixed f = {pair(a_high, b_high), pair(a - a_high * SPLIT, b - b_high * SPLIT), _mm512_set1_epi32(start),
               _mm512_set1_epi32((1 << BITS) - 2 * DOUBT)};
    return f;
}

/* 16 sums of pairs of codes, and which of them are in doubt. */
QF_INLINE __m512i sum16(__m512i codes, const fixed *f, __mmask16 *doubt) {
    __m512i sum = _mm512_dpwssd_epi32(f->start, codes, f->low);
    sum = _mm512_dpwssd_epi32(sum, _mm512_maddubs_epi16(codes, _mm512_set1_epi8(SPLIT)), f->high);
    *doubt |= _mm512_testn_epi32_mask(sum, f->certain);
    return _mm512_srai_epi32(sum, BITS);
}

/* 64 codes; returns which of the sums are in doubt. */
QF_INLINE __mmask16 add64(__m512i x, __m512i y, const fixed *f, __m512i *codes) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i low = _mm512_unpacklo_epi8(x, y), high = _mm512_unpackhi_epi8(x, y);
    __mmask16 doubt = 0;
    __m512i first = sum16(_mm512_unpacklo_epi8(low, zero), f, &doubt);
    __m512i second = sum16(_mm512_unpackhi_epi8(low, zero), f, &doubt);
    __m512i third = sum16(_mm512_unpacklo_epi8(high, zero), f, &doubt);
    __m512i fourth = sum16(_mm512_unpackhi_epi8(high, zero), f, &doubt);
    *codes = _mm512_packus_epi16(_mm512_packs_epi32(first, second), _mm512_packs_epi32(third, fourth));
    return doubt;
}

QF_INLINE __m512i load_codes(const uint8_t *x, int flips) {
    __m512i codes = _mm512_loadu_si512(x);
    return flips ? _mm512_xor_si512(codes, _mm512_set1_epi8(INT8_MIN)) : codes;
}

/* Returns how many elements it has done: it gives up where many sums are in doubt, as with ratios like 1/2.  flips
 * and clamps are compile-time constants. */
QF_INLINE size_t fixed_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, const fixed *f,
                             int flips, int clamps, uint8_t *out) {
    const finish end = make_finish(p, 1.0f);
    size_t i = 0, done = 0, doubtful = 0;
    for (; i + 64 <= count && doubtful <= 16 + done / 4; i += i ? 64 : qf_to_wide_line(out, count), done++) {
        __m512i codes;
        if (QF_LIKELY(!add64(load_codes(a + i, flips), load_codes(b + i, flips), f, &codes))) {
            store64(codes, &end, flips, clamps, out + i);
        } else {
            qf_add__avx512(a + i, b + i, 64, p, out + i);
            doubtful++;
        }
    }
    return i;
}

void qf_add__avx512vnni(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    double a_ratio = (double)p->a_scale * p->factor, b_ratio = (double)p->b_scale * p->factor;
    size_t done = 0;
    if (p->tame && can_be_fixed(a_ratio, b_ratio)) {
        const fixed f = make_fixed(p, a_ratio, b_ratio);
        if (p->flip) done = fixed_steps(a, b, count, p, &f, 1, 1, out);
        else if (qf_clamps(p)) done = fixed_steps(a, b, count, p, &f, 0, 1, out);
        else done = fixed_steps(a, b, count, p, &f, 0, 0, out);
    }
    qf_add__avx512(a + done, b + done, count - done, p, out + done);
}

QF_TARGET_END
#endif
