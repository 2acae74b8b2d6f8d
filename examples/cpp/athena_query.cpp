// Runs a query and prints its rows. The table is printed as in the C example.

#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "athena.hpp"
#include "interrupt.hpp"

#include "../c/arrow_text.h"
#include "../c/table.h"

namespace {

const char USAGE[] =
    "usage: athena_query_cpp CONNECTION_STRING SQL [--count] [--param VALUE]...\n"
    "\n"
    "  --count         read all rows but print only how many there were, in how many\n"
    "                  batches, and the seconds from sending the query to the last row\n"
    "  --param VALUE   the value of the next ? of the SQL: text, or with a prefix\n"
    "                  int:5  double:1.5  decimal:12.50  text:int:5  null:\n"
    "\n"
    "Ctrl-C stops the query. Exit status: 0 done, 1 the query failed, 2 wrong usage.\n";

enum exit_status { DONE = 0, FAILED = 1, WRONG_USAGE = 2 };

// The message; empty for that of --help.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct arguments {
    std::vector<std::string> positions;
    std::vector<std::string> parameters;
    bool count = false;
};

arguments parse_arguments(int count, char **values) {
    arguments out;
    for (int i = 1; i < count; i++) {
        std::string value = values[i];
        if (value == "--count") {
            out.count = true;
        } else if (value == "--param" && i + 1 < count) {
            out.parameters.push_back(values[++i]);
        } else {
            out.positions.push_back(value);
        }
    }
    if (out.positions.size() != 2) {
        throw usage_error("");
    }
    return out;
}

// The number a text is, by a parser of the C library.
template <typename Number, typename Parse>
Number parse_number(const std::string &text, Parse parse) {
    char *end = nullptr;
    errno = 0;
    Number number = parse(text.c_str(), &end);
    bool fits = errno != ERANGE || std::is_floating_point<Number>::value;
    if (text.empty() || end != text.c_str() + text.size() || !fits) {
        throw usage_error("--param " + text + " is not such a number");
    }
    return number;
}

void bind(athena::statement &statement, std::size_t index, const std::string &value) {
    std::size_t colon = value.find(':');
    std::string prefix = value.substr(0, colon == std::string::npos ? 0 : colon);
    std::string rest = colon == std::string::npos ? value : value.substr(colon + 1);
    if (prefix == "int") {
        auto parse = [](const char *text, char **end) { return std::strtoll(text, end, 10); };
        statement.bind_int64(index, parse_number<long long>(rest, parse));
    } else if (prefix == "double") {
        statement.bind_double(index, parse_number<double>(rest, std::strtod));
    } else if (prefix == "decimal") {
        statement.bind_decimal(index, rest);
    } else if (value == "null:") {
        statement.bind_null(index);
    } else {
        statement.bind_text(index, prefix == "text" ? rest : value);
    }
}

// A table of the C example that ends itself.
class result_table {
public:
    explicit result_table(const athena::schema &schema) {
        if (!arrow_is_printable(schema.get())) {
            throw std::runtime_error("this program cannot print a type of the result");
        }
        check(table_begin(&table_, schema.get(), stdout));
    }
    ~result_table() { table_end(&table_); }
    result_table(const result_table &) = delete;
    result_table &operator=(const result_table &) = delete;

    void add(const athena::batch &batch) { check(table_add(&table_, batch.get())); }

private:
    static void check(bool done) {
        if (!done) {
            throw std::bad_alloc();
        }
    }

    struct table table_;
};

using seconds = std::chrono::duration<double>;

void count_result(athena::result &result, std::chrono::steady_clock::time_point started) {
    std::int64_t rows = 0;
    std::int64_t batches = 0;
    while (athena::batch batch = result.fetch()) {
        rows += batch->length;
        batches++;
    }
    std::printf("rows=%" PRId64 " batches=%" PRId64 " seconds=%.3f\n", rows, batches,
                seconds(std::chrono::steady_clock::now() - started).count());
}

void print_result(athena::result &result, std::chrono::steady_clock::time_point started) {
    athena::schema schema = result.schema();
    std::int64_t rows = 0;
    {
        result_table table(schema);
        while (athena::batch batch = result.fetch()) {
            table.add(batch);
            rows += batch->length;
        }
    }
    std::int64_t number = 0;
    std::printf("%squery id       %s\n", schema->n_children > 0 ? "\n" : "",
                result.query_execution_id().c_str());
    if (athena_result_data_scanned_in_bytes(result.get(), &number)) {
        std::printf("bytes scanned  %" PRId64 "\n", number);
    }
    std::printf("time           %.3f s",
                seconds(std::chrono::steady_clock::now() - started).count());
    if (athena_result_total_execution_time_ms(result.get(), &number)) {
        std::printf(", of it in Athena %.3f s", static_cast<double>(number) / 1000);
    }
    std::printf("\nrows           %" PRId64 "\n", rows);
    if (athena_result_update_count(result.get(), &number)) {
        std::printf("rows updated   %" PRId64 "\n", number);
    }
}

void run(const arguments &arguments, interrupt &signals) {
    athena::connection connection(arguments.positions[0]);
    athena::statement statement = connection.statement(arguments.positions[1]);
    for (std::size_t i = 0; i < arguments.parameters.size(); i++) {
        bind(statement, i, arguments.parameters[i]);
    }
    // A query that ended meanwhile answers a cancel with an error, which changes nothing:
    // how it ended is reported here. So the C functions are called, which throw nothing.
    interrupt::action stop_query(
        signals, [&] { athena_statement_cancel(statement.get(), nullptr); });
    auto started = std::chrono::steady_clock::now();
    athena::result result = statement.execute();
    interrupt::action stop_reading(
        signals, [&] { athena_result_cancel(result.get(), nullptr); });
    if (arguments.count) {
        count_result(result, started);
    } else {
        print_result(result, started);
    }
}

} // namespace

int main(int count, char **values) {
    if (count == 2 && std::string(values[1]) == "--help") {
        std::fputs(USAGE, stdout);
        return DONE;
    }
    try {
        arguments arguments = parse_arguments(count, values);
        interrupt signals;
        run(arguments, signals);
    } catch (const usage_error &error) {
        std::fprintf(stderr, *error.what() == '\0' ? "%s%s" : "error: %s\n%s", error.what(),
                     USAGE);
        return WRONG_USAGE;
    } catch (const athena::error &error) {
        std::fprintf(stderr, "error: %s\nstatus: %s, SQLSTATE %s\n", error.what(),
                     athena_status_name(error.status()), error.sqlstate().c_str());
        if (!error.query_execution_id().empty()) {
            std::fprintf(stderr, "query id: %s\n", error.query_execution_id().c_str());
        }
        return FAILED;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return FAILED;
    }
    if (std::fflush(stdout) != 0) {
        std::perror("error: standard output");
        return FAILED;
    }
    return DONE;
}
