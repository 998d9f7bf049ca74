/* libie.so: thread-local storage with fixed offsets in a library opened late. */
__attribute__((tls_model("initial-exec"))) __thread int ie_tls = 123;
int ie_get(void);
int ie_get(void)
{
    return ie_tls++;
}
