/* Without VNNI: activations widened to 16 bits, weights widened as they are loaded, vpmaddwd.
 * No sum of two products (at most 2 * 255 * 128) exceeds 32 bits, hence nothing ever saturates. */
#include <qframe/simd.h>
#include <qframe/native/ukernels.h>

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define WIDTH 256
#define PRODUCTS 2
#include "gemm_tile.h"

void qf_gemm_i16s8_6x16c2__avx2(size_t mr, const qf_activations *a, const int8_t *panel,
                                const int32_t *start, int32_t *out, const qf_codes *to) {
    any_height(mr, a, panel, start, out, to);
}

QF_TARGET_END
#endif
