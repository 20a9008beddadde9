/* float32 times half precision: halves are converted as they are loaded, then fused multiply-adds.  A kernel includes it
 * inside its target region, after it has said what its vectors are:
 *     FLOATS, WIDTH               of floats, and how many of them
 *     load_halves(from)           WIDTH of them as floats
 *     multiply_add(sum, value, weights)
 *     broadcast(from), store_floats(to, floats), zeros()
 */
enum { PARTS = QF_LANES / WIDTH };

QF_INLINE void tile(const size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel, float *out) {
    FLOATS sum[QF_HALF_ROWS][PARTS], weights[PARTS];
    QF_UNROLL for (size_t r = 0; r < mr; r++)
        QF_UNROLL for (size_t p = 0; p < PARTS; p++) sum[r][p] = zeros();
    for (size_t i = 0; i < k; i++, panel += QF_LANES) {
        QF_UNROLL for (size_t p = 0; p < PARTS; p++) weights[p] = load_halves(panel + WIDTH * p);
        QF_UNROLL for (size_t r = 0; r < mr; r++) {
            FLOATS value = broadcast(x + r * stride + i);
            QF_UNROLL for (size_t p = 0; p < PARTS; p++) sum[r][p] = multiply_add(sum[r][p], value, weights[p]);
        }
    }
    QF_UNROLL for (size_t r = 0; r < mr; r++)
        QF_UNROLL for (size_t p = 0; p < PARTS; p++) store_floats(out + QF_LANES * r + WIDTH * p, sum[r][p]);
}

QF_INLINE void any_tile(size_t mr, size_t k, const float *x, size_t stride, const uint16_t *panel, float *out) {
    switch (mr) {
        case 1: tile(1, k, x, stride, panel, out); break;
        case 2: tile(2, k, x, stride, panel, out); break;
        case 3: tile(3, k, x, stride, panel, out); break;
        case 4: tile(4, k, x, stride, panel, out); break;
        case 5: tile(5, k, x, stride, panel, out); break;
        default: tile(6, k, x, stride, panel, out); break;
    }
}

/* One row of several panels, so that a sum need not wait for the one before it. */
QF_INLINE void row(const size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    FLOATS sum[QF_HALF_PANELS][PARTS];
    QF_UNROLL for (size_t n = 0; n < panels; n++)
        QF_UNROLL for (size_t p = 0; p < PARTS; p++) sum[n][p] = zeros();
    for (size_t i = 0; i < k; i++, packed += QF_LANES) {
        FLOATS value = broadcast(x + i);
        QF_UNROLL for (size_t n = 0; n < panels; n++)
            QF_UNROLL for (size_t p = 0; p < PARTS; p++)
                sum[n][p] = multiply_add(sum[n][p], value, load_halves(packed + n * k * QF_LANES + WIDTH * p));
    }
    QF_UNROLL for (size_t n = 0; n < panels; n++)
        QF_UNROLL for (size_t p = 0; p < PARTS; p++) store_floats(out + QF_LANES * n + WIDTH * p, sum[n][p]);
}

QF_INLINE void any_row(size_t panels, size_t k, const float *x, const uint16_t *packed, float *out) {
    switch (panels) {
        case 1: row(1, k, x, packed, out); break;
        case 2: row(2, k, x, packed, out); break;
        case 3: row(3, k, x, packed, out); break;
        default: row(4, k, x, packed, out); break;
    }
}
