/** "Did you mean …": which known word a misspelt one is closest to. */

/** The nearest of `candidates`, or undefined when none is near enough to be worth a guess. Case does not count. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const allowed = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= allowed && (best === undefined || distance < best.distance))
      best = { candidate, distance };
  }
  return best?.candidate;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other. */
function editDistance(from: string, to: string): number {
  const width = to.length + 1;
  const table = new Uint16Array((from.length + 1) * width);
  const at = (row: number, column: number): number => table[row * width + column] ?? 0;
  for (let row = 0; row <= from.length; row += 1) {
    for (let column = 0; column <= to.length; column += 1) {
      let distance = Math.max(row, column);
      if (row > 0 && column > 0) {
        const substitution = from[row - 1] === to[column - 1] ? 0 : 1;
        distance = Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + substitution,
        );
        const swapped =
          row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
        if (swapped) distance = Math.min(distance, at(row - 2, column - 2) + 1);
      }
      table[row * width + column] = distance;
    }
  }
  return at(from.length, to.length);
}

const LONGEST_WORD = 64;
