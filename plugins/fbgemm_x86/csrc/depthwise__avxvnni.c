/* Depthwise convolutions with vpdpbusd in its VEX form, 32 channels at once. */
#include <qframe/simd.h>

#include "x86.h"

#if QF_X86
QF_TARGET_BEGIN(QF_AVXVNNI)

#define DPBUSD QF_DPBUSD256
#define GROUP 4
#define WIDTH 256
#include "depthwise_x86.h"
#include "depthwise_blocks.h"

const qf_depthwise_kernel qf_depthwise_avxvnni = {"qf_depthwise_u8s8__avxvnni", 2, 0, 4, 1, 0, run};

QF_TARGET_END
#endif
