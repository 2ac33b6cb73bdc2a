/** The environment of a token host. The only file in its process that touches `process.env`. */
export function readHostEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env };
}
