/* Depthwise convolutions with vpmaddwd, 32 channels at once: no sum of two products (at most 2 * 255 * 255) exceeds
 * 32 bits. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVX2)

#define GROUP 2
#define WIDTH 256
#include "depthwise_x86.h"
#include "depthwise_blocks.h"

const qf_depthwise_kernel qf_depthwise_avx2 = {"qf_depthwise_u8s16__avx2", 2, 0, 2, 2, 0, run};

QF_TARGET_END
#endif
