/*
 * A reader of GBNF, the notation of llama.cpp's grammars, as far as ours use it: it says whether a grammar can produce a
 * text, which the library itself does not.
 */

type Node =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'class'; readonly test: RegExp }
  | { readonly is: 'rule'; readonly name: string }
  | { readonly is: 'all'; readonly parts: readonly Node[] }
  | { readonly is: 'any'; readonly choices: readonly Node[] }
  | { readonly is: 'times'; readonly part: Node; readonly min: number; readonly max: number };

/** Whether the grammar's root is this text, from its first character to its last. */
export function canProduce(grammar: string, text: string): boolean {
  const rules = new Map(
    grammar.split('\n').map((line) => {
      const at = line.indexOf(' ::= ');
      return [line.slice(0, at), parse(line.slice(at + 5))] as const;
    }),
  );
  const characters = Array.from(text);
  return endsOf({ is: 'rule', name: 'root' }, 0, { rules, characters }).has(characters.length);
}

interface Matching {
  readonly rules: ReadonlyMap<string, Node>;
  readonly characters: readonly string[];
}

/** Where a match that begins here may end. */
function endsOf(node: Node, from: number, matching: Matching): ReadonlySet<number> {
  const { rules, characters } = matching;
  switch (node.is) {
    case 'text': {
      const expected = Array.from(node.text);
      return new Set(expected.every((one, at) => characters[from + at] === one) ? [from + expected.length] : []);
    }
    case 'class': {
      const one = characters[from];
      return new Set(one !== undefined && node.test.test(one) ? [from + 1] : []);
    }
    case 'rule': {
      const rule = rules.get(node.name);
      if (rule === undefined) throw new Error(`the grammar has no rule ${node.name}`);
      return endsOf(rule, from, matching);
    }
    case 'all':
      return node.parts.reduce<ReadonlySet<number>>((at, part) => after(at, part, matching), new Set([from]));
    case 'any':
      return new Set(node.choices.flatMap((choice) => [...endsOf(choice, from, matching)]));
    case 'times':
      return repeatedEnds(node, from, matching);
    default:
      return node satisfies never;
  }
}

function after(starts: ReadonlySet<number>, part: Node, matching: Matching): ReadonlySet<number> {
  const ends = new Set<number>();
  for (const start of starts) for (const end of endsOf(part, start, matching)) ends.add(end);
  return ends;
}

function repeatedEnds(
  { part, min, max }: Extract<Node, { is: 'times' }>,
  from: number,
  matching: Matching,
): ReadonlySet<number> {
  let at: ReadonlySet<number> = new Set([from]);
  const ends = new Set<number>(min === 0 ? at : []);
  for (let count = 1; count <= max && at.size > 0; count++) {
    at = new Set([...after(at, part, matching)].filter((end) => count < min || !ends.has(end)));
    if (count >= min) for (const end of at) ends.add(end);
  }
  return ends;
}

const TOKEN = /\s*("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|[a-z]\w*|[()|?*+]|\{\d+(?:,\d*)?\})/gi;

function parse(body: string): Node {
  const tokens = [...body.matchAll(TOKEN)].map(([, token = '']) => token);
  if (body.replaceAll(TOKEN, '').trim() !== '') throw new Error(`not understood: ${body}`);
  let at = 0;
  const choices = (): Node => {
    const all = [sequence()];
    while (tokens[at] === '|') {
      at += 1;
      all.push(sequence());
    }
    return { is: 'any', choices: all };
  };
  const sequence = (): Node => {
    const parts: Node[] = [];
    while (at < tokens.length && tokens[at] !== '|' && tokens[at] !== ')') parts.push(counted(single()));
    return { is: 'all', parts };
  };
  const single = (): Node => {
    const token = tokens[at++] ?? '';
    if (token === '(') {
      const inner = choices();
      at += 1;
      return inner;
    }
    if (token.startsWith('"')) return { is: 'text', text: unescaped(token.slice(1, -1)) };
    if (token.startsWith('[')) return { is: 'class', test: new RegExp(`^${inJavaScript(token)}$`, 'u') };
    return { is: 'rule', name: token };
  };
  const counted = (part: Node): Node => {
    const token = tokens[at] ?? '';
    const bounds = /^\{(\d+)(?:(,)(\d*))?\}$/.exec(token);
    const simple = { '?': [0, 1], '*': [0, Infinity], '+': [1, Infinity] }[token];
    if (bounds === null && simple === undefined) return part;
    at += 1;
    const [, low = '0', comma, high = ''] = bounds ?? [];
    const most = comma === undefined ? Number(low) : high === '' ? Infinity : Number(high);
    const [min = 0, max = Infinity] = simple ?? [Number(low), most];
    return { is: 'times', part, min, max };
  };
  return choices();
}

/** A class of characters: of its escapes llama.cpp alone has the long one. */
const inJavaScript = (token: string): string => token.replaceAll(/\\U([\dA-F]{8})/g, '\\u{$1}');

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_all, one: string) => (one === 'n' ? '\n' : one));
