/*
 * How English letters are read: a decision tree over the letters around each one (after Daelemans and van den Bosch's
 * IGTree), grown from a pronouncing dictionary by `install/pronunciations.ts`.
 */

/** The phonemes of ARPAbet, vowels with their stress, that each letter of a word stands for; none for a silent one. */
export type Spelled = readonly (readonly string[])[];

/** Where the tree looks, in this order: the neighbours that say most come first. */
export const NEIGHBOURS = [1, -1, 2, -2, 3, -3, 4, -4] as const;
/** What it sees beyond the ends of a word. */
const OUTSIDE = '_';

export interface LetterNode {
  /** Joined by spaces. */
  readonly phonemes: string;
  readonly next: ReadonlyMap<string, LetterNode>;
}

/** By the letter itself. */
export type LetterTree = ReadonlyMap<string, LetterNode>;

export const neighbour = (word: string, at: number, distance: number): string => word[at + distance] ?? OUTSIDE;

/** Reads a word as its letters are usually read. Letters that the tree does not know are silent. */
export function readLetters(tree: LetterTree, word: string): Spelled {
  return Array.from(word, (letter, at) => {
    let node = tree.get(letter);
    for (const distance of NEIGHBOURS) {
      const next = node?.next.get(neighbour(word, at, distance));
      if (next === undefined) break;
      node = next;
    }
    return node === undefined || node.phonemes === '' ? [] : node.phonemes.split(' ');
  });
}

const ID_LENGTH = 2;
const ID_BASE = 36;

/** The tree as text: the phonemes that it knows, then a line for each letter, `<letter><id>(<neighbour><id>(…)…)`. */
export function writeTree(tree: LetterTree): string {
  const ids = new Map<string, string>();
  const idOf = (phonemes: string): string => {
    const id = ids.get(phonemes) ?? ids.size.toString(ID_BASE).padStart(ID_LENGTH, '0');
    ids.set(phonemes, id);
    return id;
  };
  const nodes = (next: ReadonlyMap<string, LetterNode>): string[] =>
    [...next].map(([letter, node]) => {
      const own = `${letter}${idOf(node.phonemes)}`;
      return node.next.size === 0 ? own : `${own}(${nodes(node.next).join('')})`;
    });
  const lines = nodes(tree);
  return `${[...ids.keys()].join('|')}\n${lines.join('\n')}\n`;
}

/** The tree in a text that `writeTree` wrote. */
export function parseTree(text: string): LetterTree {
  const [known = '', ...lines] = text.trimEnd().split('\n');
  const phonemes = known.split('|');
  const all = lines.join('');
  let at = 0;
  const nodes = (): Map<string, LetterNode> => {
    const next = new Map<string, LetterNode>();
    while (at < all.length && all[at] !== ')') {
      const letter = all[at] ?? '';
      const id = Number.parseInt(all.slice(at + 1, at + 1 + ID_LENGTH), ID_BASE);
      at += 1 + ID_LENGTH;
      const hasNext = all[at] === '(';
      if (hasNext) at += 1;
      next.set(letter, { phonemes: phonemes[id] ?? '', next: hasNext ? nodes() : new Map() });
      if (hasNext) at += 1;
    }
    return next;
  };
  return nodes();
}
