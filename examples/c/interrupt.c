#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

/* Tells the thread to end. */
#define STOP_SIGNAL SIGUSR1

static void fill_signals(sigset_t *signals) {
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, STOP_SIGNAL);
}

static void cancel(struct interrupt *interrupt) {
    pthread_mutex_lock(&interrupt->lock);
    /* One that ended meanwhile answers with an error, which changes nothing here: the main
       thread reports how the query ended. */
    if (interrupt->result != NULL) {
        (void)athena_result_cancel(interrupt->result, NULL);
    } else {
        (void)athena_statement_cancel(interrupt->statement, NULL);
    }
    pthread_mutex_unlock(&interrupt->lock);
}

static void *wait_for_signals(void *argument) {
    struct interrupt *interrupt = argument;
    sigset_t signals;
    int signal;
    fill_signals(&signals);
    while (sigwait(&signals, &signal) == 0 && signal != STOP_SIGNAL) {
        cancel(interrupt);
    }
    return NULL;
}

bool interrupt_block_signals(void) {
    sigset_t signals;
    fill_signals(&signals);
    return pthread_sigmask(SIG_BLOCK, &signals, NULL) == 0;
}

bool interrupt_start(struct interrupt *interrupt, const athena_statement *statement) {
    interrupt->statement = statement;
    interrupt->result = NULL;
    if (pthread_mutex_init(&interrupt->lock, NULL) != 0) {
        return false;
    }
    if (pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt) != 0) {
        pthread_mutex_destroy(&interrupt->lock);
        return false;
    }
    return true;
}

void interrupt_watch_result(struct interrupt *interrupt, const athena_result *result) {
    pthread_mutex_lock(&interrupt->lock);
    interrupt->result = result;
    pthread_mutex_unlock(&interrupt->lock);
}

void interrupt_stop(struct interrupt *interrupt) {
    pthread_kill(interrupt->thread, STOP_SIGNAL);
    pthread_join(interrupt->thread, NULL);
    pthread_mutex_destroy(&interrupt->lock);
}
