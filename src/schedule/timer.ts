/** Waiting, so that a test need not. */

export interface Timer {
  /** Calls `run` once, so many milliseconds from now, unless what is returned was called before. */
  after(ms: number, run: () => void): () => void;
}

/** Keeps no process alive by itself. */
export const systemTimer: Timer = {
  after: (ms, run) => {
    const timeout = setTimeout(run, ms).unref();
    return () => clearTimeout(timeout);
  },
};
