/* What each x86 instruction set provides, as native/kernels.h asks for it. */
#ifndef QF_X86_H
#define QF_X86_H

#include <qframe/native/depthwise.h>
#include <qframe/native/elementwise.h>
#include <qframe/native/fake_quantize.h>
#include <qframe/native/norms.h>
#include <qframe/native/resize.h>

#if QF_X86
extern const qf_kernels qf_kernels_avx2, qf_kernels_avxvnni, qf_kernels_avx512, qf_kernels_avx512vnni,
    qf_kernels_avx512vbmi;
extern const qf_depthwise_kernel qf_depthwise_avx2, qf_depthwise_avxvnni, qf_depthwise_avx512,
    qf_depthwise_avx512vnni;
extern const qf_elementwise qf_elementwise_avx2, qf_elementwise_avx512, qf_elementwise_avx512vnni,
    qf_elementwise_avx512vbmi;
extern const qf_fake_quantize_kernels qf_fake_quantize_avx2;
extern const qf_norm_kernels qf_norm_avx2, qf_norm_avx512;
extern const qf_resize qf_resize_avx2, qf_resize_avx512;
#endif

void qf_cell__avx512(int, const float *, const float *, size_t, float *, float *);

#endif
