/* Ctrl-C and SIGTERM stop the running query. */

#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <pthread.h>
#include <stdbool.h>

#include <athena.h>

/*
 * A thread that waits for the signals. athena_statement_cancel() takes locks and talks to
 * the network, so a signal handler must not call it; an ordinary thread may.
 */
struct interrupt {
    pthread_t thread;
    pthread_mutex_t lock;
    const athena_statement *statement;
    const athena_result *result;
};

/*
 * Keeps the signals from ending the process. Call it first of all: threads inherit it, those
 * of the library too. False if the system refuses.
 */
bool interrupt_block_signals(void);

/* Begins to watch; `statement` must stay until interrupt_stop(). False if there is no thread. */
bool interrupt_start(struct interrupt *interrupt, const athena_statement *statement);

/* From now on this result is stopped; it must stay until interrupt_stop(). */
void interrupt_watch_result(struct interrupt *interrupt, const athena_result *result);

/* Ends the watching. */
void interrupt_stop(struct interrupt *interrupt);

#endif /* INTERRUPT_H */
