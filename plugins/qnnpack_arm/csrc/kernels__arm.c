/* What each ARM instruction set provides. */
#include <qframe/native/ukernels.h>

#include "arm.h"

#if QF_ARM64

#define COMMON                                                                                          \
    QF_COMMON_KERNELS(neon), .requant_rows = qf_requant_rows__neon, .rescale_rows = qf_rescale_rows__neon,  \
    .quantize8 = qf_quantize8__neon,                                                                    \
    .dequantize_u8 = qf_dequantize_u8__neon, .dequantize_i8 = qf_dequantize_i8__neon,                   \
    .cell = qf_cell__neon, .elementwise = &qf_elementwise_neon, .norms = &qf_norm_neon

const qf_kernels qf_kernels_neon = {
    .isa = "neon", COMMON, .gemm = qf_gemm_u8s8_3x8c16__neon,
    .depthwise = {&qf_depthwise_neon, &qf_depthwise_neon},
};

#endif
#if QF_ARM64_DOT

const qf_kernels qf_kernels_dotprod = {
    .isa = "dotprod", COMMON, .gemm = qf_gemm_u8s8_8x8c4__dotprod,
    .depthwise = {&qf_depthwise_neon, &qf_depthwise_dotprod},
};
const qf_kernels qf_kernels_i8mm = {
    .isa = "i8mm", COMMON, .gemm = qf_gemm_u8s8_8x8c8__i8mm,
    .depthwise = {&qf_depthwise_neon, &qf_depthwise_i8mm},
};

#endif
