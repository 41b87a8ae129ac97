/* Criterion's runner now and then leaks 48 bytes of its own for a child process that ends as the runner does,
 * and a leak is a failure. Report hooks run in the runner only: leaks there are let be, those of the tests,
 * each in its own process, are not. */
#include <criterion/criterion.h>
#include <criterion/hooks.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
    (void)tests;
    __lsan_disable();
}
#endif
