/* What each x86 instruction set provides. */
#include "avx2.h"
#include "depthwise.h"

#if QF_X86

void qf_requant_rows__avx512(const int32_t *, size_t, size_t, const qf_requant *, size_t, uint8_t *, size_t);

const qf_kernels qf_kernels_avx2 = {
    .isa = "avx2", .gemm = qf_gemm_i16s8_6x16c2__avx2, .fast_gemm = qf_gemm_u8s8_6x16c4__avx2,
    .requant_rows = qf_requant_rows__avx2, .depthwise = {&qf_depthwise_avx2, &qf_depthwise_avx2}, QF_COMMON_AVX2,
    .cell = qf_cell__avx2, .elementwise = &qf_elementwise_avx2,
};
const qf_kernels qf_kernels_avxvnni = {
    .isa = "avxvnni", .gemm = qf_gemm_u8s8_6x16c4__avxvnni, .requant_rows = qf_requant_rows__avx2,
    .depthwise = {&qf_depthwise_avx2, &qf_depthwise_avxvnni}, QF_COMMON_AVX2,
    .cell = qf_cell__avx2, .elementwise = &qf_elementwise_avx2,
};
const qf_kernels qf_kernels_avx512 = {
    .isa = "avx512", .gemm = qf_gemm_i16s8_12x32c2__avx512, .fast_gemm = qf_gemm_u8s8_12x32c4__avx512,
    .requant_rows = qf_requant_rows__avx512, .depthwise = {&qf_depthwise_avx512, &qf_depthwise_avx512}, QF_COMMON_AVX2,
    .cell = qf_cell__avx512, .elementwise = &qf_elementwise_avx512,
};
const qf_kernels qf_kernels_avx512vnni = {
    .isa = "avx512vnni", .gemm = qf_gemm_u8s8_12x32c4__avx512vnni, .requant_rows = qf_requant_rows__avx512,
    .depthwise = {&qf_depthwise_avx512, &qf_depthwise_avx512vnni}, QF_COMMON_AVX2,
    .cell = qf_cell__avx512, .elementwise = &qf_elementwise_avx512,
};

#endif
