/* vpmaddubsw adds two products in 16 bits: for panels and activations where that is proved exact (pack.h).
 * Others go to qf_gemm_i16s8_6x16c2__avx2. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define WIDTH 256
#define PRODUCTS 4
#include "gemm_tile.h"

void qf_gemm_u8s8_6x16c4__avx2(size_t mr, const qf_activations *a, const int8_t *panel,
                               const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
