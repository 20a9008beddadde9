/* What each ARM instruction set provides. */
#include <qframe/native/ukernels.h>

#include "arm.h"

#if QF_ARM64

#define COMMON                                                                                          \
    .requant_rows = qf_requant_rows__neon, .start = qf_start__neon, .transform = qf_transform__neon,    \
    .rescale = qf_rescale__neon, .interleave = qf_interleave__neon, .widen = qf_widen__neon,            \
    .sum_u8 = qf_sum_u8__neon, .max_u8 = qf_max_u8__neon, .min_max = qf_min_max__neon,                  \
    .quantize8 = qf_quantize8__neon, .dequantize_u8 = qf_dequantize_u8__neon,                           \
    .dequantize_i8 = qf_dequantize_i8__neon, .half_tile = qf_half_6x16__neon,                           \
    .half_row = qf_half_row__neon, .cell = qf_cell__neon, .elementwise = &qf_elementwise_neon,          \
    .norms = &qf_norm_neon

const qf_kernels qf_kernels_neon = {
    .isa = "neon", COMMON, .gemm = qf_gemm_u8s8_3x8c16__neon,
    .depthwise = {&qf_depthwise_neon, &qf_depthwise_neon},
};
const qf_kernels qf_kernels_dotprod = {
    .isa = "dotprod", COMMON, .gemm = qf_gemm_u8s8_8x8c4__dotprod,
    .depthwise = {&qf_depthwise_neon, &qf_depthwise_dotprod},
};
const qf_kernels qf_kernels_i8mm = {
    .isa = "i8mm", COMMON, .gemm = qf_gemm_u8s8_8x8c8__i8mm,
    .depthwise = {&qf_depthwise_neon, &qf_depthwise_i8mm},
};

#endif
