/* Planes interleaved to pixels: squares of 16 channels and 16 pixels are transposed in registers.  Included inside a
 * target region. */
#include <qframe/portable.h>
#include <qframe/simd.h>

/* One step of a transposition: rows i and i + 8 become rows 2 i and 2 i + 1.  Four of them transpose 16 x 16. */
QF_INLINE void zip_rows(const qf_bytes *from, qf_bytes *to) {
    QF_UNROLL for (int i = 0; i < 8; i++) {
        to[2 * i] = qf_zip_low(from[i], from[i + 8]);
        to[2 * i + 1] = qf_zip_high(from[i], from[i + 8]);
    }
}

/* 16 pixels of 16 channels, `pixel` bytes apart in the result. */
QF_INLINE void transpose16(const uint8_t *x, size_t stride, size_t pixel, uint8_t *out) {
    qf_bytes a[16], b[16];
    QF_UNROLL for (int c = 0; c < 16; c++) a[c] = qf_load_bytes(x + (size_t)c * stride);
    zip_rows(a, b);
    zip_rows(b, a);
    zip_rows(a, b);
    zip_rows(b, a);
    QF_UNROLL for (int p = 0; p < 16; p++) qf_store_bytes(out + (size_t)p * pixel, a[p]);
}

/* At least 16 channels. */
QF_INLINE void interleave_squares(const uint8_t *x, size_t channels, size_t stride, size_t pixels, uint8_t *out) {
    size_t whole = pixels & ~(size_t)15;
    for (size_t p = 0; p < whole; p += 16)
        for (size_t next = 0; next < channels; next += 16) {
            size_t c = qf_min(next, channels - 16); /* the last square overlaps */
            transpose16(x + c * stride + p, stride, channels, out + p * channels + c);
        }
    qf_interleave_loop(x + whole, channels, stride, pixels - whole, out + whole * channels);
}
