/* A C program on ignition.h alone. Says what does not hold and ends with 1, or ends with 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ignition/ignition.h"

static int failures = 0;

static void check(int holds, const char* what, int line) {
  if (holds) return;
  fprintf(stderr, "line %d: %s does not hold\n", line, what);
  ++failures;
}
#define CHECK(condition) check((condition), #condition, __LINE__)

static const char* const kLocalUser = "00000000-0000-0000-0000-000000000001";
static const char* const kOptions = "{\"now\": \"2026-03-10T09:00:00Z\", \"seed\": 7}";

static int has(const char* text, const char* part) { return text != NULL && strstr(text, part) != NULL; }

/* Calls, checks status and a part of the answer, and frees it. */
static void expect(ignition_engine* engine, const char* user, const char* operation, const char* input, int status,
                   const char* part, int line) {
  char* answer = NULL;
  const int got = ignition_call(engine, user, operation, input, NULL, &answer);
  if (got != status || !has(answer, part)) {
    fprintf(stderr, "line %d: %s gave %d %s, expected %d %s\n", line, operation, got, answer ? answer : "NULL", status,
            part);
    ++failures;
  }
  ignition_free(answer);
}
#define EXPECT(user, operation, input, status, part) expect(engine, user, operation, input, status, part, __LINE__)

static ignition_engine* opened(const char* options) {
  ignition_engine* engine = NULL;
  char* error = NULL;
  const int status = ignition_open("sqlite::memory:", options, &engine, &error);
  if (status != 0) {
    fprintf(stderr, "ignition_open gave %d %s\n", status, error ? error : "NULL");
    exit(1);
  }
  CHECK(engine != NULL);
  CHECK(error == NULL);
  return engine;
}

static void opening_refuses(const char* url, const char* options, int status, const char* part) {
  ignition_engine* engine = NULL;
  char* error = NULL;
  CHECK(ignition_open(url, options, &engine, &error) == status);
  CHECK(engine == NULL);
  CHECK(has(error, "\"code\":"));
  CHECK(has(error, part));
  if (!has(error, part)) fprintf(stderr, "  got %s\n", error ? error : "NULL");
  ignition_free(error);
  /* Who does not want to know gets the status alone. */
  CHECK(ignition_open(url, options, &engine, NULL) == status);
}

static void check_openings(void) {
  opening_refuses("nonsense", NULL, 400, "store_url");
  opening_refuses(NULL, NULL, 400, "store_url");
  opening_refuses("sqlite:/no/such/folder/a.db", NULL, 503, "UNAVAILABLE");
  opening_refuses("sqlite::memory:", "{", 400, "VALIDATION_ERROR");
  opening_refuses("sqlite::memory:", "{\"sed\": 1}", 400, "sed");
  opening_refuses("sqlite::memory:", "{\"now\": \"yesterday\"}", 400, "now");
  opening_refuses("sqlite::memory:", "{\"settings\": {\"AUTH_MIN_AGE\": \"old\"}}", 400, "AUTH_MIN_AGE");
  ignition_close(opened(NULL));
  ignition_close(opened("{}"));
  ignition_close(NULL);
  ignition_free(NULL);
}

static void check_calls(void) {
  ignition_engine* engine = opened(kOptions);
  EXPECT(NULL, "users.ensure_local", NULL, 0, kLocalUser);
  EXPECT(kLocalUser, "today.get", NULL, 0, "\"local_date\":\"2026-03-10\"");
  EXPECT(kLocalUser, "habits.create", "{\"name\": \"gr\xC3\xBC\xC3\x9F\"}", 0, "gr\xC3\xBC\xC3\x9F");
  EXPECT(kLocalUser, "focus.start", "{\"duration_seconds\": 1500}", 0, "\"ends_at\":\"2026-03-10T09:25:00.000000Z\"");

  EXPECT(kLocalUser, "no.such.operation", NULL, 404, "\"NOT_FOUND\"");
  EXPECT(kLocalUser, NULL, NULL, 404, "\"NOT_FOUND\"");
  EXPECT(kLocalUser, "focus.start", "{\"duration_seconds\": 5}", 400, "duration_seconds");
  EXPECT(kLocalUser, "focus.start", "no JSON", 400, "VALIDATION_ERROR");
  EXPECT(kLocalUser, "habits.create", "{\"name\": \"\xFF\xFE\"}", 400, "VALIDATION_ERROR");
  EXPECT(kLocalUser, "habits.create", NULL, 400, "name");
  EXPECT(kLocalUser, "focus.start", "{\"duration_seconds\": 1500, \"on_active\": \"reject\"}", 409, "session_active");
  EXPECT("nobody", "today.get", NULL, 400, "user_id");
  EXPECT("0194f5c0-0000-7000-8000-000000000001", "today.get", NULL, 401, "UNAUTHORIZED");
  EXPECT(NULL, "today.get", NULL, 401, "UNAUTHORIZED");
  EXPECT(kLocalUser, "users.list", NULL, 403, "system_only");
  /* The answer may be left out. */
  CHECK(ignition_call(engine, kLocalUser, "focus.active", NULL, NULL, NULL) == 0);
  CHECK(ignition_call(engine, kLocalUser, "no.such.operation", NULL, NULL, NULL) == 404);
  ignition_close(engine);
}

