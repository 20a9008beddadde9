/* Sums and products, AVX-512, 64 codes at a time. */
#include "elementwise_avx512.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

/* Both return how many elements they have done; flips and clamps are compile-time constants. */
QF_INLINE size_t add_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int flips,
                           int clamps, uint8_t *out) {
    const operand x = make_operand(p->a_zero_point, p->a_scale), y = make_operand(p->b_zero_point, p->b_scale);
    const finish f = make_finish(p, 1.0f);
    size_t i = 0;
    for (; i + 64 <= count; i += i ? 64 : qf_to_wide_line(out, count)) {
        __m512 left[4], right[4];
        centered64(a + i, flips, &x, left);
        centered64(b + i, flips, &y, right);
        QF_UNROLL for (int k = 0; k < 4; k++) {
            right[k] = _mm512_mul_ps(right[k], y.scale[k & 1]);
            left[k] = _mm512_add_ps(_mm512_mul_ps(left[k], x.scale[k & 1]), right[k]);
        }
        finish64(left, &f, flips, clamps, out + i);
    }
    return i;
}

/* Even codes and odd ones as numbers of 16 bits. */
typedef struct halves {
    __m512i even, odd;
} halves;

QF_INLINE halves split(const uint8_t *x, int flips) {
    __m512i bytes = _mm512_loadu_si512(x);
    if (flips) bytes = _mm512_xor_si512(bytes, _mm512_set1_epi8(INT8_MIN));
    halves h = {_mm512_and_si512(bytes, _mm512_set1_epi16(0xFF)), _mm512_srli_epi16(bytes, 8)};
    return h;
}

/* Products of 16-bit numbers, of every other one: vpmaddwd adds the products of two, one of which is masked away. */
QF_INLINE __m512 products(__m512i a, __m512i a_zero_point, __m512i b, __mmask32 which) {
    return _mm512_cvtepi32_ps(_mm512_madd_epi16(_mm512_maskz_sub_epi16(which, a, a_zero_point), b));
}

QF_INLINE size_t mul_steps(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, int flips,
                           int clamps, uint8_t *out) {
    const __m512i a_zero_point = _mm512_set1_epi16((int16_t)p->a_zero_point);
    const __m512i b_zero_point = _mm512_set1_epi16((int16_t)p->b_zero_point);
    const __mmask32 lower = 0x55555555, upper = 0xAAAAAAAA;
    const finish f = make_finish(p, 1.0f);
    size_t i = 0;
    for (; i + 64 <= count; i += i ? 64 : qf_to_wide_line(out, count)) {
        halves x = split(a + i, flips), y = split(b + i, flips);
        y.even = _mm512_sub_epi16(y.even, b_zero_point);
        y.odd = _mm512_sub_epi16(y.odd, b_zero_point);
        const __m512 values[4] = {products(x.even, a_zero_point, y.even, lower), products(x.odd, a_zero_point, y.odd, lower),
                                  products(x.even, a_zero_point, y.even, upper), products(x.odd, a_zero_point, y.odd, upper)};
        finish64(values, &f, flips, clamps, out + i);
    }
    return i;
}

void qf_add__avx512(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    size_t done = 0;
    if (p->tame && p->flip) done = add_steps(a, b, count, p, 1, 1, out);
    else if (p->tame && qf_clamps(p)) done = add_steps(a, b, count, p, 0, 1, out);
    else if (p->tame) done = add_steps(a, b, count, p, 0, 0, out);
    qf_add__avx2(a + done, b + done, count - done, p, out + done);
}

void qf_mul__avx512(const uint8_t *a, const uint8_t *b, size_t count, const qf_binary *p, uint8_t *out) {
    size_t done = 0;
    if (p->tame && p->flip) done = mul_steps(a, b, count, p, 1, 1, out);
    else if (p->tame && qf_clamps(p)) done = mul_steps(a, b, count, p, 0, 1, out);
    else if (p->tame) done = mul_steps(a, b, count, p, 0, 0, out);
    qf_mul__avx2(a + done, b + done, count - done, p, out + done);
}

QF_TARGET_END
#endif
