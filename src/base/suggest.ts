/** The known word that was most likely meant, or undefined when none is close. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = editDistance(typed, name.toLowerCase());
    if (distance <= allowedFor(typed, name) && (best === undefined || distance < best.distance)) {
      best = { name, distance };
    }
  }
  return best?.name ?? (typed.length >= 3 ? known.find((name) => name.startsWith(typed)) : undefined);
}

/** A third of the longer word may be wrong, and at least one letter: `rnu` means `run`, `foo` means nothing. */
const allowedFor = (word: string, name: string): number =>
  Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): inserted, missing, wrong and swapped
 * neighbouring letters cost one each.
 */
export function editDistance(from: string, to: string): number {
  const a = Array.from(from);
  const b = Array.from(to);
  let before: readonly number[] = [];
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of a.entries()) {
    const line = [row + 1];
    for (const [column, other] of b.entries()) {
      const replaced = at(above, column) + (letter === other ? 0 : 1);
      const swapped = row > 0 && column > 0 && letter === b[column - 1] && a[row - 1] === other;
      line.push(
        Math.min(
          at(above, column + 1) + 1,
          at(line, column) + 1,
          replaced,
          swapped ? at(before, column - 1) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = above;
    above = line;
  }
  return at(above, b.length);
}

const at = (line: readonly number[], index: number): number => line[index] ?? Number.POSITIVE_INFINITY;
