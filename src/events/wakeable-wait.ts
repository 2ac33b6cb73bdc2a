/** A pause that can be cut short, also before it has begun. Keeps no process alive. */
export class WakeableWait {
  #woken = false;
  #end = (): void => undefined;

  wake(): void {
    this.#woken = true;
    this.#end();
  }

  /** One at a time. */
  async pass(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, ms).unref();
        this.#end = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
      this.#end = () => undefined;
    }
    this.#woken = false;
  }
}
