/* Kernels that the compiler makes of loops in portable C, NEON. */
#include "arm.h"

#if QF_ARM64

#define NAMED(name) name##__neon
#include <qframe/native/loop_kernels.h>

#endif
