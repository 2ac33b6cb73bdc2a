/** A PKCS#11 library with some of its functions replaced for a while: how a limited or a failing token answers. */
import pkcs11js from 'pkcs11js';

export class AlteredLibrary {
  /** Hand this to the code under test. */
  readonly library: pkcs11js.PKCS11;
  #functions: Partial<pkcs11js.PKCS11> = {};

  constructor(real: pkcs11js.PKCS11) {
    this.library = new Proxy(real, {
      get: (target, name) => {
        const own = this.#functions[name as keyof pkcs11js.PKCS11] ?? target[name as keyof pkcs11js.PKCS11];
        return typeof own === 'function' ? own.bind(target) : own;
      },
    });
  }

  replace(functions: Partial<pkcs11js.PKCS11>): void {
    this.#functions = functions;
  }

  /** The next `times` calls of a function answer `ckr` (`CKR_NAME:value`) without reaching the token; Infinity for all. */
  fail(name: keyof pkcs11js.PKCS11, ckr: string, times: number): void {
    let left = times;
    const { library } = this;
    const others = this.#functions;
    this.#functions = {
      ...others,
      [name]: (...args: unknown[]) => {
        left -= 1;
        if (left >= 0) throw new pkcs11js.Pkcs11Error(ckr);
        const { [name]: _gone, ...rest } = this.#functions;
        this.#functions = rest;
        return (library[name] as (...all: unknown[]) => unknown)(...args);
      },
    };
  }

  /** The token as it really is. */
  heal(): void {
    this.#functions = {};
  }
}
