/** A PKCS#11 library that notes which of its functions were called, and what they returned. */
import type { PKCS11 } from 'pkcs11js';

export class WatchedLibrary {
  /** Hand this to the code under test. */
  readonly library: PKCS11;
  readonly #calls: { readonly name: string; readonly result: unknown }[] = [];

  constructor(real: PKCS11) {
    this.library = new Proxy(real, {
      get: (target, name) => {
        const own = target[name as keyof PKCS11] as unknown;
        if (typeof own !== 'function') return own;
        return (...args: unknown[]) => {
          const call = { name: String(name), result: undefined as unknown };
          this.#calls.push(call);
          call.result = own.apply(target, args);
          return call.result;
        };
      },
    });
  }

  get names(): string[] {
    return this.#calls.map(({ name }) => name);
  }

  /** What the calls of one function returned; undefined where they threw. */
  results(name: keyof PKCS11): unknown[] {
    return this.#calls.filter((call) => call.name === name).map(({ result }) => result);
  }

  clear(): void {
    this.#calls.length = 0;
  }
}
