import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../../src/base/errors.ts';
import type { Component, ComponentKind } from '../../src/licences/licences.ts';
import { BUN_INSIDE, BUN_REPLACING, INSIDE } from './inside.ts';
import { ownText } from './texts.ts';

/** A component with what its own files say about its licence. */
export interface Collected {
  readonly component: Component;
  readonly text: string | undefined;
  readonly author: string | undefined;
}

const PACKAGE_OF = /^(?:.*[\\/])?node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;
const ENGLISH = 'src/engines/piper/english/data';

/** The folders of the packages that these modules come from, each once. */
export const packageFolders = (modules: readonly string[]): readonly string[] => [
  ...new Set(modules.flatMap((path) => PACKAGE_OF.exec(path)?.[0] ?? [])),
];

/**
 * What an executable is made of: packages by the modules that the bundler put in, native packages, the runtime, and data.
 *
 * @throws WorkerError `internal` for a package that names no licence, or native files that nobody said what is in
 */
export function collect(modules: readonly string[], nativeFolders: readonly string[]): readonly Collected[] {
  const packages = packageFolders(modules).map((folder) => packageIn(folder, 'module'));
  const natives = nativeFolders.map((folder) => packageIn(folder, 'native'));
  const data = modules.some((path) => path.replaceAll('\\', '/').includes(ENGLISH)) ? [pronunciations()] : [];
  const all = [runtime(), ...natives, ...data, ...packages];
  const unique = new Map(all.toReversed().map((one) => [`${one.component.name} ${one.component.version ?? ''}`, one]));
  // By name and version, whatever the bundler's order: two builds have to give the same bytes.
  return [...unique].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, collected]) => collected);
}

const runtime = (): Collected => ({
  component: {
    name: 'Bun',
    version: Bun.version,
    licence: 'MIT',
    kind: 'runtime',
    source: 'https://github.com/oven-sh/bun',
    inside: BUN_INSIDE,
    replacing: BUN_REPLACING,
  },
  text: undefined,
  author: 'Oven and the contributors of Bun',
});

const pronunciations = (): Collected => ({
  component: {
    name: 'CMU Pronouncing Dictionary',
    licence: 'BSD-2-Clause',
    kind: 'data',
    source: 'https://github.com/cmusphinx/cmudict',
    inside: [],
  },
  text: ownText(ENGLISH),
  author: 'Carnegie Mellon University',
});

function packageIn(folder: string, kind: ComponentKind): Collected {
  const facts = factsOf(folder);
  // Without its binaries, as on a system that it has none for, a package holds nothing of others.
  const inside = kind === 'native' ? INSIDE.find(({ packages }) => packages.test(facts.name)) : undefined;
  if (kind === 'native' && inside === undefined) {
    throw new WorkerError('internal', `nobody said what is inside the binaries of ${facts.name}`, {
      hint: 'Add a row to install/licences/inside.ts.',
    });
  }
  const { name, version, licence } = facts;
  const source = inside?.source ?? facts.source;
  const { replacing } = inside ?? {};
  const component = { name, version, licence, kind, source, inside: withVersions(inside?.inside ?? [], folder) };
  return {
    component: replacing !== undefined ? { ...component, replacing } : component,
    text: ownText(folder),
    author: facts.author,
  };
}

/** libvips says which libraries are in it: each has to have a row of ours, and no more than those is listed. */
function withVersions(inside: Component['inside'], folder: string): Component['inside'] {
  const path = join(folder, 'versions.json');
  if (!existsSync(path)) return inside;
  const versions: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof versions !== 'object' || versions === null) return inside;
  const known = new Map(inside.map((one) => [one.name, one]));
  const listed = Object.entries(versions).map(([name, version]) => {
    const one = known.get(name);
    if (one !== undefined) return { name, version: String(version), licence: one.licence };
    throw new WorkerError('internal', `nobody said under which licence ${name} is, which is in ${folder}`, {
      hint: 'Add a row to install/licences/inside.ts.',
    });
  });
  const unlisted = inside.filter(({ name }) => !Object.hasOwn(versions, name));
  return [...listed, ...unlisted];
}

interface Facts {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly source: string;
  readonly author: string | undefined;
}

function factsOf(folder: string): Facts {
  const facts: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { name, version, license: licence, repository, author, homepage } = facts;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof licence !== 'string') {
    throw new WorkerError('internal', `${folder} does not name its licence`, {
      hint: 'Take another package: what has no licence may not be passed on.',
    });
  }
  const address = textOf(repository, 'url') ?? (typeof homepage === 'string' ? homepage : undefined);
  return {
    name,
    version,
    licence,
    source: webAddress(address ?? `https://www.npmjs.com/package/${name}`),
    author: textOf(author, 'name'),
  };
}

const textOf = (value: unknown, key: string): string | undefined => {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const inner: unknown = Reflect.get(value, key);
  return typeof inner === 'string' ? inner : undefined;
};

const webAddress = (repository: string): string =>
  repository
    .replace(/^git\+/, '')
    .replace(/^(git|ssh):\/\/(git@)?/, 'https://')
    .replace(/^(github:)?([\w.-]+\/[\w.-]+)$/, 'https://github.com/$2')
    .replace(/\.git$/, '');
