/* The C interface of Ignition: open a store, call operations by name with JSON, free what comes back. Any language that
 * can call C can use the whole product through these functions. No C++ exception crosses them; all strings are UTF-8
 * and end with NUL. A handle may be used from many threads at once. */
#ifndef IGNITION_H
#define IGNITION_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ignition_engine ignition_engine;

/* Opens a store such as "sqlite:ignition.db", making and migrating it where needed. `options` is a JSON object or NULL:
 *   {"migrate": true,            false = leave the schema alone
 *    "now": "2026-01-14T09:00:00Z",  a clock that stands there until ignition_set_now (tests, replays)
 *    "seed": 7,                  deterministic ids (tests, replays)
 *    "settings": {"NAME": "value"}}  configuration by the names of the environment variables
 * Returns 0 and the handle in *out, or the HTTP status of the refusal and, in *error, {"code", "message", "details"} to
 * be freed with ignition_free. */
int ignition_open(const char* url, const char* options, ignition_engine** out, char** error);

/* Runs an operation as the user with this id; NULL runs system operations such as users.create. `input` is a JSON
 * object or NULL; `idempotency_key` may be NULL. Returns 0 and the output in *out, or the HTTP status of the refusal
 * and, in *out, {"code", "message", "details"}. Free *out with ignition_free. */
int ignition_call(ignition_engine* handle, const char* user_id, const char* operation, const char* input,
                  const char* idempotency_key, char** out);

/* The same for an output that may be larger than memory, such as that of "user.export": `take` gets it piece by piece,
 * before this returns, with `context`; `bytes` does not end with NUL. When `take` returns anything but 0, the operation
 * ends and this returns 503. After a refusal, of which *error tells, the pieces are not the whole. */
int ignition_stream(ignition_engine* handle, const char* user_id, const char* operation, const char* input,
                    int (*take)(void* context, const char* bytes, size_t size), void* context, char** error);

/* Sets the clock of a handle that was opened with "now". Returns 0, or 400 for a clock that runs by itself or an
 * instant that is none. */
int ignition_set_now(ignition_engine* handle, const char* instant);

/* Frees a string that came from this interface. NULL is allowed. */
void ignition_free(char* text);

/* Closes a handle. No call may be under way on it. NULL is allowed. */
void ignition_close(ignition_engine* handle);

/* The version of the library, for example "0.1.0"; not to be freed. */
const char* ignition_version(void);

#ifdef __cplusplus
}
#endif

#endif
