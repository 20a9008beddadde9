/* A plugin of QEMU that counts executed instructions between two moments which the emulated program names.
 *
 * The program asks by a system call that Linux does not have, so that it needs no code of ours:
 *
 *     syscall(CALL, BEGIN)                    start from zero
 *     syscall(CALL, END, low, high, file)     write "INSIDE ALL\n" to a file descriptor: how many instructions have
 *                                             been executed since at addresses low..high-1, whole pages, and anywhere
 *
 * Counts are exact while the program runs one thread; a block that a signal interrupts counts as a whole.  The functions
 * of QEMU's plugin interface, version 1, are declared here, since Debian has no header for them. */
#include <inttypes.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CALL = 0x71660001, BEGIN = 0, END = 1, PAGE_BITS = 12, SLOTS = 1 << 12 };

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
typedef void on_translation(plugin_id, struct qemu_plugin_tb *);
typedef void on_syscall(plugin_id, unsigned cpu, int64_t number, uint64_t command, uint64_t low, uint64_t high,
                        uint64_t file, uint64_t, uint64_t, uint64_t, uint64_t);
enum { INLINE_ADD = 0 };
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, on_translation *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int operation, void *counter, uint64_t number);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, on_syscall *);

#define EXPORTED __attribute__((visibility("default")))
EXPORTED int qemu_plugin_version = 1;

/* One counter for each page that blocks begin in.  Pages stay where they are: translated code adds to them. */
typedef struct page {
    struct page *next;
    uint64_t number, executed;
} page;

static page *pages[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static page *page_of(uint64_t address) {
    uint64_t number = address >> PAGE_BITS;
    page **slot = &pages[number % SLOTS], *found = *slot;
    while (found && found->number != number) found = found->next;
    if (found) return found;
    found = calloc(1, sizeof *found);
    if (!found) abort();
    *found = (page){.next = *slot, .number = number};
    return *slot = found;
}

static void translated(plugin_id id, struct qemu_plugin_tb *block) {
    (void)id;
    pthread_mutex_lock(&lock);
    page *home = page_of(qemu_plugin_tb_vaddr(block));
    pthread_mutex_unlock(&lock);
    qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD, &home->executed, qemu_plugin_tb_n_insns(block));
}

static void begin(void) {
    for (int slot = 0; slot < SLOTS; slot++)
        for (page *p = pages[slot]; p; p = p->next) p->executed = 0;
}

static void end(uint64_t low, uint64_t high, int file) {
    uint64_t inside = 0, all = 0;
    for (int slot = 0; slot < SLOTS; slot++)
        for (page *p = pages[slot]; p; p = p->next) {
            uint64_t address = p->number << PAGE_BITS;
            all += p->executed;
            if (low <= address && address < high) inside += p->executed;
        }
    dprintf(file, "%" PRIu64 " %" PRIu64 "\n", inside, all);
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t command, uint64_t low, uint64_t high,
                   uint64_t file, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8) {
    (void)id, (void)cpu, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != CALL) return;
    pthread_mutex_lock(&lock);
    if (command == BEGIN) begin();
    if (command == END) end(low, high, (int)file);
    pthread_mutex_unlock(&lock);
}

EXPORTED int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments) {
    (void)info, (void)count, (void)arguments;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
