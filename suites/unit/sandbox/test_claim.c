/* What one run has, no other gets, until it lets go or dies. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/parts.h"

Test(claim, is_one_holders_at_a_time)
{
    unsigned number = (unsigned)getpid(); /* nobody else's in this test's namespace */
    int first = sandbox_claim("test", number), other = sandbox_claim("test", number + 1),
        elsewhere = sandbox_claim("test-of-another-thing", number);
    cr_assert(first >= 0 && other >= 0 && elsewhere >= 0);
    cr_expect_eq(sandbox_claim("test", number), -1);
    close(first);
    first = sandbox_claim("test", number);
    cr_expect_geq(first, 0);
    close(first);
    close(other);
    close(elsewhere);
}

Test(claim, ends_with_a_holder_that_is_killed)
{
    unsigned number = (unsigned)getpid();
    int ready[2];
    char byte = 0;
    cr_assert_eq(pipe(ready), 0);
    pid_t holder = fork();
    if (holder == 0) {
        byte = sandbox_claim("test", number) >= 0 ? 'y' : 'n';
        if (write(ready[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    cr_assert(holder > 0 && read(ready[0], &byte, 1) == 1 && byte == 'y');
    cr_expect_eq(sandbox_claim("test", number), -1);
    kill(holder, SIGKILL);
    cr_assert_eq(waitpid(holder, NULL, 0), holder);
    int claim = sandbox_claim("test", number);
    cr_expect_geq(claim, 0);
    close(claim);
    close(ready[0]);
    close(ready[1]);
}
