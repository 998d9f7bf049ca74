/* libbad.so: needs a symbol that nobody has. */
int no_such_function(int);
extern int no_such_data;
int bad_call(void);
int bad_call(void)
{
    return no_such_function(1);
}
#ifdef WITH_DATA
int *bad_data = &no_such_data;
#endif
