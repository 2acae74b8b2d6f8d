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

// Throws what a failed call left in its `out_error`.
inline void check(athena_status status, athena_error *error) {
    if (status != ATHENA_STATUS_OK) {
        throw athena::error(status, error);
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
        athena_error *error = nullptr;
        check(athena_result_schema(get(), schema.out(), &error), error);
        return schema;
    }
    // The next batch; one that is false after the last.
    athena::batch fetch() {
        athena::batch batch;
        athena_error *error = nullptr;
        check(athena_fetch(get(), batch.out(), &error), error);
        return batch;
    }
    // The batches not fetched yet, for a library that reads Arrow streams.
    athena::stream stream() {
        athena::stream stream;
        athena_error *error = nullptr;
        check(athena_result_stream(get(), stream.out(), &error), error);
        return stream;
    }
    // Stops the reading; any thread may call it.
    void cancel() const {
        athena_error *error = nullptr;
        check(athena_result_cancel(get(), &error), error);
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
        athena_error *error = nullptr;
        check(athena_statement_set_sql(get(), sql.c_str(), &error), error);
    }
    void bind_null(std::size_t index) {
        athena_error *error = nullptr;
        check(athena_statement_bind_null(get(), index, &error), error);
    }
    void bind_int64(std::size_t index, std::int64_t value) {
        athena_error *error = nullptr;
        check(athena_statement_bind_int64(get(), index, value, &error), error);
    }
    void bind_double(std::size_t index, double value) {
        athena_error *error = nullptr;
        check(athena_statement_bind_double(get(), index, value, &error), error);
    }
    void bind_decimal(std::size_t index, const std::string &value) {
        athena_error *error = nullptr;
        check(athena_statement_bind_decimal(get(), index, value.c_str(), &error), error);
    }
    void bind_text(std::size_t index, const std::string &value) {
        athena_error *error = nullptr;
        check(athena_statement_bind_text(get(), index, value.data(), value.size(), &error),
              error);
    }
    athena::result execute() {
        athena_result *result = nullptr;
        athena_error *error = nullptr;
        check(athena_statement_execute(get(), &result, &error), error);
        return athena::result(result);
    }
    // Stops the running query; any thread may call it.
    void cancel() const {
        athena_error *error = nullptr;
        check(athena_statement_cancel(get(), &error), error);
    }

    athena_statement *get() const { return handle_.get(); }

private:
    handle<athena_statement, athena_statement_free> handle_;
};

// The settings, credentials and network connections that queries share.
class connection {
public:
    explicit connection(const std::string &connection_string) {
        athena_connection *connection = nullptr;
        athena_error *error = nullptr;
        check(athena_connect(connection_string.c_str(), &connection, &error), error);
        handle_.reset(connection);
    }

    athena::result execute(const std::string &sql) const {
        athena_result *result = nullptr;
        athena_error *error = nullptr;
        check(athena_execute(get(), sql.c_str(), &result, &error), error);
        return athena::result(result);
    }
    athena::statement statement(const std::string &sql) const {
        athena_statement *handle = nullptr;
        athena_error *error = nullptr;
        check(athena_statement_new(get(), &handle, &error), error);
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
