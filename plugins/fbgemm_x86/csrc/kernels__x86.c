/* What each x86 instruction set provides. */
#include <qframe/native/ukernels.h>

#include "avx2.h"
#include "x86.h"

#if QF_X86

void qf_requant_rows__avx512(const int32_t *, size_t, size_t, const qf_requant *, size_t, uint8_t *, size_t);
void qf_rescale_rows__avx512(const int32_t *, size_t, size_t, const float *, const float *, int, size_t, float *, size_t);

#define COMMON_256                                                                                    \
    QF_COMMON_KERNELS(avx2), .requant_rows = qf_requant_rows__avx2, .rescale_rows = qf_rescale_rows__avx2,    \
    .quantize8 = qf_quantize8__avx2,                                                                  \
    .dequantize_u8 = qf_dequantize_u8__avx2, .dequantize_i8 = qf_dequantize_i8__avx2,                 \
    .elementwise = &qf_elementwise_avx2, .norms = &qf_norm_avx2, .cell = qf_cell__avx2

const qf_kernels qf_kernels_avx2 = {
    .isa = "avx2", COMMON_256, .gemm = qf_gemm_i16s8_6x16c2__avx2, .fast_gemm = qf_gemm_u8s8_6x16c4__avx2,
    .depthwise = {&qf_depthwise_avx2, &qf_depthwise_avx2},
};
const qf_kernels qf_kernels_avxvnni = {
    .isa = "avxvnni", COMMON_256, .gemm = qf_gemm_u8s8_6x16c4__avxvnni,
    .depthwise = {&qf_depthwise_avx2, &qf_depthwise_avxvnni},
};
#endif
#if QF_X86_512

#define COMMON_512                                                                                        \
    QF_COMMON_KERNELS(avx2), .requant_rows = qf_requant_rows__avx512, .rescale_rows = qf_rescale_rows__avx512,    \
    .quantize8 = qf_quantize8__avx512,                                                                    \
    .dequantize_u8 = qf_dequantize_u8__avx512, .dequantize_i8 = qf_dequantize_i8__avx512,                 \
    .norms = &qf_norm_avx512, .cell = qf_cell__avx512

const qf_kernels qf_kernels_avx512 = {
    .isa = "avx512", COMMON_512, .gemm = qf_gemm_i16s8_12x32c2__avx512, .fast_gemm = qf_gemm_u8s8_12x32c4__avx512,
    .depthwise = {&qf_depthwise_avx512, &qf_depthwise_avx512}, .elementwise = &qf_elementwise_avx512,
};
const qf_kernels qf_kernels_avx512vnni = {
    .isa = "avx512vnni", COMMON_512, .gemm = qf_gemm_u8s8_12x32c4__avx512vnni,
    .depthwise = {&qf_depthwise_avx512, &qf_depthwise_avx512vnni}, .elementwise = &qf_elementwise_avx512vnni,
};
const qf_kernels qf_kernels_avx512vbmi = {
    .isa = "avx512vbmi", COMMON_512, .gemm = qf_gemm_u8s8_12x32c4__avx512vnni,
    .depthwise = {&qf_depthwise_avx512, &qf_depthwise_avx512vnni}, .elementwise = &qf_elementwise_avx512vbmi,
};

#endif
