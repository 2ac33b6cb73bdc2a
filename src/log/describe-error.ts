/** An error and the chain of its causes as flat fields, outermost first. */

export interface DescribedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
  /** Where it was thrown, for errors without a code: nobody expected those. */
  readonly at?: readonly string[];
  readonly causes?: readonly DescribedError[];
}

export function describeError(error: Error): DescribedError {
  const causes = chain(error).slice(1).map(describeOne);
  return { ...describeOne(error), ...(causes.length === 0 ? {} : { causes }) };
}

function chain(error: unknown): unknown[] {
  const found: unknown[] = [];
  for (let next = error; next !== undefined && next !== null && found.length < MAX_CHAIN; ) {
    if (found.includes(next)) break;
    found.push(next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return found;
}

function describeOne(error: unknown): DescribedError {
  if (!(error instanceof Error))
    return { name: typeof error, message: typeof error === 'string' ? error : '' };
  const code = 'code' in error ? error.code : undefined;
  const { name, message } = error;
  if (typeof code === 'string' || typeof code === 'number') return { name, message, code };
  return { name, message, at: frames(error) };
}

/** Only the lines below the message, which may itself look like frames. */
function frames(error: Error): string[] {
  const lines = (error.stack ?? '').split('\n').filter((line) => FRAME.test(line));
  return lines.slice(0, MAX_FRAMES).map((line) => line.trim());
}

const FRAME = /^ {4}at /;
const MAX_CHAIN = 6;
const MAX_FRAMES = 4;
