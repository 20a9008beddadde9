/* The pool that all kernels share. */
#ifndef MYNPU_THREADS_H
#define MYNPU_THREADS_H

#include <qframe/threads.h>

extern qf_pool mynpu_pool;

#endif
