import { invalidSchema } from './json-rules.ts';

type Parts = Readonly<Record<string, unknown>>;
const isContainer = (value: unknown): value is Parts => typeof value === 'object' && value !== null;

/** The place of a schema that names none; only what is relative to it can be found there. */
const NO_PLACE = 'schema:/';
/** What these hold are values, whatever they look like. */
const VALUES = new Set(['const', 'enum', 'default', 'examples']);

/** The parts of a JSON schema by what a `$ref` calls them: a JSON pointer (RFC 6901), an `$anchor`, an `$id`. */
export class SchemaParts {
  readonly #place: string;
  readonly #named = new Map<string, unknown>();

  constructor(root: unknown) {
    this.#place = placeOf(root, NO_PLACE);
    this.#named.set(this.#place, root);
    const open: { readonly part: unknown; readonly within: string }[] = [{ part: root, within: NO_PLACE }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { part, within } = next;
      if (!isContainer(part)) continue;
      const place = placeOf(part, within);
      if (place !== within) this.#named.set(place, part);
      for (const anchor of anchorsOf(part)) this.#named.set(`${place}#${anchor}`, part);
      for (const [key, value] of Object.entries(part)) if (!VALUES.has(key)) open.push({ part: value, within: place });
    }
  }

  /** @throws WorkerError `task.invalid` when the schema has no such part: none is fetched from elsewhere */
  at(reference: string): unknown {
    const hash = reference.indexOf('#');
    const [document, fragment] = hash < 0 ? [reference, ''] : [reference.slice(0, hash), reference.slice(hash + 1)];
    const place = document === '' ? this.#place : (URL.parse(document, this.#place)?.href ?? document);
    const isPointer = fragment === '' || fragment.startsWith('/');
    const part = isPointer ? pointedAt(this.#named.get(place), fragment) : this.#named.get(`${place}#${fragment}`);
    if (part !== undefined) return part;
    throw invalidSchema(`${reference} is not part of it`);
  }
}

/** Where a part is by its `$id`, without the fragment that older drafts put there. */
function placeOf(part: unknown, within: string): string {
  const id = isContainer(part) ? part['$id'] : undefined;
  const url = typeof id === 'string' && !id.startsWith('#') ? URL.parse(id, within) : null;
  return url?.href.replace(/#.*$/s, '') ?? within;
}

/** Names within a document; in draft 7 an `$id` that is a fragment is one. */
function anchorsOf({ $anchor, $id }: Parts): readonly string[] {
  const old = typeof $id === 'string' && $id.startsWith('#') ? [$id.slice(1)] : [];
  return typeof $anchor === 'string' ? [$anchor, ...old] : old;
}

function pointedAt(document: unknown, pointer: string): unknown {
  let at = document;
  for (const step of pointer.split('/').slice(1)) {
    const key = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isContainer(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

/** A step of a pointer in a fragment; one with a bare percent sign stands for itself. */
function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step; // a URIError; the pointer then leads to that name, or nowhere
  }
}