static void check_clock(void) {
  ignition_engine* engine = opened(kOptions);
  EXPECT(NULL, "users.ensure_local", NULL, 0, kLocalUser);
  EXPECT(kLocalUser, "focus.start", "{\"duration_seconds\": 1500}", 0, "\"remaining_seconds\":1500");
  CHECK(ignition_set_now(engine, "2026-03-10T09:10:00Z") == 0);
  EXPECT(kLocalUser, "focus.active", NULL, 0, "\"remaining_seconds\":900");
  CHECK(ignition_set_now(engine, "later") == 400);
  CHECK(ignition_set_now(engine, NULL) == 400);
  EXPECT(kLocalUser, "focus.active", NULL, 0, "\"remaining_seconds\":900");
  ignition_close(engine);

  engine = opened(NULL);
  CHECK(ignition_set_now(engine, "2026-03-10T09:10:00Z") == 400);
  ignition_close(engine);
}

static void check_idempotency(void) {
  ignition_engine* engine = opened(kOptions);
  char* first = NULL;
  char* again = NULL;
  char* other = NULL;
  EXPECT(NULL, "users.ensure_local", NULL, 0, kLocalUser);
  CHECK(ignition_call(engine, kLocalUser, "habits.create", "{\"name\": \"a\"}", "key", &first) == 0);
  CHECK(ignition_call(engine, kLocalUser, "habits.create", "{\"name\": \"a\"}", "key", &again) == 0);
  CHECK(first != NULL && again != NULL && strcmp(first, again) == 0);
  CHECK(ignition_call(engine, kLocalUser, "habits.create", "{\"name\": \"b\"}", "key", &other) == 409);
  CHECK(has(other, "idempotency_mismatch"));
  EXPECT(kLocalUser, "habits.list", NULL, 0, "\"total\":1");
  ignition_free(first);
  ignition_free(again);
  ignition_free(other);
  ignition_close(engine);
}

/* With the same clock and seed the same calls give the same bytes. */
static void check_replay(void) {
  char* answers[2] = {NULL, NULL};
  int i;
  for (i = 0; i < 2; ++i) {
    ignition_engine* engine = opened(kOptions);
    EXPECT(NULL, "users.ensure_local", NULL, 0, kLocalUser);
    EXPECT(kLocalUser, "habits.create", "{\"name\": \"a\"}", 0, "\"a\"");
    EXPECT(kLocalUser, "plan.generate", NULL, 0, "plan_focus_1");
    CHECK(ignition_call(engine, kLocalUser, "today.get", NULL, NULL, &answers[i]) == 0);
    ignition_close(engine);
  }
  CHECK(answers[0] != NULL && answers[1] != NULL && strcmp(answers[0], answers[1]) == 0);
  ignition_free(answers[0]);
  ignition_free(answers[1]);
}

static void check_settings(void) {
  ignition_engine* engine = opened("{\"settings\": {\"FLAG_TODAY_FEATURES_MASTER\": \"off\", \"PATH\": \"/bin\"}}");
  EXPECT(NULL, "users.ensure_local", NULL, 0, kLocalUser);
  EXPECT(kLocalUser, "today.get", NULL, 0, "\"TODAY_FEATURES_MASTER\":false");
  EXPECT(kLocalUser, "today.get", NULL, 0, "\"resolved_state\":\"default\"");
  ignition_close(engine);
  engine = opened("{\"migrate\": false}");
  EXPECT(NULL, "users.ensure_local", NULL, 503, "schema_pending");
  ignition_close(engine);
}

struct received {
  size_t bytes;
  int last;  /* byte */
  int gives_up;
};

static int take(void* context, const char* bytes, size_t size) {
  struct received* got = context;
  if (got->gives_up) return 1;
  got->bytes += size;
  got->last = bytes[size - 1];
  return 0;
}

static void check_stream(void) {
  ignition_engine* engine = opened(kOptions);
  struct received got = {0, 0, 0};
  struct received gone = {0, 0, 1};
  char* error = NULL;
  EXPECT(NULL, "users.ensure_local", NULL, 0, kLocalUser);
  CHECK(ignition_stream(engine, kLocalUser, "user.export", NULL, take, &got, &error) == 0);
  CHECK(error == NULL);
  CHECK(got.bytes > 1000);
  CHECK(got.last == '}');
  CHECK(ignition_stream(engine, kLocalUser, "user.export", NULL, take, &gone, &error) == 503);
  CHECK(has(error, "receiver_gave_up"));
  ignition_free(error);
  CHECK(ignition_stream(engine, NULL, "user.export", NULL, take, &got, NULL) == 401);
  CHECK(ignition_stream(engine, kLocalUser, "user.export", NULL, NULL, NULL, NULL) == 400);
  ignition_close(engine);
}

int main(void) {
  CHECK(ignition_version() != NULL && ignition_version()[0] != '\0');
  check_openings();
  check_calls();
  check_clock();
  check_idempotency();
  check_replay();
  check_settings();
  check_stream();
  if (failures == 0) puts("ok");
  return failures == 0 ? 0 : 1;
}
