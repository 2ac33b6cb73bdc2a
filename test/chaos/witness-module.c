/*
 * A PKCS#11 module in front of another one (CHAOS_MODULE): it writes down every C_Login in CHAOS_LOGINS, and
 * C_Encrypt reads from address zero once when the file CHAOS_CRASH exists, which it removes first.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef unsigned long Rv;
/* CK_FUNCTION_LIST: a version of two bytes, padded, then function pointers in the order of PKCS#11 2.40. */
struct FunctionList {
  void *version;
  void *functions[68];
};
enum { LOGIN = 18, ENCRYPT = 30, CKR_GENERAL_ERROR = 5 };

static struct FunctionList *real;
static struct FunctionList witnessed;

static Rv login(unsigned long session, unsigned long user, unsigned char *pin, unsigned long length) {
  Rv (*next)(unsigned long, unsigned long, unsigned char *, unsigned long) = real->functions[LOGIN];
  Rv result = next(session, user, pin, length);
  const char *path = getenv("CHAOS_LOGINS");
  FILE *file = path ? fopen(path, "a") : NULL;
  if (file) {
    fprintf(file, "0x%lx\n", result);
    fclose(file);
  }
  return result;
}

static Rv encrypt(unsigned long session, unsigned char *in, unsigned long in_length, unsigned char *out,
                  unsigned long *out_length) {
  Rv (*next)(unsigned long, unsigned char *, unsigned long, unsigned char *, unsigned long *) =
      real->functions[ENCRYPT];
  const char *path = getenv("CHAOS_CRASH");
  if (path && unlink(path) == 0) return *(volatile Rv *)0;
  return next(session, in, in_length, out, out_length);
}

Rv C_GetFunctionList(struct FunctionList **list) {
  if (!real) {
    const char *path = getenv("CHAOS_MODULE");
    void *module = path ? dlopen(path, RTLD_NOW) : NULL;
    Rv (*get)(struct FunctionList **) = module ? dlsym(module, "C_GetFunctionList") : NULL;
    if (!get || get(&real) != 0) return CKR_GENERAL_ERROR;
    witnessed = *real;
    witnessed.functions[LOGIN] = login;
    witnessed.functions[ENCRYPT] = encrypt;
  }
  *list = &witnessed;
  return 0;
}
