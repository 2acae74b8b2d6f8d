// The header in C++: it compiles, links, and its names have C linkage.

#include "athena.h"

#include <cstring>

int main()
{
    athena_connection *connection = nullptr;
    athena_error *error = nullptr;
    athena_status status = athena_connect(nullptr, &connection, &error);
    bool named = std::strstr(athena_error_message(error), "connection_string") != nullptr;
    athena_error_free(error);
    bool same_version = std::strcmp(athena_version(), ATHENA_VERSION) == 0;
    return status == ATHENA_STATUS_INVALID_ARGUMENT && named && same_version ? 0 : 1;
}
