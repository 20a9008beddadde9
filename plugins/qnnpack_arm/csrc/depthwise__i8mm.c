/* Depthwise convolutions with dot products of unsigned and signed bytes (USDOT). */
#include "arm.h"

#if QF_ARM64_DOT
#include <qframe/simd.h>

QF_TARGET_BEGIN(QF_I8MM)

#define LOAD_CODES(at) vld1q_u8(at)
#define dot vusdotq_s32

#include "depthwise_dot.h"

const qf_depthwise_kernel qf_depthwise_i8mm = {"qf_depthwise_u8s8__i8mm", 1, 0, 4, 1, 0, run};

QF_TARGET_END
#endif
