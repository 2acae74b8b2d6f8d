/* A program of somebody who installed the library: runs a query and prints its id. */

#include <stdio.h>
#include <string.h>

#include <athena.h>

int main(int count, char **arguments) {
    athena_connection *connection = NULL;
    athena_result *result = NULL;
    if (count != 3 || strcmp(athena_version(), ATHENA_VERSION) != 0 ||
        athena_connect(arguments[1], &connection, NULL) != ATHENA_STATUS_OK) {
        return 1;
    }
    athena_status status = athena_execute(connection, arguments[2], &result, NULL);
    if (status == ATHENA_STATUS_OK) {
        printf("version %s, %zu columns\n", athena_version(), athena_result_column_count(result));
    }
    athena_result_free(result);
    athena_connection_free(connection);
    return status == ATHENA_STATUS_OK ? 0 : 1;
}
