/* In a build with sanitizers: what one of them found ends the program with a status of its own. Theirs is 1
 * unless told otherwise, which is ours for a gate that is not met: a crash would be taken for a finding. */
#define OPTIONS_TEXT "exitcode=99"

/* The sanitizers' libraries look for functions of these names. */
#define SANITIZER_HOOK __attribute__((visibility("default"))) const char *
SANITIZER_HOOK __asan_default_options(void);
SANITIZER_HOOK __lsan_default_options(void);
SANITIZER_HOOK __tsan_default_options(void);
SANITIZER_HOOK __ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return OPTIONS_TEXT;
}

const char *__lsan_default_options(void)
{
    return OPTIONS_TEXT;
}

const char *__tsan_default_options(void)
{
    return OPTIONS_TEXT;
}

const char *__ubsan_default_options(void)
{
    return OPTIONS_TEXT;
}
