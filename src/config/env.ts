/** The environment of this process, read once and without logic. The only file that touches `process.env`. */

/** Environment variables by name. They may hold secrets: look names up, never list values. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the environment as it is now, without a prototype: every name in it is a variable. */
export function readEnvironment(): Environment {
  return Object.assign(Object.create(null), process.env);
}
