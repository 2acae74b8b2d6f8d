// Ctrl-C and SIGTERM stop the running query.

#ifndef INTERRUPT_HPP
#define INTERRUPT_HPP

#include <csignal>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>
#include <signal.h>

// A thread that waits for the signals. Cancelling takes locks and talks to the network, so a
// signal handler must not do it; an ordinary thread may.
//
// Make it before the first thread, those of the library included: they inherit that the
// signals do not end the process.
class interrupt {
public:
    interrupt() {
        sigset_t signals = watched();
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        thread_ = std::thread([this] { watch(); });
    }
    ~interrupt() {
        pthread_kill(thread_.native_handle(), SIGUSR1);
        thread_.join();
    }
    interrupt(const interrupt &) = delete;
    interrupt &operator=(const interrupt &) = delete;

    // What a signal does while this object lives. It must not throw.
    class action {
    public:
        action(interrupt &owner, std::function<void()> call) : owner_(owner) {
            owner_.set(std::move(call));
        }
        ~action() { owner_.set(nullptr); }
        action(const action &) = delete;
        action &operator=(const action &) = delete;

    private:
        interrupt &owner_;
    };

private:
    static sigset_t watched() {
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGUSR1); // the destructor's
        return signals;
    }
    void set(std::function<void()> call) {
        std::lock_guard<std::mutex> guard(lock_);
        call_ = std::move(call);
    }
    void watch() {
        sigset_t signals = watched();
        int signal = 0;
        while (sigwait(&signals, &signal) == 0 && signal != SIGUSR1) {
            std::lock_guard<std::mutex> guard(lock_);
            if (call_) {
                call_();
            }
        }
    }

    std::mutex lock_;
    std::function<void()> call_;
    std::thread thread_;
};

#endif // INTERRUPT_HPP
