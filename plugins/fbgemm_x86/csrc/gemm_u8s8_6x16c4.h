/* The 6 x 16 tile of bytes, shared by the AVX2 and the AVX-VNNI kernel.  Each includes it inside its target
 * region, after its own `step`, which adds the products of four inputs. */
QF_INLINE void tile(const size_t mr, size_t k, const char *a, size_t a_stride, const int8_t *panel,
                    const int32_t *start, int32_t *out) {
    __m256i sum[6][2];
    int32_t quads[6];
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        sum[r][0] = _mm256_loadu_si256((const __m256i *)start);
        sum[r][1] = _mm256_loadu_si256((const __m256i *)(start + 8));
    }
    for (size_t i = k / 4; i > 0; i--, a += 4, panel += 64) {
        QF_UNROLL for (size_t r = 0; r < mr; r++) quads[r] = qf_load_i32(a + r * a_stride);
        step(mr, quads, panel, sum);
    }
    if (k % 4) {
        QF_UNROLL for (size_t r = 0; r < mr; r++) quads[r] = qf_load_tail(a + r * a_stride, k % 4);
        step(mr, quads, panel, sum);
    }
    QF_UNROLL for (size_t r = 0; r < mr; r++) {
        _mm256_storeu_si256((__m256i *)(out + 16 * r), sum[r][0]);
        _mm256_storeu_si256((__m256i *)(out + 16 * r + 8), sum[r][1]);
    }
}
