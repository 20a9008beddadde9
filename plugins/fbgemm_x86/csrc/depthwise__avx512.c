/* Depthwise convolutions with vpmaddwd, 64 channels at once: no sum of two products (at most 2 * 255 * 255) exceeds
 * 32 bits. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512)

#define WIDE_BLOCKS
#define GROUP 2
#define WIDTH 512
#include "depthwise_x86.h"
#define WIDTH 256
#include "depthwise_x86.h"
#include "depthwise_blocks.h"

const qf_depthwise_kernel qf_depthwise_avx512 = {"qf_depthwise_u8s16__avx512", 4, 1, 2, 2, 0, run};

QF_TARGET_END
#endif
