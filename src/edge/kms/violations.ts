/** What a request breaks of the API's model, in AWS's words, all in one message. */
import { KmsFault } from '../../domain/kms/kms-fault.ts';

/** How a violation shows the value: `Value 'x' at …`, `Value null at …`, or, for a sensitive member, `Value at …`. */
export type ShownValue = { readonly text: string } | 'null' | 'sensitive';

export class Violations {
  readonly #items: string[] = [];
  readonly #paths: string[] = [];

  /** `path` as AWS writes it: `tags.1.member.tagKey`. */
  add(path: string, shown: ShownValue, constraint: string): void {
    if (this.#items.length === MAX_ITEMS) return;
    this.#items.push(`${shownText(shown)} at '${path}' failed to satisfy constraint: ${constraint}`);
    this.#paths.push(path.slice(0, MAX_LOGGED_PATH));
  }

  missing(path: string, sensitive: boolean): void {
    this.add(path, sensitive ? 'sensitive' : 'null', 'Member must not be null');
  }

  /** Fault: `ValidationException` that names every violation; its values are for the caller, and never logged. */
  throwIfAny(): void {
    const count = this.#items.length;
    if (count === 0) return;
    const head = count === 1 ? '1 validation error detected' : `${count} validation errors detected`;
    throw new KmsFault('ValidationException', `${head}: ${this.#items.join('; ')}`, {
      logFields: { members: this.#paths.slice(0, MAX_LOGGED_PATHS) },
    });
  }
}

function shownText(shown: ShownValue): string {
  if (shown === 'sensitive') return 'Value';
  return shown === 'null' ? 'Value null' : `Value '${shown.text}'`;
}

/** A list may have any number of bad members; the answer must not become many times as long as the request. */
const MAX_ITEMS = 100;
const MAX_LOGGED_PATHS = 10;
const MAX_LOGGED_PATH = 64;
