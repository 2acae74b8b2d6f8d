// C++ over athena.h: objects that free themselves, and errors as exceptions.
//
// Header only, C++11. What it leaves out is reached through get(), which lends the handle of
// the C interface.

#ifndef ATHENA_HPP
#define ATHENA_HPP

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <athena.h>

namespace athena {

template <typename Handle, void (*Free)(Handle *)>
struct deleter {
    void operator()(Handle *handle) const { Free(handle); }
};

// Owns an object of the C interface.
template <typename Handle, void (*Free)(Handle *)>
using handle = std::unique_ptr<Handle, deleter<Handle, Free>>;

// Why a call failed; what() is the message.
class error : public std::runtime_error {
public:
    // Takes over `owned`, which may be NULL.
    error(athena_status status, athena_error *owned)
        : error(status, handle<athena_error, athena_error_free>(owned)) {}

    athena_status status() const { return status_; }
    const std::string &sqlstate() const { return sqlstate_; }
    // Empty if the call failed before there was a query.
    const std::string &query_execution_id() const { return query_execution_id_; }
    bool is_retryable() const { return is_retryable_; }

private:
    error(athena_status status, const handle<athena_error, athena_error_free> &owned)
        : std::runtime_error(athena_error_message(owned.get())),
          status_(status),
          sqlstate_(athena_error_sqlstate(owned.get())),
          is_retryable_(athena_error_is_retryable(owned.get())) {
        const char *id = athena_error_query_execution_id(owned.get());
        query_execution_id_ = id == nullptr ? "" : id;
    }

    athena_status status_;
    std::string sqlstate_;
    std::string query_execution_id_;
    bool is_retryable_;
};

// Calls a function of the C interface, which has `out_error` as its last parameter, and
// throws what went wrong.
template <typename... Parameters, typename... Arguments>
void call(athena_status (*function)(Parameters...), Arguments... arguments) {
    athena_error *owned = nullptr;
    athena_status status = function(arguments..., &owned);
    if (status != ATHENA_STATUS_OK) {
        throw error(status, owned);
    }
}

// Owns a structure of the Arrow C data interface.
template <typename Structure>
class arrow {
public:
    arrow() : value_() {}
    ~arrow() { reset(); }
    arrow(arrow &&other) noexcept : value_(other.value_) { other.value_.release = nullptr; }
    arrow &operator=(arrow &&other) noexcept {
        if (this != &other) {
            reset();
            value_ = other.value_;
            other.value_.release = nullptr;
        }
        return *this;
    }
    arrow(const arrow &) = delete;
    arrow &operator=(const arrow &) = delete;

    const Structure *operator->() const { return &value_; }
    const Structure *get() const { return &value_; }
    // Room for a new structure; one that was there is released.
    Structure *out() {
        reset();
        return &value_;
    }
    explicit operator bool() const { return value_.release != nullptr; }

private:
    void reset() {
        if (value_.release != nullptr) {
            value_.release(&value_);
            value_.release = nullptr;
        }
    }

    Structure value_;
};

using schema = arrow<ArrowSchema>;
using batch = arrow<ArrowArray>;
using stream = arrow<ArrowArrayStream>;

// The record batches of a query that succeeded, and facts about it.
class result {
public:
    explicit result(athena_result *handle) : handle_(handle) {}

    athena::schema schema() const {
        athena::schema schema;
        call(athena_result_schema, get(), schema.out());
        return schema;
    }
    // The next batch; one that is false after the last.
    athena::batch fetch() {
        athena::batch batch;
        call(athena_fetch, get(), batch.out());
        return batch;
    }
    // The batches not fetched yet, for a library that reads Arrow streams.
    athena::stream stream() {
        athena::stream stream;
        call(athena_result_stream, get(), stream.out());
        return stream;
    }
    // Stops the reading; any thread may call it.
    void cancel() const {
        call(athena_result_cancel, get());
    }
    std::string query_execution_id() const { return athena_result_query_execution_id(get()); }

    athena_result *get() const { return handle_.get(); }

private:
    handle<athena_result, athena_result_free> handle_;
};

// SQL text and its parameters.
class statement {
public:
    explicit statement(athena_statement *handle) : handle_(handle) {}

    void set_sql(const std::string &sql) {
        call(athena_statement_set_sql, get(), sql.c_str());
    }
    void bind_null(std::size_t index) {
        call(athena_statement_bind_null, get(), index);
    }
    void bind_int64(std::size_t index, std::int64_t value) {
        call(athena_statement_bind_int64, get(), index, value);
    }
    void bind_double(std::size_t index, double value) {
        call(athena_statement_bind_double, get(), index, value);
    }
    void bind_decimal(std::size_t index, const std::string &value) {
        call(athena_statement_bind_decimal, get(), index, value.c_str());
    }
    void bind_text(std::size_t index, const std::string &value) {
        call(athena_statement_bind_text, get(), index, value.data(), value.size());
    }
    athena::result execute() {
        athena_result *handle = nullptr;
        call(athena_statement_execute, get(), &handle);
        return athena::result(handle);
    }
    // Stops the running query; any thread may call it.
    void cancel() const {
        call(athena_statement_cancel, get());
    }

    athena_statement *get() const { return handle_.get(); }

private:
    handle<athena_statement, athena_statement_free> handle_;
};

// The settings, credentials and network connections that queries share.
class connection {
public:
    explicit connection(const std::string &connection_string) {
        athena_connection *handle = nullptr;
        call(athena_connect, connection_string.c_str(), &handle);
        handle_.reset(handle);
    }

    athena::result execute(const std::string &sql) const {
        athena_result *handle = nullptr;
        call(athena_execute, get(), sql.c_str(), &handle);
        return athena::result(handle);
    }
    athena::statement statement(const std::string &sql) const {
        athena_statement *handle = nullptr;
        call(athena_statement_new, get(), &handle);
        athena::statement statement(handle);
        statement.set_sql(sql);
        return statement;
    }

    athena_connection *get() const { return handle_.get(); }

private:
    handle<athena_connection, athena_connection_free> handle_;
};

} // namespace athena

#endif // ATHENA_HPP
