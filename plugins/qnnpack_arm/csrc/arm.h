/* What each ARM instruction set provides, as native/kernels.h asks for it. */
#ifndef QF_ARM_H
#define QF_ARM_H

#include <qframe/native/depthwise.h>
#include <qframe/native/elementwise.h>
#include <qframe/native/fake_quantize.h>
#include <qframe/native/norms.h>
#include <qframe/native/resize.h>

#if QF_ARM64
extern const qf_kernels qf_kernels_neon, qf_kernels_dotprod, qf_kernels_i8mm;
extern const qf_depthwise_kernel qf_depthwise_neon, qf_depthwise_dotprod, qf_depthwise_i8mm;
extern const qf_elementwise qf_elementwise_neon;
extern const qf_fake_quantize_kernels qf_fake_quantize_neon;
extern const qf_norm_kernels qf_norm_neon;
extern const qf_resize qf_resize_neon;

#define NAMED(name) name##__neon
#include <qframe/native/declare_kernels.h>
#endif

#endif
