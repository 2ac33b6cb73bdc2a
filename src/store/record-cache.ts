/**
 * What memory knows of records, that there is none included, up to a weight. Two generations: what is asked for moves
 * to the young one, and when that has half of the weight, what is left of the old one goes. So a hit costs one look-up.
 */

/** Undefined: that there is no such record. */
export type Known<T> = { readonly record: T | undefined };

export class RecordCache<T> {
  readonly #halfWeight: number;
  #young = new Map<string, Weighed<T>>();
  #old = new Map<string, Weighed<T>>();
  #youngWeight = 0;

  /** In characters of text. */
  constructor(maxWeight: number) {
    this.#halfWeight = maxWeight / 2;
  }

  get(key: string): Known<T> | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#add(key, old);
    return old;
  }

  set(key: string, record: T | undefined, weight: number): void {
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0;
    this.#old.delete(key);
    this.#add(key, { record, weight: weight + key.length + ENTRY_WEIGHT });
  }

  forget(key: string): void {
    this.#youngWeight -= this.#young.get(key)?.weight ?? 0;
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngWeight = 0;
  }

  #add(key: string, entry: Weighed<T>): void {
    this.#young.set(key, entry);
    this.#youngWeight += entry.weight;
    if (this.#youngWeight <= this.#halfWeight) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }
}

interface Weighed<T> extends Known<T> {
  readonly weight: number;
}

/** What an entry takes beside its texts. */
const ENTRY_WEIGHT = 200;
