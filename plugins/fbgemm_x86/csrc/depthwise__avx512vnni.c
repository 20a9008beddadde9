/* Depthwise convolutions with vpdpbusd, 64 channels at once. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86_512
QF_TARGET_BEGIN(QF_AVX512VNNI)

#define WIDE_BLOCKS
#define GROUP 4
#define DPBUSD _mm512_dpbusd_epi32
#define WIDTH 512
#include "depthwise_x86.h"
#define DPBUSD _mm256_dpbusd_epi32
#define WIDTH 256
#include "depthwise_x86.h"
#include "depthwise_blocks.h"

const qf_depthwise_kernel qf_depthwise_avx512vnni = {"qf_depthwise_u8s8__avx512vnni", 4, 1, 4, 1, 0, run};

QF_TARGET_END
#endif
