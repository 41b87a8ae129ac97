/* Criterion's tests without Criterion's runner, for the kernel of user-mode-linux: its processes have 256 GiB
 * of addresses, and the runner wants an arena far above them. Each test has a process of its own here too,
 * one after the other; what is asserted and what prepares a test is taken from Criterion at link time
 * (--wrap). Of the data of suites and tests only init and timeout are heeded.
 *
 *     PROGRAM [WORDS | -WORDS]...
 *
 * runs the tests whose "suite/name" holds all WORDS and no -WORDS. Exit status: 0 all passed, 1 not, 2 none.
 */
#include <criterion/criterion.h>
#include <criterion/event.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TIMEOUT_S = 60 };

/* The linker's names for the first and the last entry of the sections that Test() and TestSuite() write to.
 */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[], *__stop_cr_sts[];

void __wrap_criterion_internal_test_setup(void);
void __wrap_criterion_internal_test_main(void (*body)(void));
void __wrap_criterion_internal_test_teardown(void);
void __wrap_criterion_send_assert(const struct criterion_assert_stats *stats);
void __wrap_criterion_abort_test(void);
void __wrap_criterion_continue_test(void);

/* Of the test that this process is for. */
static const struct criterion_test *current;
static void *parameter;
static bool has_failed;

static void prepare(const struct criterion_test_extra_data *data)
{
    if (data && data->init)
        data->init();
}

void __wrap_criterion_internal_test_setup(void)
{
    for (struct criterion_suite **suite = __start_cr_sts; suite < __stop_cr_sts; suite++) {
        if (*suite && strcmp((*suite)->name, current->category) == 0)
            prepare((*suite)->data);
    }
    prepare(current->data);
}

void __wrap_criterion_internal_test_main(void (*body)(void))
{
    if (current->data->kind_ == CR_TEST_PARAMETERIZED)
        ((void (*)(void *))body)(parameter);
    else
        body();
}

void __wrap_criterion_internal_test_teardown(void)
{
}

void __wrap_criterion_send_assert(const struct criterion_assert_stats *stats)
{
    if (!stats->passed)
        fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
}

void __wrap_criterion_abort_test(void)
{
    _exit(1);
}

void __wrap_criterion_continue_test(void)
{
    has_failed = true;
}

static bool run(const struct criterion_test *test, void *with)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        current = test;
        parameter = with;
        alarm(test->data->timeout > 0 ? (unsigned)test->data->timeout : TIMEOUT_S);
        test->test();
        fflush(NULL);
        _exit(has_failed);
    }
    bool has_passed = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    printf("%s %s/%s\n", has_passed ? "passed" : "FAILED", test->category, test->name);
    return has_passed;
}

static size_t run_each(const struct criterion_test *test, size_t *failures)
{
    if (test->data->kind_ != CR_TEST_PARAMETERIZED) {
        *failures += !run(test, NULL);
        return 1;
    }
    struct criterion_test_params all = test->data->param_();
    for (size_t i = 0; i < all.length; i++)
        *failures += !run(test, (char *)all.params + i * all.size);
    return all.length;
}

static bool is_selected(const struct criterion_test *test, char **words)
{
    char name[256];
    snprintf(name, sizeof name, "%s/%s", test->category, test->name);
    for (; *words; words++) {
        bool is_left_out = **words == '-';
        if ((strstr(name, *words + is_left_out) != NULL) == is_left_out)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    size_t count = 0, failures = 0;
    (void)argc;
    for (struct criterion_test **test = __start_cr_tst; test < __stop_cr_tst; test++) {
        if (*test && is_selected(*test, argv + 1))
            count += run_each(*test, &failures);
    }
    printf("%zu tests, %zu failed\n", count, failures);
    return count == 0 ? 2 : failures > 0;
}
